"""Calls through the JSON API."""

import io
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.calls import imports
from tests.support import Cast, Keys, Place

TURNS = [
    {"speaker_role": "agent", "text": "Good morning.", "started_s": 0, "ended_s": 1.2,
     "ttfb_ms": 640},
    {"speaker_role": "caller", "text": "I need an appointment.", "started_s": 2, "ended_s": 4},
]  # fmt: skip


def a_call(sid: str = "CA1", **more: Any) -> dict[str, Any]:
    return {
        "call_sid": sid, "started_at": "2026-11-20T09:00:00Z", "ended_at": "2026-11-20T09:01:02Z",
        "caller_id": "+14155550142", "phone_number": "+14155550100", "turns": TURNS, **more,
    }  # fmt: skip


def url(place: Place, rest: str = "") -> str:
    return f"/v1/{place.id}/calls{rest}"


def ndjson(*lines: Any) -> bytes:
    return b"\n".join(x if isinstance(x, bytes) else json.dumps(x).encode() for x in lines)


def test_a_call_goes_in_and_comes_out(api: FlaskClient, keys: Keys, workspace: Place) -> None:
    stored = api.post(url(workspace), headers=keys.member, json=a_call())
    assert stored.status_code == 201, stored.data
    out = api.get(url(workspace, "/CA1"), headers=keys.viewer).json
    assert out["id"] == stored.json["id"]
    assert out["duration_seconds"] == 62
    assert [t["text"] for t in out["turns"]] == ["Good morning.", "I need an appointment."]
    assert out["turns"][1]["user_transcript"] == "I need an appointment."
    assert out["turns"][0]["ttfb_ms"] == 640


def test_the_list_has_the_documented_fields(api: FlaskClient, keys: Keys, workspace: Place) -> None:
    api.post(url(workspace), headers=keys.member, json=a_call())
    page = api.get(url(workspace), headers=keys.viewer).json
    assert set(page) == {"items", "total", "has_more", "continuation_token"}
    assert page["total"] == 1 and page["has_more"] is False
    assert set(page["items"][0]) == {
        "entity_id", "call_sid", "direction", "status", "started_at", "duration_seconds", "turns",
        "caller_id", "phone_number", "service_id", "quality_score", "final_state",
        "completion_reason", "escalation_status", "has_recording", "source", "channel_kind", "run_id",
        "parent_session_id", "fork_turn_index",
    }  # fmt: skip


def test_the_same_call_twice_is_stored_once(api: FlaskClient, keys: Keys, workspace: Place) -> None:
    first = api.post(url(workspace), headers=keys.member, json=a_call())
    again = api.post(url(workspace), headers=keys.member, json=a_call())
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["id"] == again.json["id"]
    other = api.post(url(workspace), headers=keys.member, json=a_call(status="failed"))
    assert other.status_code == 409


def test_a_running_call_grows_and_ends(api: FlaskClient, keys: Keys, workspace: Place) -> None:
    running = {"call_sid": "CA2", "status": "in-progress", "started_at": "2026-11-20T09:00:00Z"}
    assert api.post(url(workspace), headers=keys.member, json=running).status_code == 201
    body = {"turns": TURNS, "turn_index": 0}
    for _ in range(2):
        grown = api.post(url(workspace, "/CA2/turns"), headers=keys.member, json=body)
        assert grown.status_code == 201 and grown.json["turn_count"] == 2
    ended = {"status": "completed", "ended_at": "2026-11-20T09:00:30Z"}
    done = api.patch(url(workspace, "/CA2"), headers=keys.member, json=ended)
    assert done.json["duration_seconds"] == 30
    late = api.post(url(workspace, "/CA2/turns"), headers=keys.member, json={"turns": TURNS})
    assert late.status_code == 409


