"""The pages of API keys."""

import re
from typing import Any
from uuid import uuid4

import pytest

from tests.api_keys.test_json import handle
from tests.support import text

SECRET = re.compile(r"wkp[oamv]_[a-z0-9]{16}_[\w-]{43}")


@pytest.fixture
def page(workspace: Any) -> str:
    return f"/w/{workspace.slug}/api-keys"


def form(**values: Any) -> dict[str, Any]:
    given = {"once": str(uuid4()), "name": "Night import", "duration_days": "30",
             "role": "member", "permissions": ""}  # fmt: skip
    return {**given, **values}


def test_anonymous_is_sent_to_sign_in(anonymous: Any, page: str) -> None:
    response = anonymous.get(page)
    assert response.status_code == 302
    assert "/sign-in" in response.location


def test_viewer_is_refused_and_told_who_can(as_viewer: Any, page: str) -> None:
    response = as_viewer.get(page)
    assert response.status_code == 403
    assert "members, admins and owners" in text(response)


def test_viewer_has_no_menu_entry(as_viewer: Any, workspace: Any) -> None:
    assert "/api-keys" not in text(as_viewer.get(f"/w/{workspace.slug}/settings/voice"))


def test_stranger_gets_404(as_stranger: Any, page: str) -> None:
    assert as_stranger.get(page).status_code == 404


def test_member_sees_own_keys_and_admin_everybodys(
    as_member: Any, as_admin: Any, page: str, keys: Any
) -> None:
    own, all_of_them = text(as_member.get(page)), text(as_admin.get(page))
    assert handle(keys.member) in own
    assert handle(keys.owner) not in own
    for role in ("owner", "admin", "member", "viewer"):
        assert handle(keys[role]) in all_of_them
    assert handle(keys.owner) not in text(as_admin.get(page + "?mine=1"))


def test_read_only_is_a_word(as_admin: Any, page: str) -> None:
    assert "Read-only" in text(as_admin.get(page))


def test_the_secret_is_shown_once(as_member: Any, page: str, post: Any, api: Any) -> None:
    response = post(as_member, page + "/new", form())
    found = SECRET.findall(text(response))
    assert response.status_code == 201
    assert "I have stored it" in text(response)
    assert "no-store" in response.headers["Cache-Control"]
    assert "Location" not in response.headers
    me = api.get("/v1/auth/me", headers={"Authorization": f"Bearer {found[0]}"})
    assert me.json["name"] == "Night import"
    assert not SECRET.search(text(as_member.get(page)))
    with as_member.session_transaction() as cookie:
        assert found[0] not in str(dict(cookie))


def test_a_reload_makes_no_second_key_and_shows_no_secret(
    as_member: Any, page: str, post: Any, sql: Any, workspace: Any
) -> None:
    data = form()
    post(as_member, page + "/new", data)
    again = post(as_member, page + "/new", data)
    assert again.status_code == 409
    assert not SECRET.search(text(again))
    count = "select count(*) from api_key where workspace_id = %s and name = 'Night import'"
    assert sql(count, (workspace.id,)) == [(1,)]


def test_bad_values_are_422_beside_their_field_and_keep_what_was_typed(
    as_member: Any, page: str, post: Any
) -> None:
    response = post(as_member, page + "/new", form(duration_days="400", name="Kept name"))
    assert response.status_code == 422
    assert "Enter a number between 1 and 90." in text(response)
    assert "Kept name" in text(response)
    assert not SECRET.search(text(response))


def test_chosen_permissions_narrow_the_key(
    as_member: Any, page: str, post: Any, sql: Any, workspace: Any
) -> None:
    post(as_member, page + "/new", form(permissions=["", "Call.create", "Call.view"]))
    found = sql(
        "select permissions from api_key where workspace_id = %s and name = 'Night import'",
        (workspace.id,),
    )
    assert found == [(["Call.create", "Call.view"],)]


def test_a_permission_outside_the_role_is_422(as_member: Any, page: str, post: Any) -> None:
    data = form(role="viewer", permissions=["Call.create"])
    response = post(as_member, page + "/new", data)
    assert response.status_code == 422
    assert "not part of the role viewer" in text(response)


def test_member_cannot_choose_a_higher_role(as_member: Any, page: str, post: Any) -> None:
    assert 'value="admin"' not in text(as_member.get(page + "/new"))
    response = post(as_member, page + "/new", form(role="admin"))
    assert response.status_code == 403
    assert not SECRET.search(text(response))


def test_rotation_shows_the_new_secret_and_the_countdown(
    as_member: Any, page: str, post: Any, keys: Any, api: Any
) -> None:
    target = f"{page}/{handle(keys.member)}/rotate"
    version = re.search(r'name="version" value="(\d+)"', text(as_member.get(target)))
    assert version
    data = {"duration_days": "30", "overlap": "24h", "version": version[1]}
    response = post(as_member, target, data)
    assert SECRET.search(text(response))
    assert api.get("/v1/auth/me", headers=keys.member).status_code == 200
    assert "still works: until" in text(as_member.get(page))
    assert post(as_member, target, data).status_code == 409


def test_revoking_names_the_key_and_its_last_use(
    as_member: Any, page: str, post: Any, keys: Any, api: Any
) -> None:
    api.get("/v1/auth/me", headers=keys.member)
    target = f"{page}/{handle(keys.member)}/revoke"
    asked = text(as_member.get(target))
    assert "member key" in asked
    assert "127.0.0.1" in asked
    assert post(as_member, target).status_code == 303
    assert api.get("/v1/auth/me", headers=keys.member).status_code == 401


def test_nobody_revokes_above_themselves(
    as_admin: Any, as_member: Any, as_owner: Any, page: str, post: Any, keys: Any
) -> None:
    owners = f"{page}/{handle(keys.owner)}/revoke"
    assert as_admin.get(owners).status_code == 403
    assert post(as_admin, owners).status_code == 403
    assert post(as_member, owners).status_code == 404
    assert post(as_owner, f"{page}/{handle(keys.admin)}/revoke").status_code == 303


def test_keys_near_their_end_carry_a_warning_in_words(
    as_member: Any, page: str, keys: Any, sql: Any
) -> None:
    assert "Expires soon" not in text(as_member.get(page))
    sql("update api_key set expires_at = now() + interval '13 days' where key_id = %s",
        (handle(keys.member),))  # fmt: skip
    assert "Expires soon" in text(as_member.get(page))


def test_a_missing_token_is_refused(as_member: Any, page: str) -> None:
    assert as_member.post(page + "/new", data=form()).status_code == 400
