"""Addresses in templates are those that Flask builds."""

import uuid

import flask
import pytest
from flask import Flask, g

from app.core import identity
from app.core.addresses import url_for
from tests.support import Place

ID, OTHER = uuid.uuid4(), uuid.uuid4()


@pytest.mark.parametrize(("endpoint", "values"), [
    ("calls.index", {}), ("calls.index", {"q": "a & b", "caller": "+1 415", "hour": 1}),
    ("calls.index", {"hour": True}), ("calls.index", {"tag": ["x", "y"]}), ("calls.index", {"q": None}),
    ("calls.show", {"ident": ID}), ("calls.show", {"ident": "a/b c", "turn": 3}),
    ("reviews.change_note", {"ident": ID, "note": OTHER}), ("calls.show", {"ident": ID, "_anchor": "x"}),
    ("calls.show", {"ident": ID, "slug": "elsewhere"}),
])  # fmt: skip
def test_they_are_the_same(
    app: Flask, workspace: Place, endpoint: str, values: dict[str, object]
) -> None:
    for root in ("", "/ward"):
        for slug in ("one", "two"):
            with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": root}):
                here = identity.Workspace(workspace.id, slug, "W", "production", "us", ID, "O")
                g.actor = identity.Actor("account", ID, "A", "a@example.com", here)
                assert url_for(endpoint, **values) == flask.url_for(endpoint, **values)
                assert root in url_for(endpoint, **values)
