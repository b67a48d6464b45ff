"""Conversations by text through the JSON API."""

import threading
import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.calls.test_api import a_call
from tests.calls.test_api import url as calls
from tests.setup import Maker
from tests.support import Keys, Place, text


def url(place: Place, rest: str = "") -> str:
    return f"/v1/{place.id}/conversations{rest}"


@pytest.fixture
def service(maker: Maker) -> str:
    return str(maker.service("Front desk")["id"])


def started(api: FlaskClient, keys: Keys, place: Place, service: str, **more: Any) -> Any:
    answer = api.post(url(place), headers=keys.member, json={"service_id": service, **more})
    assert answer.status_code == 201, answer.data
    return answer.json


def test_a_conversation_begins_goes_on_and_is_closed(
    api: FlaskClient, keys: Keys, workspace: Place, service: str
) -> None:
    made = started(api, keys, workspace, service, channel_kind="sms", auto_greet=False)
    assert (made["status"], made["lifecycle"], made["channel_kind"]) == ("active", "active", "sms")
    assert (made["service_id"], made["service_name"]) == (service, "Front desk")
    assert made["auto_greet"] is False and made["entity_id"] is None and made["turn_count"] == 0
    one = url(workspace, f"/{made['id']}")
    wrote = api.post(
        f"{one}/turns", headers=keys.member, json={"message": "  Are you open today? "}
    )
    assert wrote.status_code == 201, wrote.data
    assert set(wrote.json) == {"turn_id", "input", "output", "tool_calls", "conversation"}
    assert wrote.json["turn_id"] == f"{made['id']}.0"
    assert wrote.json["input"]["text"] == "Are you open today?"
    assert (wrote.json["output"], wrote.json["tool_calls"]) == ([], [])
    assert wrote.json["conversation"]["turn_count"] == 1
    answer = {"turns": [{"speaker_role": "agent", "text": "Until five.", "started_s": 5}]}
    said = api.post(calls(workspace, f"/{made['id']}/turns"), headers=keys.member, json=answer)
    assert said.status_code == 201
    read = api.get(one, headers=keys.viewer).json
    assert [turn["text"] for turn in read["turns"]] == ["Are you open today?", "Until five."]
    for _ in range(2):
        assert api.delete(one, headers=keys.member).status_code == 204
    closed = api.get(url(workspace, f"/{made['call_sid']}"), headers=keys.viewer).json
    assert (closed["status"], closed["lifecycle"]) == ("closed", "closed") and closed["ended_at"]
    late = api.post(f"{one}/turns", headers=keys.member, json={"message": "Hello?"})
    assert late.status_code == 409 and "closed" in late.json["detail"]
    assert api.get(one, headers=keys.viewer).json["turn_count"] == 2


def test_it_is_a_call_in_the_same_list_page_and_search(
    api: FlaskClient, keys: Keys, as_viewer: FlaskClient, workspace: Place, service: str
) -> None:
    made = started(api, keys, workspace, service)
    message = {"message": "Do you have a dermatologist?"}
    api.post(url(workspace, f"/{made['id']}/turns"), headers=keys.member, json=message)
    listed = api.get(
        calls(workspace), headers=keys.viewer, query_string={"channel_kind": "web"}
    ).json
    assert [row["entity_id"] for row in listed["items"]] == [made["id"]]
    page = text(as_viewer.get(f"/w/{workspace.slug}/calls/{made['id']}"))
    assert "Do you have a dermatologist?" in page
    assert "Conversation with somebody unknown</h1>" in page
    assert "This conversation is still going on" in page
    assert "Auto greet</dt><dd><bdi>Yes</bdi>" in page
    found = text(as_viewer.get(f"/w/{workspace.slug}/calls?q=dermatologist"))
    assert made["id"] in found


def test_the_list_knows_channels_and_states_and_pages(
    api: FlaskClient, keys: Keys, workspace: Place, service: str
) -> None:
    made = [started(api, keys, workspace, service, channel_kind=kind)["id"]
            for kind in ("sms", "web", "web", "email")]  # fmt: skip
    api.post(calls(workspace), headers=keys.member, json=a_call("VOICE"))
    failed = a_call("SMS-1", channel_kind="sms", status="failed", started_at="2026-01-01T09:00:00Z")
    failed.pop("ended_at")
    made.insert(0, api.post(calls(workspace), headers=keys.member, json=failed).json["id"])
    api.delete(url(workspace, f"/{made[1]}"), headers=keys.member)

    def ids(**query: Any) -> list[str]:
        found = api.get(url(workspace), headers=keys.viewer, query_string=query)
        assert found.status_code == 200, found.data
        assert found.json["total"] == len(found.json["items"]) and not found.json["has_more"]
        return [item["id"] for item in found.json["items"]]

    assert ids() == made[::-1]
    assert ids(channel_kind="web") == [made[3], made[2]]
    assert ids(channel_kind="sms") == [made[1], made[0]]
    assert ids(status="active") == ids(status="in-progress") == made[:1:-1]
    assert ids(status="closed") == ids(status="completed") == [made[1]]
    assert ids(status="failed", channel_kind="sms") == [made[0]]
    assert ids(status="frozen") == []
    seen: list[str] = []
    for offset in (0, 2, 4):
        query = {"limit": 2, "offset": offset}
        page = api.get(url(workspace), headers=keys.viewer, query_string=query).json
        assert set(page) == {"items", "total", "has_more"} and page["total"] == 5
        assert page["has_more"] is (offset < 4)
        seen += [item["id"] for item in page["items"]]
    assert seen == made[::-1]


