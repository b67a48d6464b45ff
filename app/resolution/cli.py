"""flask world resolve: look for records that may be one person, now and to the end."""

import click
from flask.cli import with_appcontext

from app.core import audit, database, tenancy
from app.world.cli import places, world

from . import jobs, resolver

STEPS = 1_000_000


@world.command("resolve")
@click.option("--workspace", "slug", default=None, help="Only this workspace (its slug).")
@click.option(
    "--from-start", is_flag=True, help="Look at everybody again, not only at what changed."
)
@with_appcontext
def resolve_command(slug: str | None, from_start: bool) -> None:
    """Link records of the same person, and list those that may be; what people decided stays."""
    for place, name in places(slug):
        with tenancy.inside(place):
            if from_start:
                with database.transaction():
                    resolver.begin_again(place)
                    audit.record("world.rescan", "world", workspace_id=place)
            linked = jobs.resolve(place, STEPS)
        if linked is None:
            raise click.ClickException(f"{name}: a worker is at it right now; it will go on.")
        click.echo(f"{name}: {linked} {'pair' if linked == 1 else 'pairs'} newly linked")


commands: list[click.Command] = []
"""The command is one of `flask world`."""
