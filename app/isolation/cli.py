"""`flask isolation verify`."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import click
import psycopg
from flask import current_app
from flask.cli import AppGroup

from . import database_ring, route_ring, seeds
from .route_ring import Visit
from .seeds import FOREIGN, LOCAL, Side

isolation = AppGroup(
    "isolation", help="Prove on the running database that nothing crosses workspaces."
)


def _connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


@contextmanager
def _two_sides() -> Iterator[tuple[Side, Side]]:
    config = current_app.config["WARD"]
    if not config.maintenance_url:
        raise click.ClickException("WARD_MAINTENANCE_DATABASE_URL is needed for this command.")
    mark = secrets.token_hex(4)
    mine, theirs = Side(f"{mark}a"), Side(f"{mark}b")
    with _connect(config.maintenance_url) as maintenance:
        try:
            seeds.plant(maintenance, mine, [LOCAL])
            seeds.plant(maintenance, theirs, [LOCAL, FOREIGN])
            yield mine, theirs
        finally:
            seeds.clear(maintenance, [mine, theirs])


def _tables(mine: Side, theirs: Side) -> Iterator[Visit]:
    config = current_app.config["WARD"]
    with _connect(config.database_url) as app, _connect(config.maintenance_url) as maintenance:
        ring = database_ring.Ring(app, maintenance, mine, theirs)
        for table in seeds.tenant_tables(maintenance):
            for what, refused in ring.attempts(table):
                yield Visit(what, None if refused() else "was not refused")


def _unchanged(theirs: Side, before: dict[str, str]) -> Iterator[Visit]:
    with _connect(current_app.config["WARD"].maintenance_url) as maintenance:
        after = database_ring.fingerprint(maintenance, theirs)
    for table, content in before.items():
        problem = None if after[table] == content else "was changed from outside"
        yield Visit(f"{table} of the other afterwards", problem)


def _routes(mine: Side, theirs: Side, alone: bool = False) -> Iterator[Visit]:
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    with _connect(app.config["WARD"].maintenance_url) as maintenance:
        before = database_ring.fingerprint(maintenance, theirs)
    yield from route_ring.across(app, mine, theirs, alone)
    yield from route_ring.from_home(app, mine, theirs, alone)
    yield from _unchanged(theirs, before)


def _alone(mine: Side, theirs: Side) -> Iterator[Visit]:
    """The app's own `workspace_id = …` is gone from every statement: the database alone."""
    yield from _routes(mine, theirs, alone=True)


ROUNDS = (
    ("The database, table by table", _tables),
    ("The routes, with both rings", _routes),
    ("The routes, with the app's own filter switched off", _alone),
)


def _report(title: str, visits: Iterator[Visit], verbose: bool) -> list[Visit]:
    wrong, count = [], 0
    for visit in visits:
        count += 1
        if visit.problem:
            wrong.append(visit)
            click.echo(f"  LEAK  {visit.what}: {visit.problem}")
        elif verbose:
            click.echo(f"  ok    {visit.what}")
    click.echo(f"{title}: {count} attempts, {count - len(wrong)} refused, {len(wrong)} leaks")
    return wrong


@isolation.command("verify")
@click.option("--quiet", is_flag=True, help="Print the sums only, not every attempt.")
@click.option("--database-only", is_flag=True, help="Try the tables, not the routes: seconds.")
def verify(quiet: bool, database_only: bool) -> None:
    """Try every table and route across the boundary, then clean up.

    Makes two throw-away workspaces with the same names and ids and acts as each role, as their
    keys and as a stranger. Ends with exit code 1 when anything got through.
    """
    wrong: list[Visit] = []
    with _two_sides() as (mine, theirs):
        for title, attempts in ROUNDS[:1] if database_only else ROUNDS:
            wrong += _report(title, attempts(mine, theirs), not quiet)
    if wrong:
        raise click.ClickException(f"{len(wrong)} attempts got through.")
    click.echo("Nothing crossed the boundary. The throw-away workspaces are gone.")


commands = [isolation]