BAD_QUERIES = {"channel_kind": "voice", "status": "asleep", "limit": 0, "offset": 10_001}


@pytest.mark.parametrize("name", BAD_QUERIES)
def test_a_page_out_of_range_is_422(
    api: FlaskClient, keys: Keys, workspace: Place, name: str
) -> None:
    answer = api.get(url(workspace), headers=keys.viewer, query_string={name: BAD_QUERIES[name]})
    assert answer.status_code == 422
    assert answer.json["detail"][0]["loc"] == ["query", name]


BAD_BODIES = {"no service": {}, "voice": {"channel_kind": "voice"}, "unknown": {"colour": "red"},
              "not an id": {"service_id": "front desk"}}  # fmt: skip


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_beginning_is_422_and_nothing_is_stored(
    api: FlaskClient, keys: Keys, workspace: Place, service: str, name: str
) -> None:
    body = BAD_BODIES[name] if name == "no service" else {"service_id": service, **BAD_BODIES[name]}
    assert api.post(url(workspace), headers=keys.member, json=body).status_code == 422
    assert api.get(url(workspace), headers=keys.viewer).json["total"] == 0


@pytest.mark.parametrize("message", ["", "   ", "x" * 10_001, "a\0b", None, 7])
def test_a_bad_message_is_422_and_nothing_is_stored(
    api: FlaskClient, keys: Keys, workspace: Place, service: str, message: Any
) -> None:
    one = url(workspace, f"/{started(api, keys, workspace, service)['id']}")
    answer = api.post(f"{one}/turns", headers=keys.member, json={"message": message})
    assert answer.status_code == 422
    assert answer.json["detail"][0]["loc"] == ["body", "message"]
    assert api.get(one, headers=keys.viewer).json["turn_count"] == 0


def test_whom_it_is_with_must_be_known_here(
    api: FlaskClient, keys: Keys, workspace: Place, other: Place, service: str, sql: Any
) -> None:
    ids = {}
    for place in (workspace, other):
        ids[place.slug] = uuid.uuid4()
        sql("insert into entity (workspace_id, id, entity_type, display_name, state, confidence,"
            " event_count, has_projection, source, first_seen_at, last_event_at) values"
            " (%s, %s, 'patient', 'Ana', '{}', 1, 0, true, 'x', now(), now())",
            (place.id, ids[place.slug]))  # fmt: skip
    made = started(api, keys, workspace, service, entity_id=str(ids[workspace.slug]))
    assert made["entity_id"] == str(ids[workspace.slug])
    body = {"service_id": service, "entity_id": str(ids[other.slug])}
    assert api.post(url(workspace), headers=keys.member, json=body).status_code == 404
    assert api.get(url(workspace), headers=keys.viewer).json["total"] == 1


def test_another_workspaces_service_conversation_and_a_call_by_voice_are_nothing(
    api: FlaskClient, keys: Keys, workspace: Place, other: Place, service: str
) -> None:
    foreign = Maker(api, other, keys.stranger).service("Theirs")["id"]
    body = {"service_id": foreign}
    assert api.post(url(workspace), headers=keys.owner, json=body).status_code == 404
    theirs = api.post(url(other), headers=keys.stranger, json=body).json["id"]
    voice = api.post(calls(workspace), headers=keys.member, json=a_call("VOICE")).json["id"]
    for ident in (theirs, voice, "VOICE", str(uuid.uuid4()), "nothing"):
        one = url(workspace, f"/{ident}")
        message = {"message": "Hello"}
        assert api.get(one, headers=keys.owner).status_code == 404
        assert api.post(f"{one}/turns", headers=keys.owner, json=message).status_code == 404
        assert api.delete(one, headers=keys.owner).status_code == 404
    left = api.get(url(other, f"/{theirs}"), headers=keys.stranger).json
    assert left["status"] == "active" and left["turn_count"] == 0


def test_viewer_reads_and_changes_nothing(
    api: FlaskClient, keys: Keys, workspace: Place, service: str
) -> None:
    one = url(workspace, f"/{started(api, keys, workspace, service)['id']}")
    assert (
        api.post(url(workspace), headers=keys.viewer, json={"service_id": service}).status_code
        == 403
    )
    assert api.post(f"{one}/turns", headers=keys.viewer, json={"message": "x"}).status_code == 403
    assert api.delete(one, headers=keys.viewer).status_code == 403
    left = api.get(one, headers=keys.viewer).json
    assert left["status"] == "active" and left["turns"] == []


def test_two_who_write_at_once_lose_nothing(
    app: Flask, api: FlaskClient, keys: Keys, workspace: Place, service: str
) -> None:
    one = url(workspace, f"/{started(api, keys, workspace, service)['id']}")
    start, answers = threading.Barrier(3), []

    def write(name: str) -> None:
        client = app.test_client(use_cookies=False)
        start.wait()
        for n in range(5):
            body = {"message": f"{name} {n}"}
            answers.append(
                client.post(f"{one}/turns", headers=keys.member, json=body).json["turn_id"]
            )

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    turns = api.get(one, headers=keys.viewer).json["turns"]
    assert len(turns) == len(set(answers)) == 15
    assert sorted(turn["text"] for turn in turns) == sorted(
        f"{w} {n}" for w in "abc" for n in range(5)
    )
    times = [turn["started_s"] for turn in turns]
    assert times == sorted(times)
