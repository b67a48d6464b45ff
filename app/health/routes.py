"""For load balancers and supervisors; nothing here tells anything about the inside."""

from flask import Response

from app.core.api import answer
from app.core.feature import Feature

from . import queries

feature = Feature("health", __name__)


@feature.public_api("GET", "/healthz")
def live() -> Response:
    """The process answers; the database is not asked."""
    return answer({"status": "ok"})


@feature.public_api("GET", "/readyz")
def ready() -> Response:
    """200 when database, migrations and row security are in place, else 503."""
    found = queries.readiness()
    good = all(found.values())
    status = "ready" if good else "not ready"
    return answer({"status": status, "checks": found}, 200 if good else 503)
