"""My account: password and sessions."""

from app.core.identity import token_hash
from tests.support import PASSWORD, text

NEW = "a much longer password"


def other_session(sql, person, token="elsewhere"):
    token = f"{token}-{person.email}"
    sql(
        "insert into session (token_hash, user_id, ip, user_agent)"
        " values (%s, %s, '10.1.2.3', 'Firefox/130.0 Windows')",
        (token_hash(token), person.user_id),
    )
    return token


def client_with(app, person, token):
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = f"{person.user_id}.{token}"
    return client


def change(client, post, current=PASSWORD, new=NEW):
    return post(client, "/account/password", {"current": current, "new": new})


def test_account_page_lists_my_sessions_and_marks_this_one(as_viewer, cast, sql):
    other_session(sql, cast.people["viewer"])
    page = text(as_viewer.get("/account"))
    assert "Firefox on Windows" in page and "10.1.2.3" in page and page.count("This one") == 1


def test_anonymous_is_sent_to_sign_in(anonymous):
    assert "/sign-in" in anonymous.get("/account").location


def test_new_password_works_and_ends_every_other_session(app, as_viewer, cast, post, sql):
    person = cast.people["viewer"]
    elsewhere = client_with(app, person, other_session(sql, person))
    assert elsewhere.get("/account").status_code == 200
    before = as_viewer.get_cookie("ward").value
    assert change(as_viewer, post).status_code == 303
    assert as_viewer.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302
    as_viewer.set_cookie("ward", before)
    assert as_viewer.get("/account").status_code == 302
    ip = {"environ_base": {"REMOTE_ADDR": "10.8.0.1"}}
    data = {"email": person.email, "password": NEW}
    assert post(app.test_client(), "/sign-in", data, **ip).status_code == 303


def test_password_change_is_audited(as_viewer, workspace, post, sql):
    change(as_viewer, post, current="not it at all")
    change(as_viewer, post)
    found = sql(
        "select outcome, before, after from audit_event"
        " where workspace_id = %s and action = 'password.change' order by seq",
        (workspace.id,),
    )
    assert found == [("denied", None, None), ("ok", None, None)]


def test_wrong_current_password_is_422_beside_its_field(as_viewer, post, cast, sql):
    stored = "select password_hash from users where id = %s"
    before = sql(stored, (cast.people["viewer"].user_id,))
    answer = change(as_viewer, post, current="not it at all")
    assert answer.status_code == 422
    assert "This is not your current password." in text(answer)
    assert sql(stored, (cast.people["viewer"].user_id,)) == before


def test_short_new_password_is_422_beside_its_field(as_viewer, post):
    answer = change(as_viewer, post, new="short")
    assert answer.status_code == 422
    assert "Enter at least 10 characters." in text(answer)


def test_same_password_again_is_refused(as_viewer, post, cast, sql):
    assert change(as_viewer, post).status_code == 303
    answer = change(as_viewer, post, current=NEW)
    assert answer.status_code == 422 and "differs" in text(answer)


def test_i_end_one_of_my_sessions(app, as_viewer, cast, post, sql):
    person = cast.people["viewer"]
    elsewhere = client_with(app, person, other_session(sql, person))
    found = sql("select id from session where user_id = %s and ip = '10.1.2.3'", (person.user_id,))
    assert post(as_viewer, f"/account/sessions/{found[0][0]}/end").status_code == 303
    assert elsewhere.get("/account").status_code == 302
    assert as_viewer.get("/account").status_code == 200


def test_i_end_all_other_sessions(app, as_viewer, cast, post, sql):
    person = cast.people["viewer"]
    elsewhere = client_with(app, person, other_session(sql, person))
    assert post(as_viewer, "/account/sessions/end-others").status_code == 303
    assert elsewhere.get("/account").status_code == 302
    assert as_viewer.get("/account").status_code == 200


def test_class_1_somebody_elses_session_is_404_and_lives(as_viewer, as_owner, cast, post, sql):
    found = sql("select id from session where user_id = %s", (cast.people["owner"].user_id,))
    assert post(as_viewer, f"/account/sessions/{found[0][0]}/end").status_code == 404
    assert as_owner.get("/account").status_code == 200
