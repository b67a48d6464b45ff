"""One reading of one data source: nothing is lost and nothing read twice, whatever happens.

The cursor is committed together with the records it stands for, and a record that is there already
is skipped: a run that is killed goes on where it was.
"""

import uuid
from collections.abc import Mapping as Given
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import current_app

from app.core import audit, database, vault
from app.core.settings import load
from app.data_sources.declaration import open_config
from app.data_sources.kinds import kind_of, secret_names
from app.data_sources.mapping import Mapping
from app.escalation.declaration import GENERAL
from app.world.events import AUTHORITATIVE, FROM_A_FILE
from app.world.imports import Importer, Item, Origin
from app.world.records import Records

from . import drops, fhir, files, mapped, queries, rest, state
from .fhir import Failed

_SOURCE = """
select name, source_type, connection_config, sync_strategy, sync_schedule, is_active,
  field_mappings
from data_source where workspace_id = %(workspace_id)s and id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class Source:
    """A data source as its run needs it."""

    id: uuid.UUID
    name: str
    kind: str
    config: Any
    secrets: dict[str, str]
    strategy: str
    schedule: str | None
    active: bool
    mapping: Given[str, Any]

    @property
    def origin(self) -> Origin:
        """Records of this source are its own."""
        sure = FROM_A_FILE if self.kind == "file_drop" else AUTHORITATIVE
        return Origin(self.id.hex, "data_source", self.name[:128], self.id, sure)


def find(workspace_id: uuid.UUID, ident: uuid.UUID) -> Source:
    """The source with its secrets opened. Raises Failed when it is gone or they cannot be read."""
    row = database.row(_SOURCE, {"workspace_id": workspace_id, "id": ident})
    if row is None:
        raise Failed("This source is no longer there.", final=True)
    name, kind_name, config, strategy, schedule, active, lines = row
    kind = kind_of(kind_name)
    assert kind is not None
    secrets = {}
    for key in secret_names(kind):
        if vault.is_sealed(config.get(key)):
            try:
                secrets[key] = vault.unseal(workspace_id, key, config[key])
            except vault.VaultError:
                raise Failed("The stored secret cannot be read any more. Enter it again under the"
                             " connection.", final=True) from None  # fmt: skip
    opened = open_config(kind, config)
    return Source(ident, name, kind_name, opened, secrets, strategy, schedule, active, lines)


def run(workspace_id: uuid.UUID, ident: uuid.UUID, by: str) -> bool:
    """Read a source once. False when another run holds it or it is no longer there."""
    with database.advisory(f"sync {ident}") as held:
        if not held:
            return False
        wait: float | None = None
        error: str | None = None
        source: Source | None = None
        if not queries.exists(workspace_id, ident):
            return False
        now = state.begin(workspace_id, ident, by)
        database.commit()
        try:
            source = find(workspace_id, ident)
            _read(now, source)
        except Failed as failed:
            database.rollback()
            error, wait = failed.sentence, failed.wait
        except Exception:
            database.rollback()
            _finish(now, source, "Ward could not store what it read. The log says more.", None)
            raise
        _finish(now, source, error, wait)
        return True


def _finish(now: state.Run, source: Source | None, error: str | None, wait: float | None) -> None:
    due = overdue = None
    if source is not None and source.strategy in ("scheduled", "continuous"):
        zone = load(GENERAL, now.workspace_id).value.time_zone
        due = state.due_after(source.strategy, source.schedule, zone)
        overdue = state.stale_after(source.strategy, source.schedule)
    if error is not None:
        # Also where the source could not even be opened: else it would come due every minute.
        due = datetime.now(UTC) + timedelta(seconds=state.backoff(now.errors + 1, wait))
    now.end(error, due, overdue)
    audit.record("data_source.sync", "data_source", now.source_id, phi=True,
                 resource_name=source.name if source else None,
                 outcome="ok" if error is None else "failed",
                 metadata={"created": now.result.events_created, "changed": now.result.events_updated,
                           "refused": now.result.refused})  # fmt: skip
    database.commit()


def _mapping(workspace_id: uuid.UUID, source: Source) -> Mapping | None:
    """By what the records of a source are read; None is FHIR."""
    if source.kind == "rest_api":
        return mapped.compiled(workspace_id, source.mapping)
    if source.kind == "file_drop" and files.by_mapping(source.config, source.mapping):
        return mapped.compiled(workspace_id, source.mapping)
    return None


def _read(now: state.Run, source: Source) -> None:
    by = _mapping(now.workspace_id, source)
    importer = (Importer if by is None else Records)(now.workspace_id, source.origin)
    now.result = importer.result

    def take(items: list[Item], cursor: dict[str, Any]) -> None:
        for place, _url, resource in items:
            importer.take(place, resource)
        now.cursor |= cursor
        now.pages += 1
        importer.before_commit = now.keep
        if importer.batch:
            importer.flush()
        else:
            now.keep()
            database.commit()
        importer.before_commit = lambda: None

    if source.kind == "file_drop":
        folder = current_app.config["WARD"].drop_folder
        home = Path(folder) / str(now.workspace_id) if folder else None
        mark = files.fingerprint(source.config, source.mapping) if by is not None else ""
        drops.read(home, source.config, now.cursor, importer, take, by, mark)
    elif by is not None:
        rest.read(rest.Reader(source.config, source.secrets), now.cursor, take, by)
    else:
        reader = fhir.Reader(source.config, source.secrets, source.kind == "smart_fhir")
        fhir.read(reader, now.cursor, take, list(source.config.resource_types))
