"""flask world: import records, compute states anew, and prove that they are what events say."""

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import click
from flask import current_app
from flask.cli import with_appcontext

from app.calls import entities
from app.core import database, tenancy
from app.core.jobs import maintenance

from . import bundles, imports, projecting, store, tally, uploads
from .imports import Imported, Origin

_PLACES = """
select id, slug from workspace where %(slug)s::text is null or slug = %(slug)s order by slug
"""


def places(slug: str | None) -> Iterator[tuple[uuid.UUID, str]]:
    url = current_app.config["WARD"].maintenance_url
    if not url:
        raise click.ClickException("WARD_MAINTENANCE_DATABASE_URL is not set.")
    with maintenance(url) as connection:
        found = connection.execute(_PLACES, {"slug": slug}).fetchall()
    if slug and not found:
        raise click.ClickException(f"There is no workspace {slug}.")
    yield from found


@click.group("world")
def world() -> None:
    """What a workspace knows: events and what is computed from them."""


@world.command("import")
@click.option("--workspace", "slug", required=True, help="The workspace's slug.")
@click.option("--source", default="fhir_import", help="Keeps records of different systems apart.")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@with_appcontext
def import_command(slug: str, source: str, files: tuple[Path, ...]) -> None:
    """Import FHIR bundles or NDJSON, also gzip. Importing again changes nothing."""
    if not imports.SOURCE.fullmatch(source):
        raise click.ClickException("A source is letters, digits, dots, dashes or underscores.")
    place, _slug = next(places(slug))
    with tenancy.inside(place):
        for path in files:
            try:
                _told(path, _one(place, Origin(source, source, path.name[:128]), path))
            except bundles.Unreadable as error:
                database.rollback()
                raise click.ClickException(f"{path.name}: {error}") from None


def _one(place: uuid.UUID, origin: Origin, path: Path) -> Imported:
    with path.open("rb") as file:
        return uploads.read(place, origin, file)


def _told(path: Path, done: Imported) -> None:
    click.echo(
        f"{path.name}: {done.events_created} new, {done.events_updated} changed,"
        f" {done.events_skipped} there already, {done.refused} refused"
    )
    for error in done.errors:
        click.echo(f"  {error['place']}: {error['detail']}")


@world.command("rebuild")
@click.option("--workspace", "slug", default=None, help="Only this workspace (its slug).")
@with_appcontext
def rebuild_command(slug: str | None) -> None:
    """Compute every state and figure anew from the events alone."""
    for place, name in places(slug):
        count = 0
        with tenancy.inside(place):
            for ids in projecting.batches(place):
                with database.transaction():
                    store.lock(place)
                    projecting.recompute(place, ids)
                count += len(ids)
            with database.transaction():
                store.lock(place)
                tally.rebuild(place)
        click.echo(f"{name}: {count} entities")


@world.command("calls")
@click.option("--workspace", "slug", default=None, help="Only this workspace (its slug).")
@with_appcontext
def calls_command(slug: str | None) -> None:
    """Make calls entities that were stored before calls were ones, batch by batch."""
    for place, name in places(slug):
        total, after = 0, cast("int | None", 0)
        with tenancy.inside(place):
            while after is not None:
                with database.transaction():
                    count, after = entities.fill(place, after)
                total += count
        click.echo(f"{name}: {total} calls became entities")


@world.command("verify")
@click.option("--workspace", "slug", default=None, help="Only this workspace (its slug).")
@with_appcontext
def verify_command(slug: str | None) -> None:
    """Compare states and figures with the events, without writing. Ends with 1 when one differs."""
    bad = 0
    for place, name in places(slug):
        count = 0
        with tenancy.inside(place):
            for ids in projecting.batches(place):
                for ident, field in projecting.differences(place, ids):
                    click.echo(f"{name}: entity {ident} differs in {field}")
                    bad += 1
                count += len(ids)
            for kind, what, kept, told in tally.differences(place):
                words = what.replace("\t", ", ")
                click.echo(f"{name}: {kind} {words} is {kept}, the events say {told}")
                bad += 1
            database.rollback()
        click.echo(f"{name}: {count} entities compared")
    click.echo(f"{bad} differences." if bad else "Every state and figure is what the events say.")
    sys.exit(1 if bad else 0)


commands: list[click.Command] = [world]
