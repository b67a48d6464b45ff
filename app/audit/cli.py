"""flask audit verify: prove that nobody touched the log."""

import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import click
import psycopg
from flask import current_app
from flask.cli import with_appcontext

from app.core.audit import COLUMNS, FIELDS

from .verify import Finding, Link, examine

BATCH = 5_000

# Verification reads every workspace, as the maintenance role.
_WORKSPACES = """
select w.id, w.slug, h.seq, h.hash from workspace w
left join audit_head h on h.workspace_id = w.id
where %(slug)s::text is null or w.slug = %(slug)s order by w.slug
"""
_EVENTS = f"""
select seq, hash, previous_hash, {COLUMNS} from audit_event
where workspace_id = %(workspace_id)s and seq > %(seq)s order by seq limit %(limit)s
"""
Connection = psycopg.Connection[tuple[Any, ...]]


def _links(connection: Connection, workspace_id: UUID) -> Iterator[Link]:
    seq = -(2**63)
    while True:
        params = {"workspace_id": workspace_id, "seq": seq, "limit": BATCH}
        rows = connection.execute(_EVENTS.encode(), params).fetchall()
        for row in rows:
            yield Link(row[0], dict(zip(FIELDS, row[3:], strict=True)), row[1], row[2])
        if len(rows) < BATCH:
            return
        seq = rows[-1][0]


def verify(url: str, slug: str | None = None) -> Iterator[tuple[str, int, list[Finding]]]:
    """(slug, events, findings) of each workspace, all in one snapshot of the database."""
    with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        for workspace_id, name, seq, last in connection.execute(
            _WORKSPACES.encode(), {"slug": slug}
        ).fetchall():
            head = None if seq is None else (seq, last)
            yield name, seq or 0, examine(_links(connection, workspace_id), head)


@click.group("audit")
def audit() -> None:
    """The audit log."""


@audit.command("verify")
@click.option("--workspace", "slug", default=None, help="Only this workspace (its slug).")
@with_appcontext
def verify_command(slug: str | None) -> None:
    """Walk each workspace's chain; name altered, removed and inserted events.

    Ends with 1 when it finds something.
    """
    url = current_app.config["WARD"].maintenance_url
    if not url:
        raise click.ClickException("WARD_MAINTENANCE_DATABASE_URL is not set.")
    seen, bad = 0, 0
    for name, events, findings in verify(url, slug):
        seen += 1
        bad += bool(findings)
        for finding in findings:
            click.echo(f"{name}: {finding}")
        if not findings:
            click.echo(f"{name}: {events} events, whole")
    if slug and not seen:
        raise click.ClickException(f"There is no workspace {slug}.")
    click.echo(f"{seen} workspaces, {bad} of them touched." if bad else "Nothing was touched.")
    sys.exit(1 if bad else 0)


commands: list[click.Command] = [audit]
