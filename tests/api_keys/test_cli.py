"""flask api-key create."""

from typing import Any


def run(app: Any, *args: str) -> Any:
    return app.test_cli_runner().invoke(args=["api-key", "create", *args])


def test_prints_the_secret_once_and_it_works(app: Any, cast: Any, api: Any) -> None:
    email = cast.people["admin"].email
    done = run(app, "--workspace", cast.workspace.slug, "--account", email, "--role", "member",
               "--days", "7", "--name", "script")  # fmt: skip
    assert done.exit_code == 0, done.output
    secret = done.stdout.strip()
    me = api.get("/v1/auth/me", headers={"Authorization": f"Bearer {secret}"})
    assert me.json["name"] == "script"


def test_refuses_a_role_above_the_account(app: Any, cast: Any) -> None:
    email = cast.people["member"].email
    done = run(app, "--workspace", cast.workspace.slug, "--account", email, "--role", "owner",
               "--days", "7")  # fmt: skip
    assert done.exit_code == 1
    assert "cannot do more" in done.output


def test_refuses_a_stranger_and_an_unknown_address(app: Any, cast: Any) -> None:
    for email in (cast.people["stranger"].email, "nobody@nowhere.example"):
        done = run(app, "--workspace", cast.workspace.slug, "--account", email, "--days", "7")
        assert done.exit_code == 1
