"""`flask user create`: the first owner, and others without an invitation."""

import sys

import click
from flask import current_app
from flask.cli import with_appcontext

from app.accounts import actions as accounts
from app.core import database
from app.core.access import ROLES
from app.core.errors import WardError

from . import actions
from .passwords import LONGEST, SHORTEST


@click.group()
def user() -> None:
    """People who sign in."""


def _password(from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if not SHORTEST <= len(password) <= LONGEST:
        raise click.ClickException(f"A password has {SHORTEST} to {LONGEST} characters.")
    return password


@user.command()
@click.option("--email", required=True, help="What they sign in with.")
@click.option("--name", required=True, help="As pages and the audit log show it.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--workspace", metavar="SLUG", help="Also give them an account here.")
@click.option("--role", type=click.Choice(ROLES), default="owner", show_default=True)
@with_appcontext
def create(email: str, name: str, password_stdin: bool, workspace: str | None, role: str) -> None:
    """Create a user; asks for the password when it does not come from standard input."""
    email, name = email.strip().lower(), name.strip()
    if "@" not in email or not name:
        raise click.ClickException("Give an e-mail address and a name.")
    if workspace and not current_app.config["WARD"].maintenance_url:
        raise click.ClickException("--workspace needs WARD_MAINTENANCE_DATABASE_URL.")
    password = _password(password_stdin)
    try:
        with database.transaction():
            made = actions.create_user(email, name, password)
            if workspace:
                url = current_app.config["WARD"].maintenance_url
                accounts.add_from_command_line(url, workspace, made.id, role)
    except WardError as error:
        messages = getattr(error, "messages", {})
        raise click.ClickException(next(iter(messages.values()), error.sentence)) from None
    where = f" with the role {role} in {workspace}" if workspace else ""
    click.echo(f"Created {name} <{email}>{where}.")


commands: list[click.Command] = [user]
