"""What every answer carries, whatever made it."""

from flask import Flask
from flask.testing import FlaskClient

from app.core.server import HEADERS
from tests.support import Place


def test_pages_json_and_errors_carry_the_headers(
    app: Flask, as_viewer: FlaskClient, workspace: Place
) -> None:
    home = f"/w/{workspace.slug}"
    for path, status in (
        (f"{home}/members", 200),
        (f"{home}/nowhere", 404),
        (f"/v1/{workspace.id}/calls", 401),
    ):
        answer = as_viewer.get(path)
        assert answer.status_code == status
        for name, value in HEADERS:
            assert answer.headers.getlist(name) == [value], (path, name)
        assert answer.headers["Cache-Control"] == "private, no-store"
    names = {name for name, _ in HEADERS}
    assert {"Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options"} <= names
    assert "Cookie" in dict(HEADERS)["Vary"]
