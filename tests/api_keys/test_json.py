"""API keys as JSON: shapes, rights, paging, rotation."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core import keys as secrets


def bearer(plaintext: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {plaintext}"}


@pytest.fixture
def url(workspace: Any) -> str:
    return f"/v1/{workspace.id}/api-keys"


def make(api: Any, url: str, headers: dict[str, str], **body: Any) -> Any:
    return api.post(url, json={"duration_days": 5, **body}, headers=headers)


def handle(headers: dict[str, str]) -> str:
    parsed = secrets.parse(headers["Authorization"].removeprefix("Bearer "))
    assert parsed is not None
    return parsed[0]


def test_creating_answers_the_secret_once_and_the_key_works(api: Any, url: str, keys: Any) -> None:
    made = make(api, url, keys.member, name="night import")
    assert made.status_code == 201
    assert set(made.json) == {
        "key_id", "api_key", "name", "role", "permissions", "expires_at",
        "created_by_entity_id", "created_by_credential_id",
    }  # fmt: skip
    assert re.fullmatch(r"wkpm_[a-z0-9]{16}_[\w-]{43}", made.json["api_key"])
    left = datetime.fromisoformat(made.json["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=4, hours=23) < left <= timedelta(days=5)
    me = api.get("/v1/auth/me", headers=bearer(made.json["api_key"]))
    assert me.json["key_id"] == made.json["key_id"]
    assert me.json["name"] == "night import"
    assert 0 < me.json["expires_in_seconds"] <= 5 * 86400


def test_list_items_carry_no_secret(api: Any, url: str, keys: Any, sql: Any) -> None:
    made = make(api, url, keys.admin).json
    response = api.get(url, headers=keys.admin)
    item = next(i for i in response.json["items"] if i["key_id"] == made["key_id"])
    assert set(item) == {
        "id", "workspace_id", "key_id", "name", "role", "permissions", "expires_at",
        "last_used_at", "created_at", "updated_at", "created_by_entity_id",
        "created_by_credential_id",
    }  # fmt: skip
    hashed = sql("select secret_hash from api_key where key_id = %s", (made["key_id"],))[0][0]
    body = response.get_data(as_text=True)
    assert made["api_key"].rsplit("_", 1)[1] not in body
    assert hashed not in body


def test_members_list_their_own_keys_whatever_they_ask(api: Any, url: str, keys: Any) -> None:
    own = {handle(keys.member)}
    for query in ("", "?mine_only=false"):
        found = api.get(url + query, headers=keys.member).json["items"]
        assert {item["key_id"] for item in found} == own
    everybody = api.get(url, headers=keys.admin).json["items"]
    assert len(everybody) == 4
    mine = api.get(url + "?mine_only=true", headers=keys.admin).json["items"]
    assert {item["key_id"] for item in mine} == {handle(keys.admin)}


def test_viewers_have_no_keys(api: Any, url: str, keys: Any) -> None:
    assert api.get(url, headers=keys.viewer).status_code == 403
    assert make(api, url, keys.viewer).status_code == 403


def test_keyset_pages_visit_every_key_once(api: Any, url: str, keys: Any) -> None:
    made = {make(api, url, keys.member).json["key_id"] for _ in range(5)}
    seen, token, pages = [], 0, 0
    while token is not None:
        page = api.get(f"{url}?limit=2&continuation_token={token}", headers=keys.member).json
        seen += [item["key_id"] for item in page["items"]]
        token, pages = page["continuation_token"], pages + 1
        assert page["has_more"] == (token is not None)
    assert pages == 3
    assert sorted(seen) == sorted(made | {handle(keys.member)})


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "continuation_token=-1", "mine_only=maybe"]
)
def test_bad_queries_are_422(api: Any, url: str, keys: Any, query: str) -> None:
    response = api.get(f"{url}?{query}", headers=keys.admin)
    assert response.status_code == 422
    assert response.json["detail"][0]["loc"][0] == "query"


@pytest.mark.parametrize(
    "body",
    [
        {}, {"duration_days": 0}, {"duration_days": 91}, {"duration_days": "soon"},
        {"duration_days": 5, "role": "king"}, {"duration_days": 5, "name": ""},
        {"duration_days": 5, "name": "x" * 257}, {"duration_days": 5, "name": "a\0b"},
        {"duration_days": 5, "permissions": ["Nothing.here"]},
        {"duration_days": 5, "permissions": ["x" * 129]},
        {"duration_days": 5, "role": "viewer", "permissions": ["Call.create"]},
        {"duration_days": 5, "key_id": "mine"},
    ],
)  # fmt: skip
def test_bad_bodies_are_422_and_make_nothing(
    api: Any, url: str, keys: Any, body: dict[str, Any]
) -> None:
    before = len(api.get(url, headers=keys.owner).json["items"])
    assert api.post(url, json=body, headers=keys.owner).status_code == 422
    assert len(api.get(url, headers=keys.owner).json["items"]) == before


def test_broken_json_is_400(api: Any, url: str, keys: Any) -> None:
    assert api.post(url, data=b"{", headers=keys.owner).status_code == 400


def test_revoking_is_204_then_404_and_the_key_is_dead(api: Any, url: str, keys: Any) -> None:
    made = make(api, url, keys.member).json
    target = f"{url}/{made['key_id']}"
    response = api.delete(target, headers=keys.member)
    assert (response.status_code, response.data) == (204, b"")
    assert api.delete(target, headers=keys.member).status_code == 404
    assert api.get("/v1/auth/me", headers=bearer(made["api_key"])).status_code == 401


def test_who_may_revoke_whose_key(api: Any, url: str, keys: Any, cast: Any, sql: Any) -> None:
    ids = {role: handle(keys[role]) for role in ("owner", "admin", "member", "viewer")}
    assert api.delete(f"{url}/{ids['admin']}", headers=keys.member).status_code == 404
    assert api.delete(f"{url}/{ids['owner']}", headers=keys.admin).status_code == 403
    sql("update account set role = 'admin' where id = %s",
        (cast.people["viewer"].accounts[cast.workspace.slug],))  # fmt: skip
    assert api.delete(f"{url}/{ids['viewer']}", headers=keys.admin).status_code == 403
    assert api.delete(f"{url}/{ids['member']}", headers=keys.admin).status_code == 204
    assert api.delete(f"{url}/{ids['admin']}", headers=keys.owner).status_code == 204


@pytest.mark.parametrize(("overlap", "old"), [(None, 401), ("now", 401), ("1h", 200), ("7d", 200)])
def test_rotation_keeps_the_handle_and_the_overlap(
    api: Any, url: str, keys: Any, overlap: str | None, old: int
) -> None:
    made = make(api, url, keys.member, duration_days=30).json
    body = {"duration_days": 60, **({"overlap": overlap} if overlap else {})}
    turned = api.post(f"{url}/{made['key_id']}/rotate", json=body, headers=keys.member)
    assert turned.status_code == 200
    assert set(turned.json) == set(made)
    assert turned.json["key_id"] == made["key_id"]
    assert turned.json["api_key"] != made["api_key"]
    assert api.get("/v1/auth/me", headers=bearer(turned.json["api_key"])).status_code == 200
    assert api.get("/v1/auth/me", headers=bearer(made["api_key"])).status_code == old


def test_only_ones_own_key_can_be_rotated(api: Any, url: str, keys: Any) -> None:
    rotate = {"json": {"duration_days": 5}}
    target = f"{url}/{handle(keys.member)}/rotate"
    assert api.post(target, **rotate, headers=keys.owner).status_code == 403
    other = f"{url}/{handle(keys.owner)}/rotate"
    assert api.post(other, **rotate, headers=keys.member).status_code == 404


def test_the_catalogue_is_the_enforced_table(api: Any, url: str, keys: Any) -> None:
    from app.core.access import PERMISSIONS, granted

    found = api.get(f"{url}/permission-catalog", headers=keys.admin).json
    assert {p["name"] for p in found["permissions"]} == set(PERMISSIONS)
    for role in found["roles"]:
        assert set(role["permission_names"]) == granted(role["name"])
    assert api.get(f"{url}/permission-catalog", headers=keys.member).status_code == 403


def test_last_use_is_kept(api: Any, url: str, keys: Any) -> None:
    made = make(api, url, keys.member).json
    api.get("/v1/auth/me", headers=bearer(made["api_key"]))
    items = api.get(url, headers=keys.member).json["items"]
    used = next(i["last_used_at"] for i in items if i["key_id"] == made["key_id"])
    assert datetime.now(UTC) - datetime.fromisoformat(used) < timedelta(minutes=1)
