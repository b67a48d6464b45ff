"""The API, described twice: for programs and for people."""

from flask import Response

from app.core.feature import Feature
from app.core.pages import render

from . import queries

feature = Feature("docs", __name__)


@feature.public_api(
    "GET", "/v1/openapi.json", summary="This document",
    description="OpenAPI 3.1, made from the same declarations that check every request.",
)  # fmt: skip
def document() -> Response:
    """OpenAPI 3.1."""
    return Response(queries.document(), mimetype="application/json")


@feature.public("/docs")
def index() -> Response:
    """The same to read."""
    return render("docs/index.html", groups=queries.groups())
