"""The page of live calls: what it shows, when it is new, and what reading it leaves behind."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.database import recorded
from app.live import routes
from tests.calls.test_api import ndjson
from tests.support import Cast, Keys, Place, text

FRAGMENT = {"HX-Request": "true"}
VERSION = "select live_version from call_counter where workspace_id = %s"
NOTED = """
select resource_id from audit_event
where workspace_id = %s and action = 'call.live' and phi_accessed order by seq
"""


def turn(who: str, said: str, at: float, **more: Any) -> dict[str, Any]:
    return {"speaker_role": who, "text": said, "started_s": at, "ended_s": at + 1, **more}


def running(sid: str = "L1", **more: Any) -> dict[str, Any]:
    return {
        "call_sid": sid, "status": "in-progress", "caller_id": "+14155550142",
        "started_at": (datetime.now(UTC) - timedelta(minutes=2)).isoformat(),
        "phone_number": "+14155550120", "service_name": "Front desk",
        "turns": [turn("agent", "Good morning.", 0, state="Greeting"),
                  turn("caller", "A rash on my arm.", 2),
                  turn("agent", "Which arm?", 4, state="ask_more")],
        **more,
    }  # fmt: skip


def send(api: FlaskClient, keys: Keys, place: Place, call: dict[str, Any]) -> str:
    made = api.post(f"/v1/{place.id}/calls", json=call, headers=keys.member)
    assert made.status_code == 201, made.data
    return str(made.json["id"])


def live(place: Place) -> str:
    return f"/w/{place.slug}/calls/live"


def next_poll(page: TestResponse) -> str:
    found = re.search(r'id="live"[^>]*hx-get="([^"]+)"', text(page))
    assert found
    return html.unescape(found[1])


def poll(client: FlaskClient, address: str) -> TestResponse:
    return client.get(address, headers=FRAGMENT)


def test_a_viewer_sees_who_calls_where_the_agent_is_and_what_was_said_last(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    ident = send(api, keys, workspace, running(escalation_status="requested"))
    page = text(as_viewer.get(live(workspace)))
    for words in ("+1 (415) ••• 0142", "(415) 555-0120", "Front desk", "ask more", "Which arm?",
                  "A rash on my arm.", "Waiting for a person", "3 turns", f"/calls/{ident}"):  # fmt: skip
        assert words in page, words
    assert "+14155550142" not in page and "Good morning." not in page


def test_the_state_is_the_one_that_the_last_turn_moved_to(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    moved = turn("agent", "One moment.", 0, state="ask",
                 state_transitions=[{"from_state": "ask", "to_state": "offer"}])  # fmt: skip
    send(api, keys, workspace, running(turns=[moved, turn("caller", "Yes.", 2)]))
    assert "<strong>offer</strong>" in text(as_viewer.get(live(workspace)))


def test_nothing_changed_is_204_and_news_are_told(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    send(api, keys, workspace, running())
    wait = next_poll(as_viewer.get(live(workspace)))
    quiet = poll(as_viewer, wait)
    assert (quiet.status_code, quiet.data) == (204, b"")
    more = {"turns": [turn("caller", "The left one.", 6)]}
    api.post(f"/v1/{workspace.id}/calls/L1/turns", json=more, headers=keys.member)
    news = poll(as_viewer, wait)
    assert news.status_code == 200 and "The left one." in text(news)
    assert "<html" not in text(news)
    assert poll(as_viewer, next_poll(news)).status_code == 204
    end = {"status": "completed"}
    api.patch(f"/v1/{workspace.id}/calls/L1", json=end, headers=keys.member)
    over = poll(as_viewer, next_poll(news))
    assert "Nobody is on the phone" in text(over) and "The left one." not in text(over)


def test_every_write_to_a_running_call_is_news_and_no_other_is(
    api: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    home, headers = f"/v1/{workspace.id}/calls", keys.member

    def version() -> int:
        found = sql(VERSION, (workspace.id,))
        return int(found[0][0]) if found else 0

    def news(method: str, path: str, **sent: Any) -> bool:
        before = version()
        answer = api.open(home + path, method=method, headers=headers, **sent)
        assert answer.status_code in (200, 201), answer.data
        return version() > before

    added = {"turns": [turn("caller", "Yes.", 9)], "turn_index": 3}
    assert news("POST", "", json=running("A"))
    assert not news("POST", "", json=running("B", status="completed"))
    assert news("POST", "/A/turns", json=added)
    assert not news("POST", "/A/turns", json=added), "a repeat adds nothing"
    assert news("PATCH", "/A", json={"escalation_status": "requested"})
    assert news("PATCH", "/A", json={"status": "completed"})
    assert news("POST", "/import", data=ndjson(running("C"), running("D", status="failed")))
    assert not news("POST", "/import", data=ndjson(running("E", status="failed")))
    assert not news("POST", "", json={**running("B", status="completed")} | {"call_sid": "F"})


def test_a_quiet_poll_costs_one_read_of_one_row(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    send(api, keys, workspace, running())
    wait = next_poll(as_viewer.get(live(workspace)))
    with recorded() as log:
        assert poll(as_viewer, wait).status_code == 204
    mine = [sql for sql, _ in log if not sql.lstrip().startswith(("begin", "set local"))]
    assert len(mine) == 2 and "live_version from call_counter" in mine[1], mine


def test_a_page_of_many_calls_runs_few_statements(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    lines = [running(f"N{n}") for n in range(30)]
    api.post(f"/v1/{workspace.id}/calls/import", data=ndjson(*lines), headers=keys.member)
    as_viewer.get(live(workspace))
    with recorded() as log:
        as_viewer.get(live(workspace))
    reads = [sql for sql, _ in log if not sql.lstrip().startswith(("begin", "set local"))]
    assert len(reads) <= 5, reads


def test_each_call_is_noted_once_an_hour_for_everybody_who_watches(
    api: FlaskClient, as_viewer: FlaskClient, as_member: FlaskClient, keys: Keys,
    workspace: Place, sql: Any,
) -> None:  # fmt: skip
    first = send(api, keys, workspace, running("A"))
    page = as_viewer.get(live(workspace))
    more = {"turns": [turn("caller", "Yes.", 9)]}
    api.post(f"/v1/{workspace.id}/calls/A/turns", json=more, headers=keys.member)
    news = poll(as_viewer, next_poll(page))
    assert sql(NOTED, (workspace.id,)) == [(first,)]
    second = send(api, keys, workspace, running("B"))
    poll(as_viewer, next_poll(news))
    assert sql(NOTED, (workspace.id,)) == [(first,), (second,)]
    as_member.get(live(workspace))
    assert len(sql(NOTED, (workspace.id,))) == 4
    shown = text(as_member.get(f"/w/{workspace.slug}/calls/{second}"))
    assert "Viewer Person</bdi> saw it live" in shown


def test_a_forgotten_call_is_told_apart(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    send(api, keys, workspace, running("OLD"))
    send(api, keys, workspace, running("NEW", caller_id="+14155550199"))
    old = "update call set updated_at = now() - interval '5 hours' where call_sid = 'OLD'"
    sql(old + " and workspace_id = %s", (workspace.id,))
    going_on, over = text(as_viewer.get(live(workspace))).split("Probably over")
    assert "0199" in going_on and "0142" not in going_on
    assert "No word for 5 h" in over and "0142" in over


def test_time_alone_makes_news_within_minutes(
    as_viewer: FlaskClient, workspace: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait = next_poll(as_viewer.get(live(workspace)))
    later = datetime.now(UTC).timestamp() + routes.FRESH_SECONDS
    monkeypatch.setattr(routes.time, "time", lambda: later)
    assert poll(as_viewer, wait).status_code == 200


def test_the_list_is_bounded_and_says_so(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    lines = [running(f"N{n}", turns=[]) for n in range(101)]
    api.post(f"/v1/{workspace.id}/calls/import", data=ndjson(*lines), headers=keys.member)
    page = as_viewer.get(live(workspace))
    assert text(page).count('class="card live-call') == 100 and "newest 100" in text(page)
    told = api.get(f"/v1/{workspace.id}/calls/live", headers=keys.viewer).json
    assert len(told["items"]) == 100 and told["has_more"] is True


def test_tests_and_chats_are_named_so(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    send(api, keys, workspace, running("A", direction="simulated", source="simulated"))
    send(api, keys, workspace, running("B", channel_kind="web"))
    page = text(as_viewer.get(live(workspace)))
    assert "Simulated" in page and "Web chat" in page


def test_a_paused_page_does_not_ask_and_a_new_one_does(
    as_viewer: FlaskClient, workspace: Place
) -> None:
    assert 'hx-trigger="every 3s"' in text(as_viewer.get(live(workspace)))
    paused = text(as_viewer.get(live(workspace) + "?paused=1"))
    assert "every 3s" not in paused and "Follow" in paused


def test_the_json_tells_the_same_and_204_for_what_was_seen(
    api: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    home = f"/v1/{workspace.id}/calls"
    assert api.get(f"{home}/live", headers=keys.viewer).json["items"] == []
    ident = send(api, keys, workspace, running())
    told = api.get(f"{home}/live", headers=keys.viewer).json
    (call,) = told["items"]
    assert (call["id"], call["state"], call["turn_count"]) == (ident, "ask_more", 3)
    assert [words["text"] for words in call["last_turns"]] == ["A rash on my arm.", "Which arm?"]
    seen = f"{home}/live?seen={told['version']}"
    assert api.get(seen, headers=keys.viewer).status_code == 204
    api.patch(f"{home}/L1", json={"status": "completed"}, headers=keys.member)
    assert api.get(seen, headers=keys.viewer).json["items"] == []
    assert sql(NOTED, (workspace.id,)) == [(ident,)]


def test_no_call_of_another_workspace_is_live_here(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place, other: Place
) -> None:
    theirs = running(service_name=other.canary, turns=[turn("caller", other.canary, 0)])
    made = api.post(f"/v1/{other.id}/calls", json=theirs, headers=keys.stranger)
    assert made.status_code == 201
    assert other.canary not in text(as_viewer.get(live(workspace)))
    told = api.get(f"/v1/{workspace.id}/calls/live", headers=keys.viewer)
    assert other.canary not in text(told) and told.json["items"] == []


@pytest.mark.parametrize("headers", [{}, {"X-By-Itself": "1"}])
def test_a_page_that_renews_itself_keeps_nobody_signed_in(
    cast: Cast, as_viewer: FlaskClient, workspace: Place, sql: Any, headers: dict[str, str]
) -> None:
    who = (cast.people["viewer"].user_id,)
    sql("update session set last_seen_at = now() - interval '5 minutes' where user_id = %s", who)
    as_viewer.get(live(workspace), headers={**FRAGMENT, **headers})
    idle = sql("select last_seen_at < now() - interval '4 minutes' from session"
               " where user_id = %s", who)  # fmt: skip
    assert idle == [(bool(headers),)]
