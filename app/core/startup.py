"""The self-check before the first request: Ward does not start outside its own fence."""

import os

from flask import Flask

from . import database, policies
from .feature import ROUTES
from .guard import OPEN


class StartupError(RuntimeError):
    """Ward must not start; the message says why."""


def undeclared(app: Flask) -> list[str]:
    """Endpoints of the app that say nothing about who may call them."""
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    return sorted(endpoints - set(ROUTES) - OPEN)


def check(app: Flask) -> None:
    """Raise StartupError when a route lacks a permission or a table its policy.

    Commands that repair the database (migrate, isolation verify) set WARD_SKIP_CHECK=1.
    """
    problems = [f"the route {endpoint} names no permission" for endpoint in undeclared(app)]
    if not problems and os.environ.get("WARD_SKIP_CHECK") != "1":
        problems = policies.check()
    database.rollback()
    if problems:
        raise StartupError("Ward does not start: " + "; ".join(problems) + ".")
