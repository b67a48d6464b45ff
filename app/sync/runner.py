"""One reading of one data source: nothing is lost and nothing read twice, whatever happens.

The cursor is committed together with the records it stands for, and a record that is there already
is skipped: a run that is killed goes on where it was.
"""

import time
import uuid
from collections.abc import Callable
from collections.abc import Mapping as Given
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import current_app

from app.core import audit, database, jobs, vault
from app.core.settings import load
from app.data_sources import signing
from app.data_sources.declaration import open_config
from app.data_sources.kinds import kind_of, secret_names
from app.data_sources.mapping import Mapping
from app.escalation.declaration import GENERAL
from app.world import removing
from app.world.events import AUTHORITATIVE, FROM_A_FILE
from app.world.imports import Importer, Item, Origin
from app.world.records import Records

from . import aside, comparing, drops, fhir, files, mapped, queries, rest, retrying, state
from .asking import Failed, Reader

LIMIT = 10 * 60.0
"""Seconds a run may take: a large source must not hold its place in the worker for hours."""
_SOURCE = """
select name, source_type, connection_config, sync_strategy, sync_schedule, is_active,
  field_mappings
from data_source where workspace_id = %(workspace_id)s and id = %(id)s
"""


class Over(Exception):
    """The run ends here, though not everything is read: it is paused, or its time is over."""

    def __init__(self, ended: str) -> None:
        self.ended = ended
        super().__init__(ended)


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


def find(workspace_id: uuid.UUID, ident: uuid.UUID, current: bool = True) -> Source:
    """The source with its secrets opened, and with the key that signs now when `current`.
    Raises Failed when it is gone or they cannot be read."""
    row = database.row(_SOURCE, {"workspace_id": workspace_id, "id": ident})
    if row is None:
        raise Failed("This source is no longer there.", final=True)
    name, kind_name, config, strategy, schedule, active, lines = row
    kind = kind_of(kind_name)
    assert kind is not None
    secrets = {}
    opened = open_config(kind, config)
    try:
        for field in secret_names(kind):
            if vault.is_sealed(config.get(field)):
                secrets[field] = vault.unseal(workspace_id, field, config[field])
        if current and secrets.get("private_key"):
            opened, secrets = signing.current(workspace_id, ident, opened, secrets)
    except vault.VaultError:
        raise Failed("The stored secret cannot be read any more.", final=True,
                     code="secret_lost") from None  # fmt: skip
    return Source(ident, name, kind_name, opened, secrets, strategy, schedule, active, lines)


def run(workspace_id: uuid.UUID, ident: uuid.UUID, by: str, seconds: float = LIMIT,
        whole: bool = False) -> bool:  # fmt: skip
    """Read a source once, for so many seconds; then the rest is queued. With `whole` all that a
    FHIR server has is compared, and all that a REST API has is read again. False when another run holds it, it is paused, or it is no longer
    there."""
    return _guarded(workspace_id, ident, by, lambda now, source: _read(now, source, seconds, whole))


def retry(workspace_id: uuid.UUID, ident: uuid.UUID, by: str, one: uuid.UUID | None) -> bool:
    """Try one record that was set aside again, or all. False as for `run`."""
    return _guarded(workspace_id, ident, by, lambda now, source: retrying.all(now, source, one),
                    settles=False)  # fmt: skip


def _guarded(workspace_id: uuid.UUID, ident: uuid.UUID, by: str,
             work: Callable[[state.Run, Source], str], settles: bool = True) -> bool:  # fmt: skip
    """Do `work` as a run of the source; it answers how the run ended."""
    with database.advisory(f"sync {ident}") as held:
        if not held or not queries.is_active(workspace_id, ident):
            return False
        now = state.begin(workspace_id, ident, by)
        database.commit()
        source: Source | None = None
        failed: Failed | None = None
        ended = "error"
        try:
            source = find(workspace_id, ident)
            ended = work(now, source)
        except Failed as error:
            database.rollback()
            failed = error
        except Exception:
            database.rollback()
            failed = Failed("Ward could not store what it read. The log says more.",
                            code="own_fault")  # fmt: skip
            _finish(now, source, ended, failed, by if settles else None)
            raise
        _finish(now, source, ended, failed, by if settles else None)
        return True


def _finish(now: state.Run, source: Source | None, ended: str, failed: Failed | None,
            by: str | None) -> None:  # fmt: skip
    error, code = (failed.sentence, failed.code) if failed else (None, None)
    now.close(ended, error, code)
    if by is not None:
        _settle(now, source, ended, failed)
        if ended == "continues":
            # The rest waits for its turn like everybody else's.
            jobs.defer("sync.run", now.workspace_id, data_source_id=str(now.source_id), by=by)
    audit.record("data_source.sync" if by else "data_source.retry", "data_source", now.source_id,
                 phi=True, resource_name=source.name if source else None,
                 outcome="ok" if failed is None else "failed",
                 metadata={"created": now.result.events_created, "changed": now.result.events_updated,
                           "removed": now.removed, "refused": now.result.refused})  # fmt: skip
    database.commit()


