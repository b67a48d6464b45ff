"""Every page of a workspace asks the database little; the next page is held to it as well."""

from flask import Flask
from flask.testing import FlaskClient

from app.core.database import recorded
from app.core.feature import ROUTES
from tests.support import Place

MOST = 6
"""Statements of a list or settings page, with those that say who asks and where."""
MORE = {"/calls": 10, "/calls/mine": 9, "/calls/figures": 7, "/world": 7,
        "/settings/retention/removal": 8}  # fmt: skip
"""Pages of records and figures."""


def pages(app: Flask) -> list[str]:
    """The pages that need nothing but a workspace, below its address."""
    found = [
        rule.rule.removeprefix("/w/<slug>")
        for rule in app.url_map.iter_rules()
        if rule.endpoint in ROUTES and not ROUTES[rule.endpoint].json
        and "GET" in (rule.methods or ()) and rule.arguments == {"slug"}
    ]  # fmt: skip
    assert len(found) > 40
    return found


def test_a_page_asks_little(app: Flask, as_owner: FlaskClient, workspace: Place) -> None:
    for page in pages(app):
        address = f"/w/{workspace.slug}{page}"
        as_owner.get(address)
        with recorded() as log:
            as_owner.get(address)
        assert len(log) <= MORE.get(page, MOST), (page, [sql for sql, _ in log])
