"""Figures that the write path keeps, answer times, and what search rows hold."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app.calls import buckets, rollups
from app.calls.spoken import TurnIn, answer_times
from app.core import database, tenancy
from tests.support import Keys, Place

from .test_api import a_call, ndjson, url

KEPT = """
select dimension, key, day, hour, calls, answered, transferred, unanswered, escalated, lengths,
  responses from call_rollup
where workspace_id = %s and calls <> 0 order by 1, 2, 3, 4
"""


def test_a_quantile_lies_in_the_bucket_of_the_true_value() -> None:
    counts = buckets.count([640] * 9 + [5000], buckets.RESPONSES)
    assert 610 <= (buckets.quantile(counts, buckets.RESPONSES, 0.5) or 0) <= 730
    assert 4500 <= (buckets.quantile(counts, buckets.RESPONSES, 0.95) or 0) <= 5400
    assert buckets.quantile([], buckets.RESPONSES, 0.5) is None


@given(st.lists(st.floats(0, 100_000), max_size=50), st.lists(st.floats(0, 100_000), max_size=50))
def test_counts_of_two_sets_add_up(one: list[float], two: list[float]) -> None:
    bounds = buckets.LENGTHS
    both = [
        a + b for a, b in zip(buckets.count(one, bounds), buckets.count(two, bounds), strict=True)
    ]
    assert both == buckets.count(one + two, bounds)


def _turn(who: str, start: float, end: float | None = None, **more: Any) -> TurnIn:
    return TurnIn(speaker_role=who, text="words", started_s=start, ended_s=end, **more)


def test_the_callers_wait_is_what_the_runtime_sent_or_the_gap() -> None:
    turns = [_turn("agent", 0, 1), _turn("caller", 2, 4), _turn("agent", 4.7, 6),
             _turn("caller", 7, 8), _turn("agent", 9, 10, ttfb_ms=640), _turn("caller", 11, 13),
             _turn("agent", 12.5, 14)]  # fmt: skip
    assert answer_times(turns) == [None, None, 700.0, None, 640.0, None, None]
    assert answer_times(turns[2:3], turns[1]) == [700.0]


def _rebuilt(app: Flask, place: Place, sql: Any, zone: str = "UTC") -> tuple[Any, Any]:
    kept = sql(KEPT, (place.id,))
    with app.app_context(), database.transaction(), tenancy.inside(place.id):
        rollups.rebuild(place.id, zone)
    return kept, sql(KEPT, (place.id,))


def test_figures_kept_by_writes_equal_figures_counted_anew(
    app: Flask, api: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    def calls(mark: str) -> list[dict[str, Any]]:
        return [
            a_call(f"{mark}1"), a_call(f"{mark}2", completion_reason="transferred"),
            a_call(f"{mark}3", status="no-answer", phone_number="+14155550199"),
            a_call(f"{mark}4", escalation_status="completed"), a_call(f"{mark}5", direction="test"),
            a_call(f"{mark}6", source="simulated"),
        ]  # fmt: skip

    headers = keys.member
    api.post(url(workspace, "/import"), headers=headers, data=ndjson(*calls("A"), *calls("B")))
    running = a_call("RUN", status="in-progress")
    running.pop("ended_at")
    api.post(url(workspace), headers=headers, json=running)
    more = {"turns": [{"speaker_role": "caller", "text": "Hello?", "started_s": 30, "ended_s": 31},
                      {"speaker_role": "agent", "text": "Yes.", "started_s": 33}]}  # fmt: skip
    assert api.post(url(workspace, "/RUN/turns"), headers=headers, json=more).status_code == 201
    before = sql(KEPT, (workspace.id,))
    ended = {"status": "completed", "ended_at": "2026-11-20T09:18:00Z"}
    assert api.patch(url(workspace, "/RUN"), headers=headers, json=ended).status_code == 200
    change = {"completion_reason": "abandoned", "duration_seconds": 7}
    assert api.patch(url(workspace, "/A1"), headers=headers, json=change).status_code == 200
    kept, anew = _rebuilt(app, workspace, sql)
    assert kept == anew and kept != before
    everything = [row for row in kept if row[0] == "all"]
    assert sum(row[4] for row in everything) == 9
    assert sum(sum(row[9]) for row in everything) == 9


def test_figures_move_with_the_time_zone(
    app: Flask, api: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    late = a_call("LATE", started_at="2026-11-20T03:30:00Z")
    late.pop("ended_at")
    api.post(url(workspace), headers=keys.member, json=late)
    in_utc, in_new_york = _rebuilt(app, workspace, sql, "America/New_York")
    assert (str(in_utc[0][2]), in_utc[0][3]) == ("2026-11-20", 3)
    assert (str(in_new_york[0][2]), in_new_york[0][3]) == ("2026-11-19", 22)


FIND = """
select call_id from find_transcripts(%(words)s, array[%(words)s], array['{1}'], array['{}'],
  null, null, null, null, null, false, 100)