def _settle(now: state.Run, source: Source | None, ended: str, failed: Failed | None) -> None:
    due = overdue = None
    if source is not None and source.strategy in ("scheduled", "continuous"):
        zone = load(GENERAL, now.workspace_id).value.time_zone
        due = state.due_after(source.strategy, source.schedule, zone, now.began, datetime.now(UTC))
        overdue = state.stale_after(source.strategy, source.schedule)
    if failed is not None and (source is None or due is not None):
        # Also where the source could not even be opened: else it would come due every minute.
        wait = state.backoff(now.errors + 1, failed.wait)
        due = datetime.now(UTC) + timedelta(seconds=wait)
    error, code = (failed.sentence, failed.code) if failed else (None, None)
    now.settle(ended, error, code, due, overdue)


def taker(now: state.Run, importer: Importer) -> Callable[[list[Item], dict[str, Any]], None]:
    """What keeps some records together with how far reading came."""
    now.result = importer.result
    importer.on_refuse = now.refuse

    def take(items: list[Item], cursor: dict[str, Any]) -> None:
        for place, _url, resource in items:
            mapped.give(importer, place, resource)
            now.taken |= aside.keys_of(resource, place)
        now.cursor |= cursor
        now.pages += 1
        importer.flush()
        now.keep()
        database.commit()

    return take


def dropper(now: state.Run, origin: Origin) -> comparing.Drop:
    """What takes records out of the world that their system no longer has."""

    def drop(records: list[tuple[str, str]]) -> None:
        now.removed += removing.remove(now.workspace_id, origin, records)
        now.keep()
        database.commit()

    return drop


def mapping_of(workspace_id: uuid.UUID, source: Source) -> Mapping | None:
    """By what the records of a source are read; None is FHIR."""
    kind, config = source.kind, source.config
    by_mapping = (
        kind == "rest_api"
        or (kind == "webhook" and config.accepts == "records")
        or (kind == "file_drop" and files.by_mapping(config, source.mapping))
    )
    return mapped.compiled(workspace_id, source.mapping) if by_mapping else None


def importer_for(workspace_id: uuid.UUID, source: Source, by: Mapping | None) -> Importer:
    """What takes the records of a source in; they are committed with the cursor."""
    return (Importer if by is None else Records)(workspace_id, source.origin, commits=False)


def _read(now: state.Run, source: Source, seconds: float, whole: bool) -> str:
    """Read until the end or the time is over; how the run ended."""
    by = mapping_of(now.workspace_id, source)
    importer = importer_for(now.workspace_id, source, by)
    keep, ends = taker(now, importer), time.monotonic() + seconds

    def take(items: list[Item], cursor: dict[str, Any]) -> None:
        keep(items, cursor)
        if now.paused:
            raise Over("stopped")
        if time.monotonic() > ends:
            raise Over("continues")

    try:
        if source.kind == "file_drop":
            folder = current_app.config["WARD"].drop_folder
            home = Path(folder) / str(now.workspace_id) if folder else None
            mark = files.fingerprint(source.config, source.mapping) if by is not None else ""
            drops.read(home, source.config, now.cursor, importer, take, by, mark)
        elif by is not None:
            reader = rest.Reader(source.config, source.secrets)
            rest.read(reader, now.cursor, take, by, whole)
        else:
            _read_fhir(now, source, take, whole)
    except Over as over:
        return over.ended
    return "success"


def _read_fhir(now: state.Run, source: Source, take: fhir.Take, whole: bool) -> None:
    """What changed, then, when it is due, all records. Raises Failed."""
    reader = Reader(source.config, source.secrets, source.kind == "smart_fhir")
    kinds: list[str] = list(source.config.resource_types)
    fhir.begin(reader, now.cursor)
    if whole:
        comparing.ask(now.cursor, kinds or fhir.types(reader, now.cursor, anew=True))

    def compare(some: list[str]) -> None:
        comparing.all_of(reader, now.cursor, take, dropper(now, source.origin), some,
                         (now.workspace_id, source.origin.key))  # fmt: skip

    if now.errors:
        # A server that fails again and again would never be compared to the end.
        compare(
            [kind for kind in kinds or list(now.cursor) if comparing.under_way(now.cursor, kind)]
        )
    partly: fhir.Partly | None = None
    try:
        done = fhir.read(reader, now.cursor, take, kinds)
    except fhir.Partly as failed:
        partly, done = failed, failed.done
    compare(done)
    if partly:
        raise partly
