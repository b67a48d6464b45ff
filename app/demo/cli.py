"""`flask demo load`."""

import click
from flask.cli import AppGroup

from . import actions

demo = AppGroup("demo", help="Demo data.")


@demo.command("load")
def load() -> None:
    """Load the demo organizations, people, settings and calls (never in production)."""
    try:
        done = actions.load()
    except actions.Refused as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Loaded {done.workspaces} workspaces, {done.calls:,} calls, {done.turns:,} turns.")


commands = [demo]
