"""Signing in and out."""

import secrets
from typing import Any
from urllib.parse import unquote

import pytest

from app.core.identity import token_hash
from app.sign_in import actions, devices
from app.sign_in.routes import LOCAL
from tests.support import PASSWORD, text


def fresh() -> dict[str, Any]:
    """A client address of its own, so that tests do not throttle each other."""
    return {
        "environ_base": {"REMOTE_ADDR": f"10.9.{secrets.randbelow(250)}.{secrets.randbelow(250)}"}
    }


def enter(client, post, email, password=PASSWORD, where=None, **fields):
    data = {"email": email, "password": password, **fields}
    return post(client, "/sign-in", data, **(where or fresh()))


def test_sign_in_page_says_what_it_is(anonymous):
    page = anonymous.get("/sign-in")
    assert page.status_code == 200
    assert "<h1" in text(page) and 'autocomplete="current-password"' in text(page)


def test_right_password_opens_the_only_workspace(anonymous, cast, workspace, post):
    answer = enter(anonymous, post, cast.people["viewer"].email.upper())
    assert answer.status_code == 303
    assert anonymous.get(answer.location).location == f"/w/{workspace.slug}/"
    assert anonymous.get(f"/w/{workspace.slug}/").status_code == 200


def test_somebody_in_two_workspaces_gets_the_list(as_both):
    assert as_both.get("/").location == "/workspaces"


def test_wrong_password_and_unknown_address_get_the_same_page(anonymous, cast, post):
    known = enter(anonymous, post, cast.people["owner"].email, "wrong")
    unknown = enter(anonymous, post, "nobody@riverside.example", "wrong")
    assert known.status_code == unknown.status_code == 422
    assert actions.WRONG in text(known) and actions.WRONG in text(unknown)
    assert cast.people["owner"].email in text(known)


def test_refusal_takes_the_same_time_for_every_address(app, cast, post):
    import time

    for email in (cast.people["owner"].email, "nobody@riverside.example"):
        started = time.monotonic()
        enter(app.test_client(), post, email, "wrong")
        assert time.monotonic() - started >= actions.FLOOR_SECONDS


def test_sign_in_is_in_the_log_of_every_workspace_of_the_person(
    anonymous, cast, workspace, other, post, sql
):
    person = cast.people["both"]
    enter(anonymous, post, person.email, "wrong")
    enter(anonymous, post, person.email)
    for place in (workspace, other):
        found = sql(
            "select outcome from audit_event where workspace_id = %s and actor_user_id = %s"
            " and action = 'session.sign_in' order by seq",
            (place.id, person.user_id),
        )
        assert found == [("denied",), ("ok",)]


def test_eleventh_try_for_one_address_is_429_with_a_sentence(anonymous, post):
    email = f"{secrets.token_hex(4)}@riverside.example"
    for _ in range(10):
        assert enter(anonymous, post, email, "wrong").status_code == 422
    refused = enter(anonymous, post, email, "wrong")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= actions.WINDOW + 1
    assert "Too many tries" in text(refused)


def test_a_success_forgives_the_tries_before(anonymous, cast, post):
    email = cast.people["admin"].email
    for _ in range(9):
        enter(anonymous, post, email, "wrong")
    assert enter(anonymous, post, email).status_code == 303
    assert enter(anonymous.application.test_client(), post, email, "wrong").status_code == 422


def test_fifty_first_try_of_one_client_is_429(app, post):
    where = fresh()
    client = actions.Client(where["environ_base"]["REMOTE_ADDR"], "tests")
    with app.app_context():
        for _ in range(actions.PER_CLIENT):
            actions.guard_client(client)
    answer = enter(app.test_client(), post, "someone@riverside.example", where=where)
    assert answer.status_code == 429


def test_missing_password_is_422_beside_its_field(anonymous, post):
    answer = enter(anonymous, post, "ana@riverside.example", "")
    assert answer.status_code == 422
    assert "Fill this in." in text(answer) and "ana@riverside.example" in text(answer)


def test_form_without_a_token_is_refused(anonymous, cast):
    data = {"email": cast.people["owner"].email, "password": PASSWORD}
    assert anonymous.post("/sign-in", data=data).status_code == 400


def test_next_leads_back_to_where_one_was(anonymous, cast, workspace, post):
    sent = anonymous.get(f"/w/{workspace.slug}/members")
    assert sent.status_code == 302 and "next=" in sent.location
    answer = enter(
        anonymous, post, cast.people["viewer"].email, next=f"/w/{workspace.slug}/members"
    )
    assert answer.location == f"/w/{workspace.slug}/members"


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "evil",
     "/a\\b", "/\tevil", "\\\\evil.example", "/a\r\nb"],
)  # fmt: skip
def test_next_never_leads_elsewhere(anonymous, cast, post, target):
    assert LOCAL.fullmatch(target) is None
    answer = enter(anonymous, post, cast.people["viewer"].email, next=target)
    assert answer.location == "/"


def test_a_part_of_a_page_leads_to_sign_in_and_back_to_the_page(anonymous, workspace):
    at = f"/w/{workspace.slug}/calls?outcome=answered"
    fragment = {"HX-Request": "true", "HX-Current-URL": f"https://ward.example{at}#f-q"}
    answer = anonymous.get(f"/w/{workspace.slug}/calls?outcome=unanswered", headers=fragment)
    assert answer.status_code == 401
    assert unquote(answer.headers["HX-Redirect"]) == f"/sign-in?next={at}"


def test_what_was_typed_in_a_part_of_a_page_is_not_left_for_the_sign_in(anonymous, workspace):
    answer = anonymous.post(
        f"/w/{workspace.slug}/calls/ticked", headers={"HX-Request": "true"}, data={"do": "undo"}
    )
    assert answer.status_code == 401 and "HX-Redirect" not in answer.headers
    assert "no longer signed in" in text(answer)


def test_sign_in_makes_a_new_session_and_keeps_only_its_hash(anonymous, cast, post, sql):
    with anonymous.session_transaction() as cookie:
        cookie["_user_id"] = f"{cast.people['viewer'].user_id}.planted"
    enter(anonymous, post, cast.people["viewer"].email)
    with anonymous.session_transaction() as cookie:
        token = cookie["_user_id"].partition(".")[2]
    assert token != "planted"
    found = sql("select user_id from session where token_hash = %s", (token_hash(token),))
    assert found == [(cast.people["viewer"].user_id,)]


def test_session_ends_on_sign_out(as_viewer, workspace, post, cast, sql):
    page = f"/w/{workspace.slug}/"
    stolen = as_viewer.get_cookie("ward").value
    assert post(as_viewer, "/sign-out").status_code == 303
    as_viewer.set_cookie("ward", stolen)
    assert as_viewer.get(page).status_code == 302
    assert not sql("select 1 from session where user_id = %s", (cast.people["viewer"].user_id,))


def test_idle_session_ends(as_viewer, workspace, sql, cast):
    sql(
        "update session set last_seen_at = now() - interval '481 minutes' where user_id = %s",
        (cast.people["viewer"].user_id,),
    )
    assert as_viewer.get(f"/w/{workspace.slug}/").status_code == 302


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
         " Chrome/130.0.0.0 Safari/537.36", "Chrome on Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0",
         "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
         "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
         "Firefox on Linux"),
        ("", "Unknown browser"),
    ],
)  # fmt: skip
def test_devices_are_named_in_words(agent, words):
    assert devices.describe(agent) == words
