"""`flask workspace create`."""

import click
from flask.cli import with_appcontext
from pydantic import ValidationError

from app.core import database, tenancy
from app.core.errors import WardError
from app.core.identity import Actor
from app.core.schema import message
from app.sign_in import queries as people

from . import actions, queries
from .actions import Home
from .schema import ENVIRONMENTS, REGIONS, NewWorkspace


@click.group()
def workspace() -> None:
    """Workspaces."""


@workspace.command()
@click.option("--name", required=True, help="As pages show it.")
@click.option("--slug", default=None, help="Part of its address; made from the name when absent.")
@click.option("--environment", type=click.Choice(list(ENVIRONMENTS)), required=True)
@click.option("--region", type=click.Choice(list(REGIONS)), default="us-east-1", show_default=True)
@click.option(
    "--organization", required=True,
    help="One in which the owner owns a workspace, or a new name.",
)  # fmt: skip
@click.option("--owner", metavar="EMAIL", required=True, help="Who owns it.")
@with_appcontext
def create(
    name: str, slug: str | None, environment: str, region: str, organization: str, owner: str
) -> None:
    """Create a workspace."""
    fields = {"name": name, "slug": slug, "environment": environment, "region": region}
    try:
        wanted = NewWorkspace.model_validate(fields)
        with database.transaction():
            made = _create(wanted, organization, owner)
    except ValidationError as error:
        first = error.errors()[0]
        raise click.ClickException(f"{first['loc'][0]}: {message(dict(first))}") from None
    except WardError as error:
        messages = getattr(error, "messages", {})
        raise click.ClickException(next(iter(messages.values()), error.sentence)) from None
    click.echo(f"Created {name} at /w/{made}/.")


def _create(wanted: NewWorkspace, organization: str, owner: str) -> str:
    person = people.by_email(owner.strip().lower())
    if person is None:
        raise click.ClickException(f"There is no user {owner}. Create it with flask user create.")
    tenancy.identify(user_id=person.id)
    known = [i for i, name in queries.owned_organizations(person.id) if name == organization]
    home = Home(known[0]) if known else Home(new_name=organization)
    return actions.create(Actor("account", person.id, person.name, person.email), wanted, home)


commands: list[click.Command] = [workspace]
