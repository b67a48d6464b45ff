"""The page of one call."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import database
from tests.support import Keys, Place, post, text

from .test_api import a_call, ndjson, url

SID = "CALL-1"
HOSTILE = "<script>alert(1)</script>\"'&"
SAFE = "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;"
FRAGMENT = {"HX-Request": "true"}
EVENTS = """
select action, phi_accessed, actor_label from audit_event
where workspace_id = %s and resource_type = 'call' and action like 'call.re%%' order by seq
"""
Sql = Callable[..., list[tuple[Any, ...]]]


def turn(who: str, start: float, end: float | None = None, **more: Any) -> dict[str, Any]:
    return {"speaker_role": who, "text": "words", "started_s": start, "ended_s": end, **more}


class Desk:
    """Stores calls and opens their pages."""

    def __init__(self, api: FlaskClient, keys: Keys, place: Place) -> None:
        self.api, self.keys, self.place = api, keys, place

    def store(self, sid: str = SID, **more: Any) -> str:
        body = a_call(sid, **more)
        body = {name: value for name, value in body.items() if value is not None}
        stored = self.api.post(url(self.place), headers=self.keys.member, json=body)
        assert stored.status_code == 201, stored.data
        return str(stored.json["id"])

    def address(self, ident: str, rest: str = "") -> str:
        return f"/w/{self.place.slug}/calls/{ident}{rest}"

    def page(self, client: FlaskClient, ident: str, rest: str = "") -> str:
        shown = client.get(self.address(ident, rest))
        assert shown.status_code == 200, shown.data
        return text(shown)


@pytest.fixture
def desk(api: FlaskClient, keys: Keys, workspace: Place) -> Desk:
    return Desk(api, keys, workspace)


def test_the_callers_number_is_masked_until_a_member_asks(
    desk: Desk, as_member: FlaskClient, workspace: Place, sql: Sql
) -> None:
    ident = desk.store()
    page = desk.page(as_member, ident)
    assert "+1 (415) ••• 0142" in page and "Show number" in page
    assert "4155550142" not in page and "555-0142" not in page
    shown = post(as_member, desk.address(ident, "/caller"), headers=FRAGMENT)
    assert "(415) 555-0142" in text(shown) and "<html" not in text(shown)
    assert "caller=14155550142" in text(shown)
    events = sql(EVENTS, (workspace.id,))
    assert events == [("call.read", True, "Member Person"), ("call.reveal", True, "Member Person")]


def test_without_script_the_number_has_a_page(desk: Desk, as_member: FlaskClient) -> None:
    page = text(post(as_member, desk.address(desk.store(), "/caller")))
    assert "<html" in page and "(415) 555-0142" in page and "Back to the call" in page


def test_viewer_has_no_way_to_the_number(
    desk: Desk, as_viewer: FlaskClient, workspace: Place, sql: Sql
) -> None:
    ident = desk.store()
    page = desk.page(as_viewer, ident)
    assert "Show number" not in page and "4155550142" not in page and "555-0142" not in page
    refused = post(as_viewer, desk.address(ident, "/caller"), headers=FRAGMENT)
    assert refused.status_code == 403 and "555-0142" not in text(refused)
    assert [event[0] for event in sql(EVENTS, (workspace.id,))] == ["call.read"]


def test_a_call_without_a_number_has_nothing_to_show(desk: Desk, as_member: FlaskClient) -> None:
    ident = desk.store(caller_id=None)
    page = desk.page(as_member, ident)
    assert "Call from an unknown number" in page and "Show number" not in page
    assert post(as_member, desk.address(ident, "/caller")).status_code == 404


def test_a_foreign_call_has_no_page_no_turns_and_no_number(
    desk: Desk, api: FlaskClient, keys: Keys, other: Place, as_owner: FlaskClient
) -> None:
    theirs = Desk(api, keys, other)
    theirs.keys = Keys(*[keys.stranger] * 5)
    ident = theirs.store()
    for rest in ("", "/turns?since=0"):
        assert as_owner.get(desk.address(ident, rest), headers=FRAGMENT).status_code == 404
    assert post(as_owner, desk.address(ident, "/caller")).status_code == 404


def test_hostile_words_stay_words(desk: Desk, as_viewer: FlaskClient) -> None:
    tool = {"tool_name": HOSTILE, "input": {HOSTILE: HOSTILE}, "output": [HOSTILE],
            "succeeded": False, "error_message": HOSTILE, "integration_name": HOSTILE,
            "endpoint_name": HOSTILE}  # fmt: skip
    told = {"inner_thoughts": [HOSTILE], "agent_action": HOSTILE, "trigger": HOSTILE,
            "emotion_label": HOSTILE, "filler_type": HOSTILE, "state_transitions": [
                {"from_state": HOSTILE, "to_state": HOSTILE, "annotation": HOSTILE}]}  # fmt: skip
    said = [turn("caller", 0, 1, text=HOSTILE),
            turn("agent", 2, 3, state=HOSTILE, tool_calls=[tool], **told)]  # fmt: skip
    ident = desk.store(
        turns=said, service_name=HOSTILE, error=HOSTILE, final_state=HOSTILE,
        configuration={"agent_name": HOSTILE, "agent_version": HOSTILE, HOSTILE: HOSTILE},
    )  # fmt: skip
    page = desk.page(as_viewer, ident)
    assert "<script>alert" not in page and "alert(1)</script>" not in page
    assert page.count(SAFE) + page.count(SAFE.replace("&quot;", "&#34;").replace("x27", "39")) > 15


def test_each_turn_can_be_linked_and_knows_when_it_began(
    desk: Desk, as_viewer: FlaskClient
) -> None:
    page = desk.page(as_viewer, desk.store())
    assert 'id="turn-1" data-s="0"' in page and 'id="turn-2" data-s="2"' in page


def test_the_state_shows_where_it_changes(desk: Desk, as_viewer: FlaskClient) -> None:
    said = [turn("agent", 0, 1, state="greeting"), turn("caller", 2, 3),
            turn("agent", 4, 5, state="greeting"), turn("agent", 6, 7, state="offer_times")]  # fmt: skip
    page = desk.page(as_viewer, desk.store(turns=said))
    assert re.findall(r"State: <bdi>([^<]+)", page) == ["greeting", "offer times"]


def test_what_the_agent_did_is_folded_and_a_failure_is_told_in_words(
    desk: Desk, as_viewer: FlaskClient
) -> None:
    tools = [{"tool_name": "find_slots", "input": {"day": "Monday"}, "output": {"at": ["09:00"]},
              "duration_ms": 310},
             {"tool_name": "book", "succeeded": False, "error_message": "Calendar closed"}]  # fmt: skip
    steps = [{"from_state": "ask", "to_state": "offer", "annotation": "all known"}]
    said = [turn("agent", 0, 1, tool_calls=tools, inner_thoughts=["A slot is free."],
                 state_transitions=steps, interrupted=True)]  # fmt: skip
    page = desk.page(as_viewer, desk.store(turns=said))
    folded = re.findall(r'<details class="did[^"]*">.*?</details>', page, re.S)
    assert len(folded) == 3 and "Tool: <bdi>find_slots</bdi>, 0.3 s" in folded[0]
    assert "{\n  &quot;day&quot;: &quot;Monday&quot;\n}" in folded[0]
    assert "Tool failed: <bdi>book</bdi>" in folded[1] and "Calendar closed" in folded[1]
    assert "1 thought, 1 step" in folded[2] and "A slot is free." in folded[2]
    assert "From <bdi>ask</bdi> to <bdi>offer</bdi>, all known" in folded[2]
    assert re.search(r'<span class="cut">.*?interrupted</span>', page)


def test_a_giant_answer_of_a_tool_is_cut(desk: Desk, as_viewer: FlaskClient) -> None:
    tool = {"tool_name": "dump", "output": ["x" * 100] * 5000}
    page = desk.page(as_viewer, desk.store(turns=[turn("agent", 0, tool_calls=[tool])]))
    assert "cut here" in page and len(page) < 60_000


def _usual(desk: Desk) -> None:
    """Twenty calls whose answers took 640 ms."""
    lines = [a_call(f"U{n}", started_at=None) for n in range(20)]
    for line in lines:
        line.pop("ended_at")
        line["started_at"] = "2026-11-24T09:00:00Z"
    done = desk.api.post(url(desk.place, "/import"), headers=desk.keys.member, data=ndjson(*lines))
    assert done.json["stored"] == 20


def test_the_slowest_answer_is_named_at_the_top_and_compared(
    desk: Desk, as_viewer: FlaskClient
) -> None:
    _usual(desk)
    said = [
        turn("agent", 0, 1, ttfb_ms=650),
        turn("caller", 2, 3),
        turn("agent", 7, 8, ttfb_ms=4210),
    ]
    page = desk.page(as_viewer, desk.store(turns=said))
    assert re.search(r'Slowest answer: <a href="#turn-3">4\.2 s, turn 3</a>\. Usually 0\.7 s', page)
    assert "slow: 4.2 s, usually 0.7 s" in page and page.count("answered in 0.7 s") == 1
    table = page[page.index('id="h-times"') :]
    assert re.search(r'<a href="#turn-3">3</a></th><td class="num">4\.2 s</td><td>slow</td>', table)
    assert re.search(r'<a href="#turn-1">1</a></th><td class="num">0\.7 s</td><td>as usual', table)
    assert 'class="p95"' in table and 'class="usual"' in table


def test_without_any_answers_here_nothing_is_compared(desk: Desk, as_viewer: FlaskClient) -> None:
    page = desk.page(
        as_viewer, desk.store(source="simulated", turns=[turn("agent", 0, ttfb_ms=9000)])
    )
    assert "answered in 9.0 s" in page and "slow" not in page.replace("slowest", "")
    assert "Usually" not in page


def test_times_are_those_of_the_workspace(desk: Desk, as_viewer: FlaskClient) -> None:
    zone = {"time_zone": "America/New_York"}
    place = f"/v1/{desk.place.id}/settings/general"
    assert desk.api.put(place, headers=desk.keys.admin, json=zone).status_code == 200
    page = desk.page(as_viewer, desk.store())
    assert "20 Nov 2026, 04:00</time> (America/New_York)" in page
    assert 'title="04:00:02">00:02</time>' in page


def test_a_written_conversation_tells_the_time_of_day_and_has_no_timeline(
    desk: Desk, as_viewer: FlaskClient
) -> None:
    page = desk.page(as_viewer, desk.store(channel_kind="sms"))
    assert ">09:00</time>" in page and "Timeline" not in page
    assert "Conversation with" in page and "Text message" in page


def test_other_calls_of_the_caller_are_listed_and_only_those(
    desk: Desk, as_viewer: FlaskClient
) -> None:
    def at(sid: str, day: int, **more: Any) -> str:
        return desk.store(sid, started_at=f"2026-11-{day:02}T09:00:00Z", ended_at=None, **more)

    older = [at(f"B{day}", day) for day in range(1, 8)]
    middle, newer = at("M", 10), at("N", 12)
    test, foreign = at("T", 9, source="simulated"), at("F", 8, caller_id="+14155550199")
    page = desk.page(as_viewer, middle)
    card = page[page.index('id="h-same"') : page.index('id="h-looked"')]
    linked = re.findall(r"/calls/([0-9a-f-]{36})", card)
    assert linked == [newer, *reversed(older[-5:])]
    assert test not in linked and foreign not in linked
    assert "caller=0142" in card and "4155550142" not in card


def test_who_else_opened_a_call_is_seen_by_everybody(
    desk: Desk, as_viewer: FlaskClient, as_member: FlaskClient, as_admin: FlaskClient
) -> None:
    ident = desk.store()
    assert "Nobody before you" in desk.page(as_viewer, ident)
    desk.page(as_member, ident)
    post(as_member, desk.address(ident, "/caller"))
    desk.api.get(url(desk.place, f"/{ident}"), headers=desk.keys.owner)
    page = desk.page(as_viewer, ident)
    card = page[page.index('id="h-looked"') :]
    found = [re.sub(r"<[^>]+>", "", item) for item in re.findall(r"<li>(.*?)</li>", card, re.S)]
    assert [one.split(" 2")[0].strip() for one in found][1:] == [
        "Member Person had the number shown", "Member Person opened it", "Viewer Person opened it",
    ]  # fmt: skip
    assert "owner key" in found[0] and "Everything in the audit log" not in page
    desk.page(as_viewer, ident)
    admin = desk.page(as_admin, ident)
    assert "Viewer Person</bdi> opened it 3 times, last" in admin
    assert f"audit?resource_type=call&amp;resource_id={ident}" in admin


def running(desk: Desk) -> str:
    return desk.store(status="in-progress", ended_at=None)


def say(desk: Desk, ident: str, *said: dict[str, Any]) -> None:
    body = {"turns": list(said)}
    added = desk.api.post(url(desk.place, f"/{ident}/turns"), headers=desk.keys.member, json=body)
    assert added.status_code == 201, added.data


def test_a_running_call_asks_for_what_is_new(
    desk: Desk, as_viewer: FlaskClient, workspace: Place, sql: Sql
) -> None:
    ident = running(desk)
    page = desk.page(as_viewer, ident)
    assert "still going on" in page and f"/calls/{ident}/turns?since=2" in page
    asked = desk.address(ident, "/turns?since=2")
    assert as_viewer.get(asked, headers=FRAGMENT).status_code == 204
    say(desk, ident, turn("agent", 5, 6, text="Here I am."), turn("caller", 7, 8, text="Good."))
    grown = text(as_viewer.get(asked, headers=FRAGMENT))
    assert re.findall(r'id="(turn-\d+)"', grown) == ["turn-3", "turn-4"]
    assert "Here I am." in grown and "Good morning." not in grown and "since=4" in grown
    assert [event[0] for event in sql(EVENTS, (workspace.id,))] == ["call.read"]


def test_asking_for_turns_without_having_opened_the_call_is_a_look(
    desk: Desk, as_viewer: FlaskClient, workspace: Place, sql: Sql
) -> None:
    ident = running(desk)
    for _ in range(2):
        as_viewer.get(desk.address(ident, "/turns?since=0"), headers=FRAGMENT)
    assert sql(EVENTS, (workspace.id,)) == [("call.read", True, "Viewer Person")]


def test_asking_for_what_is_new_costs_two_reads_while_nothing_is(
    app: Flask, desk: Desk, as_viewer: FlaskClient
) -> None:
    ident = running(desk)
    desk.page(as_viewer, ident)
    with database.recorded() as seen:
        as_viewer.get(desk.address(ident, "/turns?since=2"), headers=FRAGMENT)
    assert len([sql for sql, _ in seen if not sql.lstrip().startswith(("begin", "set local"))]) == 2


def test_when_the_call_ends_the_page_is_loaded_anew(desk: Desk, as_viewer: FlaskClient) -> None:
    ident = running(desk)
    ended = {"status": "completed", "ended_at": "2026-11-20T09:00:30Z"}
    place = url(desk.place, f"/{ident}")
    assert desk.api.patch(place, headers=desk.keys.member, json=ended).status_code == 200
    asked = as_viewer.get(desk.address(ident, "/turns?since=0"), headers=FRAGMENT)
    assert asked.headers["HX-Refresh"] == "true" and not asked.data
    page = desk.page(as_viewer, ident)
    assert "still going on" not in page and "/turns?" not in page


def test_a_browser_that_opens_the_fragment_is_sent_to_the_call(
    desk: Desk, as_viewer: FlaskClient
) -> None:
    ident = running(desk)
    answer = as_viewer.get(desk.address(ident, "/turns?since=two"))
    assert answer.status_code == 303 and answer.headers["Location"].endswith(f"/calls/{ident}")


def test_a_removed_transcript_is_told_plainly(
    desk: Desk, as_viewer: FlaskClient, workspace: Place, sql: Sql
) -> None:
    ident = desk.store()
    sql("delete from turn where workspace_id = %s and call_id = %s", (workspace.id, ident))
    sql("update call set transcript_removed_at = '2026-11-22T10:00:00Z' where workspace_id = %s"
        " and id = %s", (workspace.id, ident))  # fmt: skip
    page = desk.page(as_viewer, ident)
    assert "The transcript was removed on" in page and "22 Nov 2026, 10:00" in page
    assert "Nothing was said" not in page


def test_a_transcript_of_5000_turns_is_one_page_below_two_megabytes(
    desk: Desk, as_viewer: FlaskClient
) -> None:
    words = "I would like to know whether the doctor has time next week, please."
    said = [turn(("caller", "agent")[n % 2], n * 4, n * 4 + 3, text=words) for n in range(5000)]
    page = desk.page(as_viewer, desk.store(turns=said, ended_at=None))
    assert 'id="turn-5000"' in page and len(page.encode()) < 2_000_000
    drawing = page[page.index('class="lanes') : page.index('id="h-transcript"')]
    assert drawing.count("<rect") < 500 and drawing.count("<tr>") < 1000


def test_more_words_than_a_page_holds_are_shown_in_parts(
    desk: Desk, as_viewer: FlaskClient
) -> None:
    said = [turn("caller", n, n + 1, text=f"{'words ' * 3000}turn {n + 1}.") for n in range(300)]
    ident = desk.store(turns=said, ended_at=None)
    first = desk.page(as_viewer, ident)
    assert len(first.encode()) < 2_200_000 and 'id="turn-1"' in first
    later = re.search(r'href="\?turn=(\d+)#turn-\1">Later', first)
    assert later and f'id="turn-{later[1]}"' not in first and "Earlier" not in first
    last = desk.page(as_viewer, ident, "?turn=300")
    assert 'id="turn-300"' in last and "Earlier turns" in last and "Later turns" not in last
    found = desk.page(as_viewer, ident, "?status=completed&escalated=false")
    asked = r'href="\?status=completed&amp;escalated=false&amp;turn=(\d+)#turn-\1">Later'
    assert re.search(asked, found)
    for odd in ("?turn=x", "?turn=-1", "?turn=99999999999999999999", "?turn="):
        assert 'class="turn' in desk.page(as_viewer, ident, odd)


ODD = {
    "out of order": [turn("agent", 9, 10), turn("caller", 1, 2), turn("agent", 4, 5)],
    "overlapping": [turn("agent", 0, 10), turn("caller", 2, 4), turn("operator", 3, 12)],
    "without ends": [turn("agent", 0), turn("caller", 0), turn("agent", 3), turn("caller", 3)],
    "at one moment": [turn("agent", 0, 0)],
    "without words": [turn("agent", 0, 1, text=""), turn("caller", 1, 1, text=" ")],
    "past the end": [turn("agent", 80_000, 86_400)],
    "far apart": [turn("agent", 0, 1), turn("caller", 86_399, 86_400)],
}


@pytest.mark.parametrize("name", ODD)
def test_odd_turns_make_a_page_all_the_same(desk: Desk, as_viewer: FlaskClient, name: str) -> None:
    page = desk.page(as_viewer, desk.store(turns=ODD[name]))
    for number in range(1, len(ODD[name]) + 1):
        assert f'id="turn-{number}"' in page
    assert ("sent in another order" in page) is (name == "out of order")
    positions = [float(x) for x in re.findall(r' (?:x|width)="(-?[\d.]+)%"', page)]
    assert all(-0.01 <= x <= 100.01 for x in positions)


def test_a_turn_before_the_call_is_refused(api: FlaskClient, keys: Keys, workspace: Place) -> None:
    refused = api.post(
        url(workspace), headers=keys.member, json=a_call(turns=[turn("agent", -2, 1)])
    )
    assert refused.status_code == 422
    assert refused.json["detail"][0]["loc"] == ["body", "turns", 0, "started_s"]
    assert api.get(url(workspace), headers=keys.viewer).json["total"] == 0


def test_the_way_back_and_the_neighbours_keep_the_filter(
    desk: Desk, as_viewer: FlaskClient
) -> None:
    def at(sid: str, day: int, status: str) -> str:
        started = f"2026-11-{day:02}T09:00:00Z"
        return desk.store(sid, started_at=started, ended_at=None, status=status)

    old, _, middle, new = (at("A", 1, "failed"), at("B", 2, "completed"), at("C", 3, "failed"),
                           at("D", 4, "failed"))  # fmt: skip
    page = desk.page(as_viewer, middle, "?status=failed&nonsense=1")
    assert f'/calls/{new}?status=failed" rel="prev"' in page
    assert f'/calls/{old}?status=failed" rel="next"' in page
    assert '/calls?status=failed">Calls found</a>' in page


def test_the_page_runs_few_statements(app: Flask, desk: Desk, as_viewer: FlaskClient) -> None:
    _usual(desk)
    ident = desk.store()
    desk.page(as_viewer, ident)
    with database.recorded() as seen:
        desk.page(as_viewer, ident, "?status=completed")
    reads = [sql for sql, _ in seen if not sql.lstrip().startswith(("begin", "set local"))]
    assert len(reads) <= 13, reads
