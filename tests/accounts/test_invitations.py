"""Invitations: making, previewing, accepting, reviving, revoking."""

import re
import secrets

import pytest

from app.core import drawn
from app.core.identity import token_hash
from tests.support import text

SECRET = "a good long password"


def members(place, more=""):
    return f"/w/{place.slug}/members{more}"


def invite(client, post, place, email, role="member"):
    return post(client, members(place, "/invite"), {"email": email, "role": role})


def link(answer):
    found = re.search(r"/invitations/[\w-]{43}", text(answer))
    return found[0] if found else ""


def new_address():
    return f"{secrets.token_hex(5)}@new.example"


def join(client, post, url, name="Nia New", password=SECRET):
    where = {"REMOTE_ADDR": f"10.7.{secrets.randbelow(250)}.{secrets.randbelow(250)}"}
    data = {"name": name, "password": password}
    return post(client, f"{url}/join", data, environ_base=where)


def pending(sql, email):
    return sql(
        "select id, token_hash, role, workspace_id from invitation where email = %s", (email,)
    )


def test_link_is_shown_once_and_only_its_hash_is_kept(as_admin, workspace, post, sql):
    email = new_address()
    answer = invite(as_admin, post, workspace, email.upper())
    assert answer.status_code == 200
    token = link(answer).rpartition("/")[2]
    assert pending(sql, email)[0][1] == token_hash(token)
    page = text(as_admin.get(members(workspace)))
    assert email in page and token not in page


@pytest.mark.parametrize(
    ("actor", "role", "status"),
    [
        ("owner", "owner", 200),
        ("owner", "admin", 200),
        ("admin", "member", 200),
        ("admin", "viewer", 200),
        ("admin", "admin", 403),
        ("admin", "owner", 403),
        ("member", "viewer", 403),
        ("viewer", "viewer", 403),
    ],
)
def test_who_may_invite_whom(request, workspace, post, sql, actor, role, status):
    email = new_address()
    answer = invite(request.getfixturevalue(f"as_{actor}"), post, workspace, email, role)
    assert answer.status_code == status
    assert bool(pending(sql, email)) == (status == 200)


@pytest.mark.parametrize(
    ("email", "said"),
    [("", "Fill this in."), ("nobody", "Enter an e-mail address"), ("a b@c.de", "Enter an e-mail")],
)
def test_bad_address_is_422_beside_its_field_and_kept(as_admin, workspace, post, email, said):
    answer = invite(as_admin, post, workspace, email)
    assert answer.status_code == 422 and said in text(answer) and f'value="{email}"' in text(answer)


def test_somebody_who_belongs_here_is_not_invited(as_admin, cast, workspace, post):
    answer = invite(as_admin, post, workspace, cast.people["viewer"].email)
    assert answer.status_code == 422 and "already belongs" in text(answer)


def test_preview_needs_no_sign_in_and_names_workspace_role_and_expiry(
    as_admin, anonymous, workspace, post
):
    email = new_address()
    page = anonymous.get(link(invite(as_admin, post, workspace, email)))
    assert page.status_code == 200
    for word in (workspace.name, "Member", email, "Open until", "Production"):
        assert word in text(page)


def test_new_person_joins_and_is_signed_in(as_admin, anonymous, workspace, post, sql):
    email = new_address()
    url = link(invite(as_admin, post, workspace, email))
    answer = join(anonymous, post, url)
    assert answer.status_code == 303 and answer.location == f"/w/{workspace.slug}/"
    assert "Nia New" in text(anonymous.get(answer.location))
    found = sql(
        "select a.role, a.workspace_id from account a join users u on u.id = a.user_id"
        " where u.email = %s",
        (email,),
    )
    assert found == [("member", workspace.id)]
    actions = sql(
        "select action from audit_event where workspace_id = %s order by seq", (workspace.id,)
    )
    assert actions == [("invitation.create",), ("invitation.accept",)]


def test_bad_name_and_password_are_422_beside_their_fields(
    as_admin, anonymous, workspace, post, sql
):
    email = new_address()
    url = link(invite(as_admin, post, workspace, email))
    answer = join(anonymous, post, url, name="Kept Name", password="short")
    assert answer.status_code == 422
    assert "Enter at least 10 characters." in text(answer) and "Kept Name" in text(answer)
    assert not sql("select 1 from users where email = %s", (email,))


def test_known_person_accepts_while_signed_in(as_admin, as_stranger, cast, workspace, other, post):
    email = cast.people["stranger"].email
    url = link(invite(as_admin, post, workspace, email, "viewer"))
    assert "Accept as Stranger Person" in text(as_stranger.get(url))
    assert post(as_stranger, f"{url}/accept").status_code == 303
    assert as_stranger.get(f"/w/{workspace.slug}/").status_code == 200
    assert as_stranger.get(f"/w/{other.slug}/").status_code == 200


def test_known_address_cannot_be_taken_over_by_the_link(
    as_admin, anonymous, cast, workspace, post, sql
):
    person = cast.people["stranger"]
    stored = "select name, password_hash from users where id = %s"
    before = sql(stored, (person.user_id,))
    url = link(invite(as_admin, post, workspace, person.email, "viewer"))
    answer = join(anonymous, post, url)
    assert answer.status_code == 422 and "sign in instead" in text(answer)
    assert sql(stored, (person.user_id,)) == before
    assert anonymous.get("/account").status_code == 302


