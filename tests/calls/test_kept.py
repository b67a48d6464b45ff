"""The page of a call is drawn once for what it shows: whatever changes shows at once."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.calls import filters
from app.core import drawn as module
from app.core.cookies import csrf_field, kept_apart
from tests.support import CSRF, Keys, Place, post

from .test_api import url
from .test_call_page import Desk

BODY = "calls/body.html"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(api: FlaskClient, keys: Keys, workspace: Place) -> Desk:
    return Desk(api, keys, workspace)


def tokens(page: str) -> set[str]:
    return set(re.findall('name="csrf_token" value="([^"]+)"', page))


def test_it_is_drawn_once_and_each_look_is_audited_and_told(
    desk: Desk, as_member: FlaskClient, workspace: Place, drawn: list[str], sql: Any
) -> None:
    ident = desk.store()
    pages = [desk.page(as_member, ident) for _ in range(3)]
    assert drawn.count(BODY) == 1
    assert "Nobody before you" in pages[0] and "opened it 2 times" in pages[2]
    looks = "select count(*) from audit_event where workspace_id = %s and action = 'call.read'"
    assert sql(looks, (workspace.id,)) == [(3,)]
    assert "<!--" not in pages[2].split("<main")[1]


def test_whatever_is_told_of_it_shows_at_once(
    desk: Desk, as_member: FlaskClient, as_admin: FlaskClient, workspace: Place, drawn: list[str]
) -> None:
    ident = desk.store(quality_score=0.5)
    headers, home = desk.keys.admin, f"/v1/{workspace.id}"

    def seen(words: str) -> None:
        assert words not in before, words
        assert words in desk.page(as_member, ident), words

    before = desk.page(as_member, ident)
    desk.api.patch(url(workspace, f"/{ident}"), headers=headers, json={"quality_score": 0.75})
    seen("75 of 100")
    before = desk.page(as_member, ident)
    other = desk.store("ANOTHER")
    seen(f'/calls/{other}"')
    before = desk.page(as_member, ident)
    desk.api.put(f"{home}/settings/general", headers=headers, json={"time_zone": "Asia/Tokyo"})
    seen("(Asia/Tokyo)")
    before = desk.page(as_member, ident)
    desk.api.put(f"{home}/settings/voice", headers=headers, json={"speed": 1.1})
    later = desk.store("LATER", started_at="2026-11-26T09:00:00Z", ended_at=None)
    assert f'/calls/{later}"' in desk.page(as_member, ident)
    before = desk.page(as_member, ident)
    post(as_member, desk.address(ident, "/review"))
    seen("Undo")
    before = desk.page(as_member, ident)
    post(as_member, desk.address(ident, "/notes"), {"text": "Ring her on Monday."})
    seen("Ring her on Monday.")
    before = desk.page(as_member, ident)
    assert "Calls found" in desk.page(as_member, ident, "?status=completed")
    assert "Calls found" not in desk.page(as_member, ident)
    assert drawn.count(BODY) < 8


def test_what_goes_on_is_drawn_each_time(
    desk: Desk, as_member: FlaskClient, drawn: list[str]
) -> None:
    ident = desk.store(status="in-progress", ended_at=None)
    for _ in range(2):
        assert "still going on" in desk.page(as_member, ident)
    assert drawn.count(BODY) == 2


def test_each_visitor_has_their_rights_and_their_own_token(
    desk: Desk, as_member: FlaskClient, as_admin: FlaskClient, as_viewer: FlaskClient
) -> None:
    ident = desk.store()
    with as_admin.session_transaction() as cookie:
        cookie["csrf_token"] = "another" + CSRF
    for _ in range(2):
        mine, theirs = desk.page(as_member, ident), desk.page(as_admin, ident)
        assert len(tokens(mine)) == len(tokens(theirs)) == 1 and tokens(mine) != tokens(theirs)
        reading = desk.page(as_viewer, ident)
        assert "Show number" in mine and "Show number" not in reading
        assert "Mark as reviewed" in mine and "Mark as reviewed" not in reading


def test_what_is_kept_gets_no_token_of_a_visitor(app: Flask) -> None:
    with app.test_request_context("/"):
        with kept_apart(), pytest.raises(RuntimeError, match="csrf_later"):
            csrf_field()
        assert "csrf_token" in csrf_field()


def test_usual_times_and_the_filters_choices_follow_every_call(
    desk: Desk, as_member: FlaskClient, workspace: Place
) -> None:
    def answered(sid: str, ms: int, line: str) -> str:
        said = [{"speaker_role": "caller", "text": "Hello?", "started_s": 0, "ended_s": 1},
                {"speaker_role": "agent", "text": "Yes?", "started_s": 9, "ttfb_ms": ms}]  # fmt: skip
        now = datetime.now(UTC).isoformat()
        return desk.store(sid, turns=said, phone_number=line, started_at=now, ended_at=None)

    ident = answered("FAST", 400, "+14155550191")
    assert "Usually 0.4 s here" in desk.page(as_member, ident)
    listed = as_member.get(f"/w/{workspace.slug}/calls").text
    assert "+14155550191" in listed and "+14155550192" not in listed
    for n in range(4):
        answered(f"SLOW{n}", 4000, "+14155550192")
    assert "Usually 0.4 s here" not in desk.page(as_member, ident)
    assert "+14155550192" in as_member.get(f"/w/{workspace.slug}/calls").text


def test_what_was_asked_of_a_patient_is_kept_nowhere(
    desk: Desk, as_member: FlaskClient, drawn: list[str]
) -> None:
    ident = desk.store()
    for _ in range(2):
        page = desk.page(as_member, ident, "?caller=4155550142&q=zebrine")
        assert "Calls found" in page
        assert (
            f'action="/w/{desk.place.slug}/calls/{ident}/review?caller=4155550142&amp;q=zebrine"'
            in page
        )
    assert drawn.count(BODY) == 2 and drawn.count("reviews/panel.html") == 1
    for part in module._kept.parts.items():
        assert "4155550142" not in str(part) and "zebrine" not in str(part)


def test_numbers_of_any_size_are_shown(desk: Desk, as_member: FlaskClient) -> None:
    ident = desk.store(configuration={"temperature": 1e300, "seed": 2**62})
    assert "Seed" in desk.page(as_member, ident)


def test_what_is_searched_for_stands_in_the_list_and_is_kept_nowhere(
    desk: Desk, as_member: FlaskClient, as_admin: FlaskClient, workspace: Place
) -> None:
    said = [
        {"speaker_role": "caller", "text": "My zebrine <b>rash</b>", "started_s": 0, "ended_s": 1}
    ]
    ident = desk.store(turns=said, caller_id="+14155559876")
    home = f"/w/{workspace.slug}/calls"
    asked = {"q": "zebrine <rash>", "caller": "5559876", "tag": "", "period": "90"}
    for client in (as_member, as_admin, as_member):
        page = client.get(home, query_string={k: v for k, v in asked.items() if v}).text
        given = "period=90&amp;caller=5559876&amp;q=zebrine+%3Crash%3E"
        assert f'href="{home}/{ident}?{given}"' in page
        assert f'href="{home}/{ident}?{given}&amp;turn=1#turn-1"' in page
        assert f"/calls/export?{given}" in page and f"/calls/views/new?{given}" in page
        assert 'value="zebrine &lt;rash&gt;"' in page and 'value="5559876"' in page
        assert "Said: zebrine &lt;rash&gt;" in page and "number has 5559876" in page
        assert not any(stand_in in page for stand_in in filters.STAND_INS.values())
        assert "<!--" not in page
    part = as_member.get(home, query_string={"q": "rash", "caller": "9876"}, headers=HTMX).text
    assert "zebrine" in part and "5559876" not in part and 'q=rash"' in part
    assert f"/calls/{ident}?caller=9876&amp;q=rash" in part
    kept = module._kept.parts
    assert kept and not any("zebrine" in f"{key}{part}" or "5559876" in f"{key}{part}"
                            for key, part in kept.items())  # fmt: skip


def test_a_wrong_word_beside_a_search_stays_and_is_kept_nowhere(
    as_member: FlaskClient, workspace: Place
) -> None:
    wrong = as_member.get(f"/w/{workspace.slug}/calls?q=zebrine&caller=99&hour=elevenish")
    assert wrong.status_code == 422
    assert 'value="zebrine"' in wrong.text and "elevenish" in wrong.text
    assert not any(stand_in in wrong.text for stand_in in filters.STAND_INS.values())
    assert not any(b"elevenish" in b"".join(part) for part in module._kept.parts.values())
