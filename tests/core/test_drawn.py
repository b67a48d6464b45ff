"""Parts that are kept: for whom they were drawn, without anybody's token, and not too many."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, g, session
from flask_wtf.csrf import validate_csrf
from markupsafe import escape

from app.core import drawn as module
from app.core.drawn import drawn
from app.core.identity import Actor, Workspace, token_hash
from app.core.pages import _page
from tests.support import sign_in, text

TEMPLATE = "parts/rows.html"


@pytest.fixture
def draw(app: Flask, workspace: Any, other: Any):
    """Draws a table as somebody; the times it was really drawn."""
    times: list[str] = []

    def go(word: str, place: Any = workspace, permissions: frozenset[str] = frozenset()) -> str:
        here = Workspace(place.id, place.slug, "", "", "", place.organization_id, "")
        with app.test_request_context():
            g.actor = Actor("account", place.id, "", "", here, permissions=permissions)

            def values() -> dict[str, Any]:
                times.append(word)
                return {"heads": ("Name",), "rows": (("/", (f"{word} of {place.slug}",)),)}

            return str(drawn(TEMPLATE, word, values))

    go.times = times  # type: ignore[attr-defined]
    return go


def test_the_same_is_drawn_once(draw):
    assert draw("a") == draw("a") and draw("b") != draw("a")
    assert draw.times == ["a", "b"]


def test_another_workspace_and_other_rights_draw_their_own(draw, workspace, other):
    first, second = draw("a"), draw("a", other)
    assert workspace.slug in first and other.slug in second and workspace.slug not in second
    draw("a", workspace, frozenset({"Call.view"}))
    assert draw.times == ["a", "a", "a"]


def test_the_longest_unused_go_when_there_are_too_many(draw, monkeypatch):
    size = len(draw("a"))
    kept = module._Kept()
    monkeypatch.setattr(module, "_kept", kept)
    monkeypatch.setattr(module, "MOST", size * 2 + size // 2)
    for word in "abac":
        draw(word)
    draw.times.clear()
    for word in "acb":
        draw(word)
    assert draw.times == ["b"] and kept.size <= module.MOST
    assert kept.size == sum(map(module._size, kept.parts.values()))


def test_each_visitor_has_their_own_token(app, workspace, as_owner):
    for raw in ("a" * 40, "b" * 40):
        with as_owner.session_transaction() as cookie:
            cookie["csrf_token"] = raw
        shown = text(as_owner.get(f"/w/{workspace.slug}/members"))
        found = {part.split('"')[0] for part in shown.split('name="csrf_token" value="')[1:]}
        assert len(found) == 1 and "<!--csrf-->" not in shown
        with app.test_request_context():
            session["csrf_token"] = raw
            validate_csrf(found.pop())


def test_what_belongs_at_a_mark_is_put_in_each_time(app: Flask, workspace: Any) -> None:
    here = Workspace(
        workspace.id, workspace.slug, "", "production", "", workspace.organization_id, ""
    )
    values = {"ident": workspace.id, "looks": True, "more_looks": False}
    with app.test_request_context():
        g.actor = Actor("account", workspace.id, "", "", here)
        session["csrf_token"] = "a" * 40
        for word in ("<li>Ana", "<li>Björn"):
            found = drawn("calls/looked.html", "looked", lambda: values, later={"looks": word})
            assert f'<ul class="near">{word}</ul>' in str(found) == found.decode()
        unfilled = drawn("calls/looked.html", "looked", lambda: values)
        assert b"<!--looks-->" in unfilled and escape(unfilled) == str(unfilled)
        frame = drawn("frame.html", "frame", lambda: {"page": _page()}, later={"main": b"<p>"})
        assert b"<p>" in frame and b"<!--title-->" in frame and b'name="csrf_token"' in frame
    assert not any(b"csrf_token" in b"".join(part) for part in module._kept.parts.values())


def test_the_frame_of_a_person_is_drawn_once_for_all_their_sessions(
    app: Flask, cast: Any, workspace: Any, drawn: list[str], sql: Any
) -> None:
    person, home = cast.people["owner"], f"/w/{workspace.slug}/"
    first = text(sign_in(app, person).get(home))
    drawn.clear()
    token = "another-session-of-the-same-person"
    sql("insert into session (token_hash, user_id) values (%s, %s)",
        (token_hash(token), person.user_id))  # fmt: skip
    assert text(sign_in(app, replace(person, token=token)).get(home)) == first
    assert "frame.html" not in drawn and "parts/sidebar.html" not in drawn
    other = text(sign_in(app, cast.people["viewer"]).get(home))
    assert "frame.html" in drawn and person.name in first and person.name not in other
