"""`flask user create` and `flask workspace create`."""

import secrets

import pytest

from tests.support import text

PASSWORD = "correct horse battery"


@pytest.fixture
def run(app):
    runner = app.test_cli_runner()

    def invoke(*words, stdin=""):
        return runner.invoke(args=list(words), input=stdin)

    return invoke


def address():
    return f"{secrets.token_hex(5)}@cli.example"


def create(run, email, *more, password=PASSWORD):
    words = ("user", "create", "--email", email, "--name", "Cli Person", "--password-stdin", *more)
    return run(*words, stdin=f"{password}\n")


def test_first_owner_is_made_without_anybody_else(app, run, post):
    email, slug = address(), f"first-{secrets.token_hex(3)}"
    assert create(run, email.upper()).exit_code == 0
    made = run(
        "workspace", "create", "--name", "First", "--slug", slug, "--environment", "production",
        "--organization", "First Health", "--owner", email,
    )  # fmt: skip
    assert made.exit_code == 0 and f"/w/{slug}/" in made.output
    client = app.test_client()
    where = {"REMOTE_ADDR": "10.5.0.1"}
    data = {"email": email, "password": PASSWORD}
    assert post(client, "/sign-in", data, environ_base=where).status_code == 303
    page = client.get(f"/w/{slug}/settings/workspace")
    assert (
        page.status_code == 200
        and "Name and records system" in text(page)
        and "First Health" in text(page)
    )


def test_user_gets_an_account_in_a_workspace(run, workspace, sql):
    email = address()
    made = create(run, email, "--workspace", workspace.slug, "--role", "member")
    assert made.exit_code == 0, made.output
    found = sql(
        "select a.role from account a join users u on u.id = a.user_id"
        " where a.workspace_id = %s and u.email = %s",
        (workspace.id, email),
    )
    assert found == [("member",)]


def test_unknown_workspace_leaves_no_user_behind(run, sql):
    email = address()
    failed = create(run, email, "--workspace", "no-such-place")
    assert failed.exit_code == 1 and "There is no workspace no-such-place." in failed.output
    assert not sql("select 1 from users where email = %s", (email,))


def test_taken_address_and_short_password_are_sentences(run, cast):
    taken = create(run, cast.people["owner"].email)
    assert taken.exit_code == 1 and "Somebody already signs in" in taken.output
    short = create(run, address(), password="short")
    assert short.exit_code == 1 and "10 to 256 characters" in short.output


def test_workspace_of_nobody_and_with_a_bad_slug_is_refused(run, cast):
    words = [
        "workspace",
        "create",
        "--name",
        "X",
        "--environment",
        "staging",
        "--organization",
        "X",
    ]
    nobody = run(*words, "--owner", address())
    assert nobody.exit_code == 1 and "There is no user" in nobody.output
    bad = run(*words, "--slug", "-x", "--owner", cast.people["owner"].email)
    assert bad.exit_code == 1 and "slug: Use 2 to 63" in bad.output