"""


def found(app: Flask, place: Place, words: str) -> int:
    with app.app_context(), tenancy.inside(place.id):
        count = len(database.rows(FIND, {"words": words}))
        database.rollback()
    return count


def test_search_rows_know_who_spoke_and_never_join_two_turns(
    app: Flask, api: FlaskClient, keys: Keys, workspace: Place, other: Place
) -> None:
    said = [{"speaker_role": "caller", "text": "I want a dermatologist today", "started_s": 1},
            {"speaker_role": "agent", "text": "Tomorrow would fit", "started_s": 4},
            {"speaker_role": "caller", "text": "please call back", "started_s": 6}]  # fmt: skip
    api.post(url(workspace), headers=keys.member, json=a_call("W1", turns=said))
    assert found(app, workspace, "'dermatologist':A") == 1
    assert found(app, workspace, "'dermatologist':B") == 0
    assert found(app, workspace, "'want' & 'tomorrow'") == 1
    assert found(app, workspace, "'dermatologist' <-> 'today'") == 1
    assert found(app, workspace, "'today' <-> 'pleas'") == 0
    assert found(app, other, "'dermatologist'") == 0
    with app.app_context():
        assert database.rows(FIND, {"words": "'dermatologist'"}) == []


def test_a_giant_transcript_is_found_to_its_last_word(
    app: Flask, api: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    words = " ".join(f"word{n}x" for n in range(2000))
    said = [{"speaker_role": "caller", "text": f"{words} turn{n}y", "started_s": n}
            for n in range(300)]  # fmt: skip
    body = a_call("BIG", turns=said)
    body.pop("ended_at")
    assert api.post(url(workspace), headers=keys.member, json=body).status_code == 201
    assert found(app, workspace, "'turn299y'") > 0
    parts = "select count(*) from transcript_part where workspace_id = %s"
    assert sql(parts, (workspace.id,))[0][0] == 100


def test_every_ending_of_a_callers_number_is_kept_once(
    api: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    for sid in ("P1", "P2"):
        api.post(url(workspace), headers=keys.member, json=a_call(sid, caller_id="+14155550142"))
    parts = "select part from caller_part where workspace_id = %s order by length(part)"
    found = [row[0] for row in sql(parts, (workspace.id,))]
    assert found[0] == "142" and found[-1] == "14155550142" and len(found) == 9


def test_what_the_agent_did_is_kept_and_told(
    api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    tool = {"tool_name": "find_slot", "input": {"day": "Monday"}, "output": [{"at": "09:00"}],
            "duration_ms": 120, "started_s": 2.5}  # fmt: skip
    said = [{"speaker_role": "caller", "text": "Monday?", "started_s": 1, "ended_s": 2},
            {"speaker_role": "agent", "text": "Nine o'clock.", "started_s": 3, "tool_calls": [tool],
             "inner_thoughts": ["A slot is free."],
             "state_transitions": [{"from_state": "ask", "to_state": "offer"}]}]  # fmt: skip
    api.post(url(workspace), headers=keys.member, json=a_call("T1", turns=said))
    turn = api.get(url(workspace, "/T1"), headers=keys.viewer).json["turns"][1]
    assert turn["tool_calls"] == [tool] and turn["response_ms"] == 1000
    assert turn["inner_thoughts"] == ["A slot is free."]
    assert turn["state_transitions"] == [{"from_state": "ask", "to_state": "offer"}]
