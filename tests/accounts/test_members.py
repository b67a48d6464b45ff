"""Members: who is there, roles, removing."""

import threading

import pytest

from app.accounts import actions
from app.core.access import PERMISSIONS, granted
from app.core.errors import Invalid, WardError
from app.core.identity import Actor, Workspace
from tests.support import text

ROLES = ("owner", "admin", "member", "viewer")


def members(place, more=""):
    return f"/w/{place.slug}/members{more}"


def account(cast, role, place=None):
    return cast.people[role].accounts[(place or cast.workspace).slug]


def set_role(client, post, cast, target, role, from_role=None):
    url = members(cast.workspace, f"/{account(cast, target)}/role")
    return post(client, url, {"role": role, "from_role": from_role or target})


def role_of(sql, cast, who):
    found = sql("select role from account where id = %s", (account(cast, who),))
    return found[0][0] if found else None


@pytest.mark.parametrize("role", ROLES)
def test_every_role_sees_who_belongs_here(request, cast, workspace, role):
    page = text(request.getfixturevalue(f"as_{role}").get(members(workspace)))
    for other in ROLES:
        assert cast.people[other].email in page
    assert cast.people["stranger"].email not in page
    assert ("Invite somebody" in page) == (role in ("owner", "admin"))


def test_viewer_gets_text_and_no_controls(as_viewer, workspace):
    page = text(as_viewer.get(members(workspace))).split("<main")[1]
    assert "<select" not in page and "<input" not in page
    assert "Admins and owners can invite" in page


def test_admin_gets_controls_for_members_and_viewers_only(as_admin, cast, workspace):
    page = text(as_admin.get(members(workspace)))
    for role, reach in (("owner", False), ("admin", False), ("member", True), ("viewer", True)):
        assert (f"/members/{account(cast, role)}/role" in page) == reach


def test_anonymous_is_sent_to_sign_in(anonymous, workspace):
    for page in ("/members", "/roles"):
        assert "/sign-in" in anonymous.get(f"/w/{workspace.slug}{page}").location


@pytest.mark.parametrize(
    ("actor", "target", "role", "status"),
    [
        ("owner", "admin", "viewer", 303),
        ("owner", "member", "owner", 303),
        ("admin", "member", "viewer", 303),
        ("admin", "viewer", "member", 303),
        ("admin", "viewer", "admin", 403),
        ("admin", "viewer", "owner", 403),
        ("admin", "owner", "viewer", 403),
        ("admin", "both", "viewer", 403),
        ("admin", "admin", "owner", 403),
        ("member", "viewer", "member", 403),
        ("viewer", "viewer", "owner", 403),
    ],
)
def test_who_may_change_whose_role(request, cast, post, sql, actor, target, role, status):
    client = request.getfixturevalue(f"as_{actor}")
    before = role_of(sql, cast, target)
    answer = set_role(client, post, cast, target, role, before)
    assert answer.status_code == status
    assert role_of(sql, cast, target) == (role if status == 303 else before)


def test_role_change_is_audited(as_owner, cast, workspace, post, sql):
    set_role(as_owner, post, cast, "member", "viewer")
    found = sql(
        "select resource_id, before, after from audit_event where workspace_id = %s"
        " and action = 'account.update'",
        (workspace.id,),
    )
    assert found == [(str(account(cast, "member")), {"role": "member"}, {"role": "viewer"})]


def test_refused_change_is_audited(as_member, cast, workspace, post, sql):
    set_role(as_member, post, cast, "viewer", "member")
    found = sql(
        "select outcome, metadata->>'permission' from audit_event where workspace_id = %s"
        " and outcome = 'denied'",
        (workspace.id,),
    )
    assert found == [("denied", "Account.update")]


def test_role_that_changed_meanwhile_is_409(as_owner, cast, post, sql):
    set_role(as_owner, post, cast, "member", "viewer")
    answer = set_role(as_owner, post, cast, "member", "admin", "member")
    assert answer.status_code == 409 and "is viewer by now" in text(answer)
    assert role_of(sql, cast, "member") == "viewer"


def test_unknown_role_is_422(as_owner, cast, post, sql):
    assert set_role(as_owner, post, cast, "member", "emperor").status_code == 422
    assert role_of(sql, cast, "member") == "member"


def test_last_owner_stays(as_owner, cast, workspace, post, sql):
    answer = set_role(as_owner, post, cast, "owner", "admin")
    assert answer.status_code == 422 and "always has an owner" in text(answer)
    url = members(workspace, f"/{account(cast, 'owner')}/remove")
    assert post(as_owner, url).status_code == 422
    assert role_of(sql, cast, "owner") == "owner"


def test_second_owner_may_step_down(as_owner, cast, post, sql):
    set_role(as_owner, post, cast, "admin", "owner")
    assert set_role(as_owner, post, cast, "owner", "viewer").status_code == 303
    assert role_of(sql, cast, "owner") == "viewer"


def _actor(cast, who):
    here = Workspace(cast.workspace.id, cast.workspace.slug, cast.workspace.name, "production",
                     "us-east-1", cast.workspace.organization_id, "")  # fmt: skip
    person = cast.people[who]
    return Actor("account", person.user_id, person.name, person.email, here,
                 account(cast, who), "owner", granted("owner"))  # fmt: skip


