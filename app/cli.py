"""Commands that belong to no feature."""

import click

from .core import routetable


@click.command("routes-table")
def routes_table() -> None:
    """Print every route with its permission and roles (the content of tests/routes.txt)."""
    click.echo(routetable.table(), nl=False)


commands: list[click.Command] = [routes_table]
