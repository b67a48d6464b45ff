"""Classes 8, 14 and 15 of how isolation fails elsewhere: what a key is worth, and for how long."""

from typing import Any

import pytest

from tests.api_keys.test_json import bearer, handle, make, url

__all__ = ["url"]


@pytest.fixture
def member_account(cast: Any) -> Any:
    return cast.people["member"].accounts[cast.workspace.slug]


def me(api: Any, headers: dict[str, str]) -> int:
    status: int = api.get("/v1/auth/me", headers=headers).status_code
    return status


def test_class_15_demoting_the_creator_weakens_the_key_at_once(
    api: Any, url: str, keys: Any, sql: Any, member_account: Any
) -> None:
    assert make(api, url, keys.member).status_code == 201
    sql("update account set role = 'viewer' where id = %s", (member_account,))
    assert make(api, url, keys.member).status_code == 403
    assert me(api, keys.member) == 200


def test_class_15_removing_the_creator_kills_the_key_at_once(
    api: Any, keys: Any, sql: Any, member_account: Any
) -> None:
    assert me(api, keys.member) == 200
    sql("delete from account where id = %s", (member_account,))
    assert me(api, keys.member) == 401


def test_class_15_a_creator_who_comes_back_does_not_revive_old_keys(
    api: Any, keys: Any, sql: Any, cast: Any, member_account: Any
) -> None:
    sql("delete from account where id = %s", (member_account,))
    sql("insert into account (workspace_id, user_id, role) values (%s, %s, 'owner')",
        (cast.workspace.id, cast.people["member"].user_id))  # fmt: skip
    assert me(api, keys.member) == 401


@pytest.mark.parametrize(
    "change", ["expires_at = now()", "revoked_at = now()", "secret_hash = repeat('0', 64)"]
)
def test_class_15_expired_revoked_and_rotated_keys_fail(
    api: Any, keys: Any, sql: Any, change: str
) -> None:
    sql(f"update api_key set {change} where key_id = %s", (handle(keys.member),))
    assert me(api, keys.member) == 401


def test_class_15_keys_of_an_archived_workspace_fail(
    api: Any, keys: Any, sql: Any, workspace: Any
) -> None:
    sql("update workspace set archived_at = now() where id = %s", (workspace.id,))
    assert me(api, keys.owner) == 401


def test_class_15_an_expired_secret_is_not_revived_by_a_rotation(
    api: Any, url: str, keys: Any, sql: Any
) -> None:
    made = make(api, url, keys.member).json
    sql("update api_key set expires_at = now() where key_id = %s", (made["key_id"],))
    body = {"duration_days": 5, "overlap": "7d"}
    turned = api.post(f"{url}/{made['key_id']}/rotate", json=body, headers=keys.member)
    assert turned.status_code == 200
    assert me(api, bearer(made["api_key"])) == 401


def test_class_15_an_overlap_ends(api: Any, url: str, keys: Any, sql: Any) -> None:
    made = make(api, url, keys.member).json
    body = {"duration_days": 5, "overlap": "1h"}
    api.post(f"{url}/{made['key_id']}/rotate", json=body, headers=keys.member)
    assert me(api, bearer(made["api_key"])) == 200
    sql("update api_key set previous_expires_at = now() where key_id = %s", (made["key_id"],))
    assert me(api, bearer(made["api_key"])) == 401


def test_class_15_a_key_cannot_mint_a_stronger_role(api: Any, url: str, keys: Any) -> None:
    for role in ("admin", "owner"):
        assert make(api, url, keys.member, role=role).status_code == 403
    narrow = make(api, url, keys.owner, role="member").json
    assert make(api, url, bearer(narrow["api_key"]), role="admin").status_code == 403


def test_class_15_a_key_cannot_mint_more_permissions_than_it_has(
    api: Any, url: str, keys: Any
) -> None:
    mine = ["ApiKey.create", "Call.view"]
    narrow = make(api, url, keys.owner, role="admin", permissions=mine).json
    headers = bearer(narrow["api_key"])
    assert make(api, url, headers, role="member", permissions=["Call.create"]).status_code == 403
    child = make(api, url, headers, role="admin")
    assert child.status_code == 201
    assert child.json["permissions"] == mine


def test_class_15_a_weak_key_cannot_rotate_or_revoke_a_stronger_one_of_its_maker(
    api: Any, url: str, keys: Any
) -> None:
    weak = bearer(make(api, url, keys.owner, role="member").json["api_key"])
    strong = f"{url}/{handle(keys.owner)}"
    body = {"duration_days": 5}
    assert api.post(f"{strong}/rotate", json=body, headers=weak).status_code == 403
    assert api.delete(strong, headers=weak).status_code == 403
    assert me(api, keys.owner) == 200


def test_class_8_a_viewer_key_of_an_owner_only_reads(api: Any, url: str, keys: Any) -> None:
    read_only = make(api, url, keys.owner, role="viewer").json
    headers = bearer(read_only["api_key"])
    assert me(api, headers) == 200
    assert make(api, url, headers).status_code == 403
    assert api.delete(f"{url}/{read_only['key_id']}", headers=headers).status_code == 403


def test_class_14_a_key_of_one_workspace_does_not_open_another(
    api: Any, keys: Any, other: Any
) -> None:
    there = f"/v1/{other.id}/api-keys"
    unknown = "/v1/00000000-0000-4000-8000-000000000000/api-keys"
    foreign, absent = api.get(there, headers=keys.owner), api.get(unknown, headers=keys.owner)
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert {**foreign.json, "request_id": ""} == {**absent.json, "request_id": ""}


def test_class_1_a_foreign_key_id_is_not_found(api: Any, url: str, keys: Any) -> None:
    foreign, absent = handle(keys.stranger), "z" * 16
    for key_id in (foreign, absent):
        assert api.delete(f"{url}/{key_id}", headers=keys.owner).status_code == 404
        body = {"duration_days": 5}
        turned = api.post(f"{url}/{key_id}/rotate", json=body, headers=keys.owner)
        assert turned.status_code == 404
    assert me(api, keys.stranger) == 200


@pytest.mark.parametrize(
    "presented", ["", "x", "wkpm_short_x", "wkpm_" + "a" * 16 + "_" + "b" * 43]
)
def test_a_wrong_key_is_401(api: Any, presented: str) -> None:
    response = api.get("/v1/auth/me", headers=bearer(presented))
    assert response.status_code == 401
    assert response.json["error_code"] == "unauthenticated"


def test_class_14_no_answer_carries_a_seeded_secret(
    api: Any, url: str, keys: Any, as_owner: Any, as_member: Any, workspace: Any, sql: Any
) -> None:
    presented = [keys[role]["Authorization"].split("_", 2)[2] for role in ("owner", "member")]
    stored = "select secret_hash from api_key where workspace_id = %s"
    hashes = [row[0] for row in sql(stored, (workspace.id,))]
    bodies = [
        client.get(f"/w/{workspace.slug}/{path}").get_data(as_text=True)
        for client in (as_owner, as_member)
        for path in ("api-keys", "audit", "audit/export.csv", "audit/export.ndjson")
    ]
    bodies.append(api.get(url, headers=keys.owner).get_data(as_text=True))
    bodies.append(api.get(f"/v1/{workspace.id}/audit", headers=keys.owner).get_data(as_text=True))
    for body in bodies:
        assert not [secret for secret in presented + hashes if secret in body]
