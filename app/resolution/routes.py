"""Who is who over HTTP."""

from .json_routes import feature as json_feature  # noqa: F401  its routes come with this module