def test_pages_follow_the_token_through_equal_times(
    api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    lines = [a_call(f"CA{n}", turns=[]) for n in range(7)]
    api.post(url(workspace, "/import"), headers=keys.member, data=ndjson(*lines))
    seen, token = [], 0
    while True:
        query = {"limit": 3, "continuation_token": token}
        page = api.get(url(workspace), headers=keys.viewer, query_string=query).json
        seen += [row["call_sid"] for row in page["items"]]
        if not page["has_more"]:
            break
        token = page["continuation_token"]
    assert sorted(seen) == sorted(line["call_sid"] for line in lines)


def test_an_import_stores_the_good_lines_and_names_the_others(
    api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    body = ndjson(a_call("A"), b"{broken", b"\xff\xfe", b"", a_call("A"), a_call("B", colour=1),
                  a_call("C"), a_call("A", status="failed"))  # fmt: skip
    done = api.post(url(workspace, "/import"), headers=keys.member, data=body)
    assert done.status_code == 200, done.data
    assert (done.json["stored"], done.json["duplicates"], done.json["refused"]) == (2, 1, 4)
    assert [e["line"] for e in done.json["errors"]] == [2, 3, 6, 8]
    again = api.post(url(workspace, "/import"), headers=keys.member, data=ndjson(a_call("A")))
    assert again.json["duplicates"] == 1


def test_an_import_cut_off_keeps_whole_lines(
    api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    body = ndjson(a_call("A"), a_call("B"))[:-20]
    stream = io.BytesIO(body)
    done = api.post(
        url(workspace, "/import"), headers=keys.member, input_stream=stream,
        content_length=len(body) + 20,
    )  # fmt: skip
    assert done.json["stored"] == 1 and done.json["refused"] == 1


def test_a_disk_that_fills_during_an_import_says_how_much_is_stored(
    full_disk: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    api: FlaskClient,
    keys: Keys,
    workspace: Place,
) -> None:
    monkeypatch.setattr(imports, "BATCH_CALLS", 1)
    full_disk("call", "new.call_sid = 'B'")
    for body, sentence in (
        (ndjson(a_call("A"), a_call("B")), "New calls of this import that are stored: 1."),
        (ndjson(a_call("B")), "Nothing was stored"),
    ):
        done = api.post(url(workspace, "/import"), headers=keys.member, data=body)
        assert done.status_code == 507 and sentence in done.json["detail"]
    assert api.get(url(workspace), headers=keys.member).json["total"] == 1


BAD = {
    "wrong type": ({"started_at": 7.5e30}, "started_at"),
    "unknown key": ({"colour": "red"}, "colour"),
    "ends first": ({"ended_at": "2026-11-19T09:00:00Z"}, None),
    "null byte": ({"service_name": "a\0b"}, "service_name"),
    "no zone": ({"started_at": "2026-11-20T09:00:00"}, "started_at"),
    "number": ({"caller_id": "555"}, "caller_id"),
    "sid": ({"call_sid": "../etc"}, "call_sid"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_call_is_422_and_nothing_is_stored(
    api: FlaskClient, keys: Keys, workspace: Place, name: str
) -> None:
    change, field = BAD[name]
    answer = api.post(url(workspace), headers=keys.member, json={**a_call(), **change})
    assert answer.status_code == 422, answer.data
    if field:
        assert ["body", field] == answer.json["detail"][0]["loc"]
    assert api.get(url(workspace), headers=keys.viewer).json["total"] == 0


def test_broken_bodies_are_4xx(api: FlaskClient, keys: Keys, workspace: Place) -> None:
    for body, status in ((b"{", 400), (b"\xff", 400), (b"[]", 422), (b"x" * 17_000_000, 413)):
        answer = api.post(url(workspace), headers=keys.member, data=body)
        assert answer.status_code == status, body[:10]
        assert answer.json["request_id"]


def test_a_foreign_call_does_not_exist(
    api: FlaskClient, keys: Keys, cast: Cast, workspace: Place, other: Place
) -> None:
    theirs = api.post(url(other), headers=keys.stranger, json=a_call("CA9")).json["id"]
    for ident in (theirs, "CA9", str(uuid.uuid4())):
        assert api.get(url(workspace, f"/{ident}"), headers=keys.owner).status_code == 404
        patch = api.patch(url(workspace, f"/{ident}"), headers=keys.owner, json={"error": "x"})
        assert patch.status_code == 404
        turns = api.post(
            url(workspace, f"/{ident}/turns"), headers=keys.owner, json={"turns": TURNS}
        )
        assert turns.status_code == 404
    assert api.get(url(workspace), headers=keys.owner).json["total"] == 0


def test_viewer_cannot_store_a_call(api: FlaskClient, keys: Keys, workspace: Place) -> None:
    assert api.post(url(workspace), headers=keys.viewer, json=a_call()).status_code == 403
    assert api.get(url(workspace), headers=keys.viewer).json["total"] == 0


def test_a_call_tells_what_follows_from_its_turns_and_nothing_else(
    api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    said = [*TURNS, {"speaker_role": "agent", "text": "When?", "started_s": 5.2, "ended_s": 6},
            {"speaker_role": "operator", "text": "Hello.", "started_s": 12}]  # fmt: skip
    body = a_call(turns=said, escalation_status="completed")
    ident = api.post(url(workspace), headers=keys.member, json=body).json["id"]
    out = api.get(url(workspace, "/CA1"), headers=keys.viewer).json
    assert [(s["lane"], s["type"], s["start_s"], s["end_s"]) for s in out["timeline"]["segments"]] == [
        ("agent", "agent_speech", 0, 1.2), ("caller", "caller_speech", 2, 4),
        ("system", "processing_gap", 4, 5.2), ("agent", "agent_speech", 5.2, 6),
        ("system", "silence", 6, 12), ("operator", "operator_speech", 12, None),
        ("system", "silence", 12.4, 62),
    ]  # fmt: skip
    assert out["latency"]["answers"] == 2 and out["latency"]["slowest_ms"] == 1200
    assert out["latency"]["slowest_turn_index"] == 2 and out["latency"]["median_ms"] == 920
    assert out["escalation"] == {"status": "completed", "human_segment_turn_count": 1}
    assert [p["role"] for p in out["participants"]] == ["agent", "caller", "operator"]
    assert out["configuration"] == {} and out["configuration_used"]["agent"]["version"] is None
    assert out["audit"]["event_count"] == 1
    assert out["audit"]["latest_event"]["action"] == "call.create"
    again = api.get(url(workspace, f"/{ident}"), headers=keys.viewer).json
    assert again["audit"]["event_count"] == 2
    assert again["audit"]["latest_event"]["action"] == "call.read"