def test_class_11_another_person_cannot_accept(as_admin, as_stranger, workspace, post, sql):
    email = new_address()
    url = link(invite(as_admin, post, workspace, email))
    page = text(as_stranger.get(url))
    assert "but this invitation is for" in page and "/accept" not in page
    assert post(as_stranger, f"{url}/accept").status_code == 403
    assert as_stranger.get(f"/w/{workspace.slug}/").status_code == 404
    assert sql("select accepted_at from invitation where email = %s", (email,)) == [(None,)]


def test_anonymous_accept_is_sent_to_sign_in(as_admin, anonymous, workspace, post):
    url = link(invite(as_admin, post, workspace, new_address()))
    assert "/sign-in" in post(anonymous, f"{url}/accept").location


def test_inviting_again_revives_with_a_new_token_and_role(
    as_admin, anonymous, workspace, post, sql
):
    email = new_address()
    first = link(invite(as_admin, post, workspace, email))
    sql("update invitation set expires_at = now() - interval '1 day' where email = %s", (email,))
    assert anonymous.get(first).status_code == 410
    second = link(invite(as_admin, post, workspace, email, "viewer"))
    assert anonymous.get(first).status_code == 404
    assert "Viewer" in text(anonymous.get(second))
    assert len(pending(sql, email)) == 1


def test_new_link_button_ends_the_old_one(as_admin, anonymous, workspace, post, sql):
    email = new_address()
    first = link(invite(as_admin, post, workspace, email))
    again = post(as_admin, members(workspace, f"/invitations/{pending(sql, email)[0][0]}/resend"))
    assert again.status_code == 200
    assert anonymous.get(first).status_code == 404
    assert anonymous.get(link(again)).status_code == 200


def test_link_that_was_taken_back_expired_or_used_is_410_in_plain_words(
    as_admin, anonymous, app, workspace, post, sql
):
    email = new_address()
    url = link(invite(as_admin, post, workspace, email))
    revoke = members(workspace, f"/invitations/{pending(sql, email)[0][0]}/revoke")
    assert post(as_admin, revoke).status_code == 303
    assert anonymous.get(url).status_code == 410 and "taken back" in text(anonymous.get(url))
    assert join(anonymous, post, url).status_code == 410
    url = link(invite(as_admin, post, workspace, email))
    assert join(anonymous, post, url).status_code == 303
    assert anonymous.get(url).status_code == 410
    assert join(app.test_client(), post, url).status_code == 410
    assert len(sql("select 1 from users where email = %s", (email,))) == 1


def test_wrong_token_is_a_plain_404(anonymous, post):
    for token in ("x", secrets.token_urlsafe(32), "%00", "a" * 3000):
        assert anonymous.get(f"/invitations/{token}").status_code in (400, 404)
    assert join(anonymous, post, f"/invitations/{secrets.token_urlsafe(32)}").status_code == 404


def test_class_2_invitation_of_another_workspace_is_404(
    as_admin, as_stranger, workspace, other, post, sql
):
    email = new_address()
    url = link(invite(as_stranger, post, other, email))
    foreign = pending(sql, email)[0]
    for verb in ("resend", "revoke"):
        path = members(workspace, f"/invitations/{foreign[0]}/{verb}")
        assert post(as_admin, path).status_code == 404
    assert pending(sql, email) == [foreign]
    assert foreign[3] == other.id and url


def test_class_24_same_address_in_two_workspaces_leaks_nothing(
    as_admin, as_stranger, workspace, other, post, sql
):
    email = new_address()
    assert invite(as_stranger, post, other, email).status_code == 200
    assert invite(as_admin, post, workspace, email).status_code == 200
    assert len(pending(sql, email)) == 2


def test_admin_cannot_touch_the_invitation_of_an_admin(as_owner, as_admin, workspace, post, sql):
    email = new_address()
    invite(as_owner, post, workspace, email, "admin")
    ident = pending(sql, email)[0][0]
    for verb in ("resend", "revoke"):
        answer = post(as_admin, members(workspace, f"/invitations/{ident}/{verb}"))
        assert answer.status_code == 403


def test_invitation_into_an_archived_workspace_is_404(
    as_admin, as_owner, anonymous, workspace, post
):
    url = link(invite(as_admin, post, workspace, new_address()))
    post(as_owner, f"/w/{workspace.slug}/settings/workspace/archive", {"slug": workspace.slug})
    assert anonymous.get(url).status_code == 404


def test_viewer_sees_no_invitations(as_admin, as_viewer, workspace, post):
    email = new_address()
    invite(as_admin, post, workspace, email)
    assert email not in text(as_viewer.get(members(workspace)))


def test_what_one_person_typed_wrong_is_not_kept_for_the_next(as_admin, workspace, post):
    page = f"/w/{workspace.slug}/members"
    wrong = post(as_admin, f"{page}/invite", {"email": "no-address-of-mine", "role": "member"})
    assert wrong.status_code == 422 and "no-address-of-mine" in text(wrong)
    assert "no-address-of-mine" not in text(as_admin.get(page))
    kept = drawn._kept.parts.values()
    assert kept and not any(b"no-address-of-mine" in b"".join(part) for part in kept)
