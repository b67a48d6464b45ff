"""Workspaces as JSON."""

import pytest

ROLES = ("owner", "admin", "member", "viewer")


def url(place, more=""):
    return f"/v1/workspaces/{place.id}{more}"


@pytest.mark.parametrize("role", ROLES)
def test_key_sees_its_own_workspace_and_no_other(api, keys, workspace, other, role):
    listed = api.get("/v1/workspaces", headers=keys[role]).json
    assert [item["id"] for item in listed["items"]] == [str(workspace.id)]
    assert listed["total"] == 1 and listed["has_more"] is False
    one = api.get(url(workspace), headers=keys[role])
    assert one.status_code == 200 and one.json == listed["items"][0]
    assert api.get(url(other), headers=keys[role]).status_code == 404


def test_no_key_is_401(api, workspace):
    assert api.get("/v1/workspaces").status_code == 401
    assert api.get(url(workspace)).status_code == 401


def test_owner_key_renames_and_sets_the_connector(api, keys, workspace, sql):
    body = {"name": "Renamed", "connector_type": "epic"}
    answer = api.patch(url(workspace), json=body, headers=keys.owner)
    assert answer.status_code == 200
    assert (answer.json["name"], answer.json["connector_type"]) == ("Renamed", "epic")
    found = sql(
        "select before, after, actor_kind from audit_event where workspace_id = %s"
        " and action = 'workspace.update'",
        (workspace.id,),
    )
    assert found == [({"name": workspace.name, "connector_type": None}, body, "key")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"environment": "staging"}, "environment"),
        ({"region": "eu-central-1"}, "region"),
        ({"connector_type": "abacus"}, "connector_type"),
        ({"slug": "other-slug"}, "slug"),
        ({"organization_id": "00000000-0000-0000-0000-000000000000"}, "organization_id"),
    ],
)
def test_bad_value_is_422_that_names_its_field(api, keys, workspace, body, field):
    answer = api.patch(url(workspace), json=body, headers=keys.owner)
    assert answer.status_code == 422
    assert answer.json["detail"][0]["loc"] == ["body", field]


@pytest.mark.parametrize("role", ["admin", "member", "viewer"])
def test_lesser_keys_change_nothing(api, keys, workspace, role, sql):
    assert api.patch(url(workspace), json={"name": "X"}, headers=keys[role]).status_code == 403
    body = {"slug": workspace.slug}
    assert api.post(url(workspace, "/archive"), json=body, headers=keys[role]).status_code == 403
    state = "select name, archived_at from workspace where id = %s"
    assert sql(state, (workspace.id,)) == [(workspace.name, None)]


def test_class_12_owner_of_one_is_nobody_in_another(api, keys, workspace, sql):
    answer = api.patch(url(workspace), json={"name": "Taken over"}, headers=keys.stranger)
    assert answer.status_code == 404
    body = {"slug": workspace.slug}
    assert api.post(url(workspace, "/archive"), json=body, headers=keys.stranger).status_code == 404
    state = "select name, archived_at from workspace where id = %s"
    assert sql(state, (workspace.id,)) == [(workspace.name, None)]


def test_archive_wants_its_slug_and_kills_the_key(api, keys, workspace):
    archive = url(workspace, "/archive")
    assert api.post(archive, json={"slug": "nope"}, headers=keys.owner).status_code == 422
    assert api.post(archive, json={"slug": workspace.slug}, headers=keys.owner).status_code == 204
    assert api.get(url(workspace), headers=keys.owner).status_code == 401
