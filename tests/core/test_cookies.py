"""A cookie seen before is not checked again, but its age is, and nobody changes another's."""

import time

import pytest
from flask import Flask, session

from app.core import cookies


@pytest.fixture
def cookie(app: Flask):
    """Signs a cookie, so many seconds ago."""

    def make(content: dict[str, object], ago: float = 0) -> str:
        serializer = app.session_interface.get_signing_serializer(app)
        real = time.time
        try:
            time.time = lambda: real() - ago
            return str(serializer.dumps(content))
        finally:
            time.time = real

    return make


def held(app: Flask, value: str) -> dict[str, object]:
    with app.test_request_context(headers={"Cookie": f"ward={value}"}):
        return dict(session)


def test_a_genuine_cookie_is_read_and_a_false_one_is_empty(app, cookie):
    value = cookie({"_user_id": "somebody"})
    for _ in range(2):
        assert held(app, value) == {"_user_id": "somebody"}
        assert held(app, value[:-2] + "xx") == {}


def test_its_age_is_looked_at_every_time(app, cookie, monkeypatch):
    lifetime = app.permanent_session_lifetime.total_seconds()
    assert held(app, cookie({"a": "1"}, lifetime + 10)) == {}
    value = cookie({"a": "2"}, lifetime - 60)
    assert held(app, value) == {"a": "2"}
    later = time.time() + 120
    monkeypatch.setattr(cookies.time, "time", lambda: later)
    assert held(app, value) == {}


def test_a_cookie_of_the_future_is_none(app, cookie):
    assert held(app, cookie({"a": "1"}, -3600)) == {}


def test_what_one_request_changes_no_other_sees(app, cookie):
    value = cookie({"_flashes": [("ok", "Saved.")], "more": {"a": [1]}})
    with app.test_request_context(headers={"Cookie": f"ward={value}"}):
        session["_flashes"].append(("ok", "Twice."))
        session["more"]["a"].append(2)
    assert held(app, value)["_flashes"] == [("ok", "Saved.")]
    assert held(app, value)["more"] == {"a": [1]}
