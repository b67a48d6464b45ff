"""All data sources as one list: replaced whole or not at all."""

import uuid

import pytest

from tests.setup import SOURCE

DOTS = "••••••"
SHAPE = {"id", "name", "display_name", "source_type", "connector_type", "connection_config",
         "entity_types", "outbound_entity_types", "field_mappings", "sync_strategy",
         "sync_schedule", "is_active"}  # fmt: skip
DROP = {"name": "Files", "source_type": "file_drop", "connection_config": {"path": "in"}}


@pytest.fixture
def url(workspace):
    return f"/v1/{workspace.id}/settings/connectors"


@pytest.fixture
def pair(maker):
    return [maker.make("data-sources", SOURCE | {"name": name}) for name in ("North", "South")]


@pytest.fixture
def read(api, url, keys):
    return lambda: api.get(url, headers=keys.viewer).json


@pytest.fixture
def put(api, url, keys):
    def send(entries, key=None, **more):
        return api.put(url, json={"connectors": entries, **more}, headers=key or keys.admin)

    return send


@pytest.fixture
def kept(sql, workspace):
    """(events, revisions, the sealed secrets) of the workspace's sources."""

    def look():
        count = "select count(*) from {} where workspace_id = %s and {} = 'data_source'"
        events = sql(count.format("audit_event", "resource_type"), (workspace.id,))[0][0]
        revisions = sql(count.format("revision", "resource_type"), (workspace.id,))[0][0]
        secrets = sql(
            "select name, connection_config ->> 'auth_token' from data_source"
            " where workspace_id = %s order by name", (workspace.id,))  # fmt: skip
        return events, revisions, dict(secrets)

    return look


def test_what_was_read_can_be_sent_back_and_changes_nothing(pair, read, put, kept):
    found, before = read(), kept()
    assert [set(one) for one in found["connectors"]] == [SHAPE, SHAPE]
    assert [one["connection_config"]["auth_token"] for one in found["connectors"]] == [DOTS, DOTS]
    answer = put(**{"entries": found["connectors"], "version": found["version"]})
    assert answer.status_code == 200, answer.json
    assert answer.json == found and kept() == before


def test_a_list_changes_adds_and_deletes_at_once(pair, read, put, kept):
    north, _ = read()["connectors"]
    events, revisions, secrets = kept()
    answer = put([{**north, "name": "South", "is_active": False}, DROP])
    assert answer.status_code == 200, answer.json
    south, files = answer.json["connectors"]
    assert (south["id"], south["name"], south["is_active"]) == (north["id"], "South", False)
    assert files["name"] == "Files" and files["sync_strategy"] == "manual"
    after = kept()
    assert after[:2] == (events + 3, revisions + 3), "one each: a change, a new one, a deletion"
    assert after[2] == {"South": secrets["North"], "Files": None}, "its secret went with it"
    assert answer.json["version"] == read()["version"]


def test_an_older_list_is_refused(pair, read, put, api, url, keys):
    found = read()
    assert put([*found["connectors"], DROP], version=found["version"]).status_code == 200
    stale = put([], version=found["version"])
    assert stale.status_code == 409 and "Read them again" in stale.json["detail"]
    named = api.put(url, json={"connectors": []},
                    headers={**keys.admin, "If-Match": f'"{found["version"]}"'})  # fmt: skip
    assert named.status_code == 409 and len(read()["connectors"]) == 3


def test_one_wrong_entry_is_told_at_its_place_and_nothing_is_saved(pair, read, put, kept, other,
                                                                  api, keys):  # fmt: skip
    north, south = read()["connectors"]
    theirs = api.post(f"/v1/{other.id}/data-sources", json=SOURCE, headers=keys.stranger).json["id"]
    before = kept()
    renamed = {**north, "name": "Renamed"}
    inside = {**south, "connection_config": {"base_url": "http://10.0.0.1/fhir"}}
    for entry, place in (
        (inside, [1, "connection_config", "base_url"]),
        ({**DROP, "connection_config": {}}, [1, "connection_config", "path"]),
        ({**south, "name": "Renamed"}, [1, "name"]),
        (renamed, [1, "id"]),
        ({**DROP, "connector_type": "epic"}, [1, "connector_type"]),
        ({**DROP, "outbound_entity_types": ["person"]}, [1, "outbound_entity_types"]),
        ({**SOURCE, "connection_config": south["connection_config"]},
         [1, "connection_config", "auth_token"]),
    ):  # fmt: skip
        answer = put([renamed, entry])
        assert answer.status_code == 422, (place, answer.json)
        assert ["body", "connectors", *place] in [one["loc"] for one in answer.json["detail"]]
    answers = [put([renamed, {**south, "id": str(ident)}]) for ident in (uuid.uuid4(), theirs)]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].json["detail"] == answers[1].json["detail"]
    assert kept() == before


def test_names_move_along_but_are_not_swapped(pair, read, put):
    north, south = read()["connectors"]
    moved = put([{**north, "name": "South"}, {**south, "name": "Far south"}])
    assert [one["name"] for one in moved.json["connectors"]] == ["South", "Far south"]
    swapped = put([{**north, "name": "Far south"}, {**south, "name": "South"}])
    assert swapped.status_code == 409 and "swap" in swapped.json["detail"]


def test_more_than_a_hundred_are_refused_and_so_are_members(put, keys, pair):
    many = put([{**DROP, "name": f"Source {number}"} for number in range(101)])
    assert many.status_code == 422 and many.json["detail"][0]["loc"] == ["body", "connectors"]
    assert put([], keys.member).status_code == 403
