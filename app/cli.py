"""Commands that belong to no feature."""

import click
from flask import current_app
from flask.cli import AppGroup

from .core import jobs as queue
from .core import migrate, routetable


@click.command("routes-table")
def routes_table() -> None:
    """Print every route with its permission and roles (the content of tests/routes.txt)."""
    click.echo(routetable.table(), nl=False)


jobs = AppGroup("jobs", help="Background jobs.")


@jobs.command("work")
def work() -> None:
    """Run jobs until stopped."""
    queue.work()


database = AppGroup("database", help="The database's structure.")


@database.command("upgrade")
@click.option("--revision", default="head", show_default=True)
def upgrade(revision: str) -> None:
    """Bring the database to the newest revision (as the owner role)."""
    migrate.upgrade(current_app.config["WARD"].owner_url, revision)


commands: list[click.Command] = [routes_table, jobs, database]