def test_two_owners_who_demote_each_other_at_once_leave_one(app, cast, sql):
    from app.core import database, tenancy

    sql("update account set role = 'owner' where id = %s", (account(cast, "admin"),))
    barrier, said = threading.Barrier(2), []

    def demote(who, target):
        with app.app_context():
            tenancy.enter(cast.workspace.id)
            barrier.wait()
            try:
                with database.transaction():
                    actions.change_role(_actor(cast, who), account(cast, target), "viewer", "owner")
                said.append("done")
            except WardError as error:
                said.append(type(error).__name__)

    pair = [
        threading.Thread(target=demote, args=args)
        for args in (("owner", "admin"), ("admin", "owner"))
    ]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join(30)
    assert sorted(said) == ["Forbidden", "done"]
    assert sorted([role_of(sql, cast, "owner"), role_of(sql, cast, "admin")]) == ["owner", "viewer"]


def test_two_owners_who_leave_at_once_leave_one(app, cast, sql):
    from app.core import database, tenancy

    sql("update account set role = 'owner' where id = %s", (account(cast, "admin"),))
    barrier, said = threading.Barrier(2), []

    def leave(who):
        with app.app_context():
            tenancy.enter(cast.workspace.id)
            barrier.wait()
            try:
                with database.transaction():
                    actions.remove(_actor(cast, who), account(cast, who))
                said.append("done")
            except Invalid:
                said.append("Invalid")

    pair = [threading.Thread(target=leave, args=(who,)) for who in ("owner", "admin")]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join(30)
    assert sorted(said) == ["Invalid", "done"]


@pytest.mark.parametrize(
    ("actor", "target", "status"),
    [
        ("owner", "admin", 303),
        ("admin", "member", 303),
        ("admin", "viewer", 303),
        ("admin", "owner", 403),
        ("admin", "both", 403),
        ("member", "viewer", 403),
        ("viewer", "viewer", 403),
    ],
)
def test_who_may_remove_whom(request, cast, workspace, post, sql, actor, target, status):
    client = request.getfixturevalue(f"as_{actor}")
    before = role_of(sql, cast, target)
    answer = post(client, members(workspace, f"/{account(cast, target)}/remove"))
    assert answer.status_code == status
    assert role_of(sql, cast, target) == (None if status == 303 else before)


def test_class_15_removed_person_loses_pages_and_keys_at_once(
    as_owner, as_member, cast, workspace, keys, api, post
):
    assert as_member.get(members(workspace)).status_code == 200
    post(as_owner, members(workspace, f"/{account(cast, 'member')}/remove"))
    assert as_member.get(members(workspace)).status_code == 404
    assert api.get("/v1/workspaces", headers=keys.member).status_code == 401
    assert as_member.get("/account").status_code == 200


def test_class_15_demoted_person_loses_pages_and_their_keys_power_at_once(
    as_owner, as_admin, cast, workspace, keys, api, post
):
    assert api.get(f"/v1/workspaces/{workspace.id}", headers=keys.admin).status_code == 200
    set_role(as_owner, post, cast, "admin", "viewer")
    url = members(workspace, f"/{account(cast, 'member')}/role")
    data = {"role": "viewer", "from_role": "member"}
    assert post(as_admin, url, data).status_code == 403
    me = api.get("/v1/auth/me", headers=keys.admin)
    assert me.status_code == 200
    answer = api.put(f"/v1/{workspace.id}/settings/voice", json={}, headers=keys.admin)
    assert answer.status_code == 403


def test_class_4_what_a_removed_person_made_stays(as_owner, as_admin, cast, workspace, post, sql):
    post(as_admin, members(workspace, "/invite"), {"email": "x@new.example", "role": "viewer"})
    post(as_owner, members(workspace, f"/{account(cast, 'admin')}/remove"))
    page = text(as_owner.get(members(workspace)))
    assert "x@new.example" in page
    assert sql("select 1 from audit_event where actor_account_id = %s", (account(cast, "admin"),))


def test_class_1_and_9_ids_of_another_workspace_are_404(
    as_owner, as_both, cast, workspace, other, post, sql
):
    foreign = account(cast, "stranger", other)
    data = {"role": "viewer", "from_role": "owner"}
    for client in (as_owner, as_both):
        assert post(client, members(workspace, f"/{foreign}/role"), data).status_code == 404
        assert post(client, members(workspace, f"/{foreign}/remove")).status_code == 404
    assert sql("select role from account where id = %s", (foreign,)) == [("owner",)]


def test_class_12_admin_of_one_workspace_is_a_viewer_in_the_other(as_both, cast, other, post):
    target = account(cast, "stranger", other)
    assert post(as_both, members(other, f"/{target}/remove")).status_code == 403
    assert as_both.get(members(other)).status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_roles_page_prints_the_matrix_and_marks_my_column(request, workspace, role):
    answer = request.getfixturevalue(f"as_{role}").get(f"/w/{workspace.slug}/roles")
    page = text(answer).replace("<wbr>", "")
    for permission in PERMISSIONS:
        assert permission in page
    assert page.count('class="mine"') == 1 and f"{role.title()}<span" in page
    allowed = sum(permission in granted(r) for r in ROLES for permission in PERMISSIONS)
    assert page.count('aria-label="yes"') == allowed
