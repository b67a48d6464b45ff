"""Calls as entities of the world: their events, their states, and how they go."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from app.calls import entities, imports, jobs
from app.calls.schema import CallIn
from app.core import database, tenancy
from app.core import jobs as queue
from app.world import projecting, queries, tally
from tests.support import Keys, Place

from .test_api import a_call, ndjson, url

SAID = [{"speaker_role": "caller", "text": "My knee hurts", "started_s": 1, "ended_s": 3}]
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2999, 1, 1), timezones=st.just(UTC))
RUNNING = st.sampled_from(["initiated", "ringing", "in-progress"])
OVER = st.sampled_from(["completed", "busy", "no-answer", "failed", "unknown"])
MAYBE_SECONDS = st.none() | st.floats(0, 864_000)
BOTH = {
    "direction": st.sampled_from(["inbound", "outbound", "playground", "simulated", "test"]),
    "source": st.sampled_from(["real", "simulated", "scribe"]),
    "channel_kind": st.sampled_from(["voice", "sms"]),
    "escalation_status": st.sampled_from(["none", "requested", "connected", "handback", "completed"]),
    "started_at": MOMENTS, "service_id": st.none() | st.uuids(),
    "completion_reason": st.sampled_from([None, "completed", "warm_transfer_completed"]),
    "quality_score": st.none() | st.floats(0, 1), "duration_seconds": MAYBE_SECONDS,
}  # fmt: skip
CALLS = st.fixed_dictionaries({**BOTH, "status": RUNNING | OVER}) | st.fixed_dictionaries(
    {**BOTH, "status": OVER, "ended": st.integers(0, 10**9)}
)


@pytest.fixture
def put(api: FlaskClient, workspace: Place, keys: Keys) -> Any:
    """Store a call over the API; its id."""

    def store(sid: str = "CA-1", **more: Any) -> uuid.UUID:
        answer = api.post(url(workspace), headers=keys.member, json=a_call(sid, turns=SAID, **more))
        assert answer.status_code == 201, answer.json
        return uuid.UUID(answer.json["id"])

    return store


def told(sql: Any, ident: uuid.UUID) -> list[tuple[Any, ...]]:
    """(type, data, whether it holds) of a call's events, in order."""
    found: list[tuple[Any, ...]] = sql(
        "select e.event_type, e.data, not exists (select from event o where o.supersedes = e.id),"
        " e.author from event_entity l join event e on e.id = l.event_id"
        " where l.entity_id = %s order by e.seq", (ident,))  # fmt: skip
    return found


def differences(place: Place) -> list[Any]:
    """Where states or figures are not what the events say."""
    found: list[Any] = [
        one for ids in projecting.batches(place.id) for one in projecting.differences(place.id, ids)
    ]
    return found + list(tally.differences(place.id))


def test_states_and_figures_are_what_the_events_say_whatever_the_calls_are(
    app: Flask, workspace: Place
) -> None:
    count = iter(range(10**6))

    @settings(max_examples=25)
    @given(st.lists(CALLS, min_size=1, max_size=20))
    def holds(drawn: list[dict[str, Any]]) -> None:
        calls = []
        for one in drawn:
            ended = one.pop("ended", None)
            if ended is not None:
                one["ended_at"] = one["started_at"] + timedelta(microseconds=ended)
            calls.append(CallIn(call_sid=f"CA-{next(count)}", **one))
        assert imports.ingest(workspace.id, calls).stored == len(calls)

    with app.app_context(), tenancy.inside(workspace.id):
        holds()
        assert differences(workspace) == []


CHANGED = st.fixed_dictionaries({
    "status": OVER, "ended_at": st.none() | st.just("2999-06-01T00:00:00Z"),
    "duration_seconds": MAYBE_SECONDS, "completion_reason": BOTH["completion_reason"],
    "escalation_status": BOTH["escalation_status"], "quality_score": BOTH["quality_score"],
    "reviewed_at": st.none() | st.just("2026-01-01T00:00:00Z"), "reviewed_by": st.just("Nadia"),
})  # fmt: skip
CHANGE = """
update call c set status = x.status, ended_at = x.ended_at, duration_seconds = x.duration_seconds,
  completion_reason = x.completion_reason, escalation_status = x.escalation_status,
  quality_score = x.quality_score, reviewed_at = x.reviewed_at,
  reviewed_by = case when x.reviewed_at is not null then x.reviewed_by end
from jsonb_populate_record(null::call, %(to)s) x
where c.workspace_id = %(workspace_id)s and c.id = %(id)s
"""


