"""flask api-key: make a key from the command line."""

from uuid import UUID

import click
from flask.cli import with_appcontext

from app.core import database, tenancy
from app.core.access import ROLES, granted
from app.core.errors import Invalid, WardError
from app.core.identity import Actor, Workspace

from .actions import create
from .schema import MOST_DAYS, KeyIn

_USER = "select id, name, email from users where email = %(email)s"
_PLACE = """
select w.id, w.slug, w.name, w.environment, w.region, w.organization_id, o.name, a.id, a.role
from workspace w join organization o on o.id = w.organization_id
join account a on a.workspace_id = w.id
where w.slug = %(slug)s and w.archived_at is null and a.user_id = %(user_id)s
"""


def _creator(slug: str, email: str) -> Actor:
    email = email.strip().lower()
    tenancy.identify(sign_in=email)
    person = database.row(_USER, {"email": email})
    if person is None:
        raise click.ClickException(f"There is no user {email}.")
    user_id: UUID = person[0]
    tenancy.identify(user_id=user_id)
    place = database.row(_PLACE, {"slug": slug, "user_id": user_id})
    if place is None:
        raise click.ClickException(f"{email} has no account in a workspace {slug}.")
    tenancy.enter(place[0])
    return Actor(
        kind="account", user_id=user_id, name=person[1], email=person[2],
        workspace=Workspace(*place[:7]), account_id=place[7], role=place[8],
        permissions=granted(place[8]),
    )  # fmt: skip


@click.group("api-key")
def api_key() -> None:
    """API keys of a workspace."""


@api_key.command("create")
@click.option("--workspace", "slug", required=True, help="The workspace's slug.")
@click.option("--account", "email", required=True, help="Whose key: the e-mail of an account.")
@click.option("--role", type=click.Choice(ROLES), default="member", show_default=True)
@click.option("--days", type=click.IntRange(1, MOST_DAYS), required=True, help="Days it lives.")
@click.option("--name", default=None, help="What will use it.")
@with_appcontext
def create_command(slug: str, email: str, role: str, days: int, name: str | None) -> None:
    """Make a key and print its secret, once."""
    with database.transaction():
        creator = _creator(slug, email)
        try:
            wanted = KeyIn.model_validate({"name": name, "duration_days": days, "role": role})
            issued = create(creator, wanted, via="command line")
        except Invalid as refused:
            raise click.ClickException("; ".join(refused.messages.values())) from None
        except (WardError, ValueError) as refused:
            raise click.ClickException(str(refused)) from None
    click.echo(issued.answer.api_key)
    click.echo(
        f"Role {role}, until {issued.answer.expires_at:%Y-%m-%d}. Store it now; "
        "it cannot be shown again.",
        err=True,
    )


commands: list[click.Command] = [api_key]
