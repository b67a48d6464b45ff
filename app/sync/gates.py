"""The routes through which data comes in and is looked at before, all of one feature."""

from . import hook_routes, preview_routes, secret_routes, upload_routes

hooks = hook_routes.feature
PARTS = (preview_routes, secret_routes, upload_routes)
"""They register on it."""