def test_states_follow_whatever_becomes_of_a_call(app: Flask, put: Any, workspace: Place) -> None:
    ident = put(status="ringing", ended_at=None)

    @settings(max_examples=30)
    @given(CHANGED)
    def follows(change: dict[str, Any]) -> None:
        place = {"workspace_id": workspace.id, "id": ident}
        database.execute(CHANGE, {**place, "to": database.jsonb(change)})
        entities.update(workspace.id, [ident], "Nadia")
        database.commit()
        row = queries.one(workspace.id, ident)
        state = row[5]
        assert state["status"] == change["status"]
        assert state.get("reviewed_by") == ("Nadia" if change["reviewed_at"] else None)
        assert differences(workspace) == []
        entities.update(workspace.id, [ident])
        assert queries.one(workspace.id, ident) == row, "nothing new was to be said"

    with app.app_context(), tenancy.inside(workspace.id):
        follows()


def test_a_call_is_an_entity_with_its_own_events(api, put, workspace, keys, sql) -> None:
    ident = put(escalation_status="connected", service_id=str(uuid.uuid4()))
    found = api.get(f"/v1/{workspace.id}/world/entities/{ident}", headers=keys.viewer).json
    assert (found["entity_type"], found["canonical_id"]) == ("call", f"calls:Call:{ident}")
    state = found["state"]
    assert (state["call_sid"], state["direction"], state["status"]) == (
        "CA-1",
        "inbound",
        "completed",
    )
    assert found["event_count"] == 5 and state["escalation_status"] == "connected"
    events = told(sql, ident)
    assert [event[0] for event in events] == [
        "call.started", "escalation.requested", "escalation.connected", "call.ended",
        "call.outcome",
    ]  # fmt: skip
    assert events[3][1]["escalated"] is True and "duration_seconds" in events[3][1]


def test_events_hold_no_word_and_no_number(put, sql) -> None:
    put(caller_id="+14155550142", error="patient Ana shouted", final_state="Ana's visit")
    texts = str(sql("select data from event where source = 'calls'"))
    texts += str(sql("select state, display_name from entity where source = 'calls'"))
    for word in ("knee", "5550142", "Ana"):
        assert word not in texts


def test_the_same_call_again_adds_nothing(api, put, workspace, keys, sql) -> None:
    ident = put()
    before = told(sql, ident)
    body = a_call("CA-1", turns=SAID)
    assert api.post(url(workspace), headers=keys.member, json=body).status_code == 200
    again = api.post(url(workspace, "/import"), headers=keys.member, data=ndjson(body))
    assert again.json["duplicates"] == 1
    assert told(sql, ident) == before


def test_a_call_that_goes_on_supersedes_what_was_said_of_it(
    app, api, put, workspace, keys, sql
) -> None:
    ident = put(status="ringing", ended_at=None)
    for change in ({"status": "in-progress"}, {"escalation_status": "requested"},
                   {"status": "completed", "escalation_status": "completed",
                    "completion_reason": "caller_hangup", "duration_seconds": 61.5},
                   {"quality_score": 0.9}, {"quality_score": 0.9}):  # fmt: skip
        answer = api.patch(url(workspace, f"/{ident}"), headers=keys.member, json=change)
        assert answer.status_code == 200, answer.json
    assert [(kind, holds) for kind, _, holds, _ in told(sql, ident)] == [
        ("call.started", False), ("call.started", True), ("escalation.requested", True),
        ("call.ended", True), ("call.outcome", False),
        ("call.outcome", True),
    ]  # fmt: skip
    with app.app_context(), tenancy.inside(workspace.id):
        state = queries.one(workspace.id, ident)[5]
        assert differences(workspace) == []
    assert (state["status"], state["duration_seconds"], state["quality_score"]) == (
        "completed", 61.5, 0.9)  # fmt: skip
    assert state["escalation_status"] == "completed"


