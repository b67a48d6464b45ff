"""flask secrets rotate: seal every stored secret with a new key."""

import sys
from pathlib import Path
from typing import Any

import click
import psycopg
from flask import current_app
from flask.cli import AppGroup
from psycopg.types.json import Jsonb

from app.core import vault

_SOURCES = """
select workspace_id, id, connection_config from data_source order by workspace_id, id
"""
_SEAL_SOURCE = """
update data_source set connection_config = %s
where workspace_id = %s and id = %s and connection_config = %s
"""
_KEPT = """
select workspace_id, id, value from revision where resource_type = 'data_source'
order by workspace_id, id
"""
_SEAL_KEPT = "update revision set value = %s where workspace_id = %s and id = %s and value = %s"
_SIGNING = "select workspace_id, id, content from signing_key order by workspace_id, id"
_SEAL_SIGNING = (
    "update signing_key set content = %s where workspace_id = %s and id = %s and content = %s"
)
PASSES = ((_SOURCES, _SEAL_SOURCE), (_KEPT, _SEAL_KEPT), (_SIGNING, _SEAL_SIGNING))
secrets = AppGroup("secrets", help="The secrets of data sources.")


def _seal_all(connection: psycopg.Connection[Any]) -> tuple[int, int]:
    """(sealed anew, lost) over all workspaces, as the maintenance role."""
    done = lost = 0
    for read, write in PASSES:
        for workspace_id, ident, content in connection.execute(read.encode()).fetchall():
            try:
                new = vault.resealed(content)
            except vault.VaultError:
                lost += 1
                continue
            if new != content:
                params = (Jsonb(new), workspace_id, ident, Jsonb(content))
                done += connection.execute(write.encode(), params).rowcount
    return done, lost


@secrets.command("rotate")
def rotate() -> None:
    """Seal every secret with the newest key.

    With keys in WARD_SECRETS_KEYS, put the new one first and run this; then drop the old one.
    With a key file, a new key is made; the one before stays readable until the next rotation.
    """
    config = current_app.config["WARD"]
    if not config.maintenance_url:
        sys.exit("WARD_MAINTENANCE_DATABASE_URL is not set: rotation needs to see every workspace.")
    if not config.secrets_keys and config.secrets_file:
        vault.write_keys(Path(config.secrets_file), [vault.new_key(), *vault.keys()])
    if not vault.keys():
        sys.exit(vault.NO_KEY)
    url = config.maintenance_url.replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        done, lost = _seal_all(connection)
    if not config.secrets_keys and not lost:
        vault.write_keys(Path(config.secrets_file), vault.keys()[:2])
    click.echo(f"{done} records sealed with the newest key.")
    if lost:
        sys.exit(f"{lost} records do not open with any key here; they were left as they are.")


commands: list[click.Command] = [secrets]