def test_a_review_is_an_event_and_so_is_taking_it_back(app, api, put, workspace, keys, sql) -> None:
    ident = put()
    for verb in ("put", "delete", "put"):
        answer = getattr(api, verb)(url(workspace, f"/{ident}/review"), headers=keys.member)
        assert answer.status_code < 300, answer.json
    reviews = [row for row in told(sql, ident) if row[0] == "review.submitted"]
    assert [(row[1]["action"], row[2]) for row in reviews] == [
        ("reviewed", False), ("reopened", False), ("reviewed", True)]  # fmt: skip
    assert all(row[3] for row in reviews)
    with app.app_context(), tenancy.inside(workspace.id):
        assert queries.one(workspace.id, ident)[5]["reviewed_by"] == reviews[-1][3]
        assert differences(workspace) == []


def test_calls_of_before_become_entities_in_batches(app, put, workspace, sql) -> None:
    idents = [put(f"CA-{n}") for n in range(5)]
    with app.app_context(), tenancy.inside(workspace.id):
        before = {i: queries.one(workspace.id, i)[5] for i in idents}
    for table in ("event_entity", "event", "entity_source", "entity"):
        sql(f"delete from {table} where workspace_id = %s", (workspace.id,))
    sql("delete from world_count where workspace_id = %s", (workspace.id,))
    maintenance = app.config["WARD"].maintenance_url
    assert workspace.id in entities.waiting(maintenance)
    with app.app_context(), tenancy.inside(workspace.id):
        assert entities.fill(workspace.id, 0, 2) == (2, 2)
        database.commit()
    run = app.test_cli_runner().invoke
    told = run(args=["world", "calls", "--workspace", workspace.slug]).output
    assert "3 calls became entities" in told
    assert "0 calls became" in run(args=["world", "calls", "--workspace", workspace.slug]).output
    assert workspace.id not in entities.waiting(maintenance)
    with app.app_context(), tenancy.inside(workspace.id):
        assert {i: queries.one(workspace.id, i)[5] for i in idents} == before
        assert differences(workspace) == []


def test_the_worker_makes_calls_of_before_entities_some_at_a_time(
    app: Flask, put: Any, workspace: Place, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    idents = [put(f"CA-{n}") for n in range(5)]
    for table in ("event_entity", "event", "entity_source", "entity", "world_count"):
        sql(f"delete from {table} where workspace_id = %s", (workspace.id,))
    sql("delete from procrastinate_jobs")
    monkeypatch.setattr(jobs, "STEPS", 1)
    monkeypatch.setattr(entities.fill, "__defaults__", (0, 2))
    with app.app_context():
        queue.defer("calls.entities", workspace.id)
        database.commit()
        for _ in range(3):
            queue.work(wait=False)
    assert [len(told(sql, ident)) for ident in idents] == [3] * 5


def test_a_change_to_a_call_of_before_makes_it_an_entity(api, put, workspace, keys, sql) -> None:
    ident = put(status="in-progress", ended_at=None)
    for table in ("event_entity", "event", "entity_source", "entity"):
        sql(f"delete from {table} where workspace_id = %s", (workspace.id,))
    api.patch(url(workspace, f"/{ident}"), headers=keys.member, json={"status": "failed"})
    assert [row[0] for row in told(sql, ident)] == ["call.started", "call.ended", "call.outcome"]


def test_the_app_role_forgets_no_call_that_is_there(app, put, workspace, other, sql) -> None:
    ident = put()
    with app.app_context():
        for place in (workspace, other):
            with tenancy.inside(place.id), database.transaction():
                entities.forget(place.id, [ident])
        assert len(told(sql, ident)) == 3
        with tenancy.inside(workspace.id):
            for verb in ("delete from", "update"):
                change = " set source = 'x'" if verb == "update" else ""
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    database.execute(f"{verb} event{change} where workspace_id = %(w)s",
                                     {"w": workspace.id})  # fmt: skip
                database.rollback()
