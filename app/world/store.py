"""Writing many events at once, with the entities, records and projections they change.

One writer a workspace at a time (the counter's row is the lock). Everything of a batch, the
projections included, is one transaction: there is no moment at which a state lags its events.
"""

import os
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from app.core import database

from . import tally
from .events import Event
from .projecting import recompute

_LOCK = """
insert into world_counter (workspace_id) values (%(workspace_id)s)
on conflict (workspace_id) do update set last_seq = world_counter.last_seq
"""
_RESERVE = """
update world_counter set last_seq = last_seq + %(count)s
where workspace_id = %(workspace_id)s returning last_seq - %(count)s, now()
"""
_KNOWN = """
select canonical_id, id from entity
where workspace_id = %(workspace_id)s and canonical_id = any(%(wanted)s)
"""
_SHELLS = """
insert into entity (workspace_id, id, entity_type, canonical_id, source)
select %(workspace_id)s, * from unnest(%(ids)s::uuid[], %(types)s::text[], %(names)s::text[],
  %(sources)s::text[])
"""
_COUNT = """
insert into world_count (workspace_id, kind, name, count)
select %(workspace_id)s, %(kind)s, * from unnest(%(names)s::text[], %(counts)s::bigint[])
on conflict (workspace_id, kind, name) do update set count = world_count.count + excluded.count
"""
EVENT = (
    "id", "seq", "event_type", "domain", "data", "confidence", "source", "source_system",
    "data_source_id", "author", "fhir_resource_type", "fhir_resource_id", "supersedes",
    "effective_at",
)  # fmt: skip
RECORD = ("record_kind", "record_id", "record_hash")
_THERE = "select to_regclass('pg_temp.incoming_event') is not null"
_MAKE = (
    "create temporary table incoming_event (like event including defaults) on commit delete rows",
    "alter table incoming_event alter workspace_id drop not null, add column about uuid[],"
    " add column record_kind text, add column record_id text, add column record_hash text",
)
_EMPTY = "delete from incoming_event"
_COPY = f"copy incoming_event ({', '.join((*EVENT, 'about', *RECORD))}) from stdin"
_MOVE = f"""
insert into event (workspace_id, {", ".join(EVENT)})
select %(workspace_id)s, {", ".join(EVENT)} from incoming_event order by seq
"""
_LINK = """
insert into event_entity (workspace_id, entity_id, seq, event_id)
select %(workspace_id)s, entity_id, seq, id from incoming_event, unnest(about) entity_id
"""
_KEEP = """
insert into source_record (workspace_id, source_key, resource_type, external_id, content_hash,
  event_id, entity_id)
select %(workspace_id)s, %(source)s, record_kind, record_id, record_hash, id, about[1]
from incoming_event where supersedes is null
"""
_CHANGE = """
update source_record r set content_hash = x.record_hash, event_id = x.id, entity_id = x.about[1],
  seen_at = now()
from incoming_event x
where x.supersedes is not null and r.workspace_id = %(workspace_id)s
  and r.source_key = %(source)s and r.resource_type = x.record_kind and r.external_id = x.record_id
"""
_RELATE = """
insert into relationship (workspace_id, source_entity_id, target_entity_id, relationship,
  confidence, discovered_by)
select distinct %(workspace_id)s::uuid, s, t, r, %(confidence)s::double precision, %(by)s
from unnest(%(from)s::uuid[], %(to)s::uuid[], %(names)s::text[]) x (s, t, r)
on conflict do nothing
"""


NO_RECORD = (None, None, None)


class NewEvent(NamedTuple):
    """An event to be stored; `about` are the entities it tells of. Its id is given at storing.

    `written` is `data` as JSON, where `data` was read from JSON and the text is there already.
    """

    event_type: str
    data: dict[str, Any]
    about: tuple[uuid.UUID, ...]
    confidence: float
    source: str
    domain: str = "clinical"
    source_system: str | None = None
    data_source_id: uuid.UUID | None = None
    author: str | None = None
    fhir_resource_type: str | None = None
    fhir_resource_id: str | None = None
    supersedes: uuid.UUID | None = None
    effective_at: datetime | None = None
    written: bytes = b""
    record: tuple[str, str, str] | None = None
    """Type, id and hash of the outside record that it tells of."""


@dataclass(slots=True)
class Edges:
    """Relationships to be stored: (source entity, target entity, name)."""

    found: list[tuple[uuid.UUID, uuid.UUID, str]] = field(default_factory=list)


def lock(workspace_id: uuid.UUID) -> None:
    """One writer of the workspace's world at a time."""
    database.execute(_LOCK, {"workspace_id": workspace_id})


def ids(count: int) -> list[uuid.UUID]:
    """Time-ordered ids, each after the one before, made as the database makes them (version 7).

    48 bits of milliseconds, 12 of their fraction, 62 at random.
    """
    begun = time.time_ns() * 4096 // 1_000_000
    noise = memoryview(os.urandom(8 * count)).cast("Q")
    return [
        uuid.UUID(int=(tick >> 12) << 80 | 7 << 76 | (tick & 4095) << 64 | 2 << 62 | more >> 2)
        for tick, more in enumerate(noise, begun)
    ]


def known(workspace_id: uuid.UUID, wanted: Iterable[str]) -> dict[str, uuid.UUID]:
    """Canonical id -> entity, of those that are there."""
    params = {"workspace_id": workspace_id, "wanted": list(wanted)}
    return dict(database.rows(_KNOWN, params))


def ensure(
    workspace_id: uuid.UUID, wanted: dict[str, str], source: str
) -> tuple[dict[str, uuid.UUID], int]:
    """Canonical id -> entity for a mapping canonical id -> type; those missing become shells.

    Also answers how many were made.
    """
    found = known(workspace_id, wanted)
    missing = [name for name in wanted if name not in found]
    made = ids(len(missing))
    if missing:
        types = [wanted[name] for name in missing]
        database.execute(_SHELLS, {
            "workspace_id": workspace_id, "ids": made, "types": types, "names": missing,
            "sources": [source] * len(missing),
        })  # fmt: skip
        add_counts(workspace_id, "entity", types)
    return found | dict(zip(missing, made, strict=True)), len(missing)


def add_counts(workspace_id: uuid.UUID, kind: str, names: Sequence[str]) -> None:
    """Let the dashboard's counts grow by one for each name."""
    counts = dict(sorted(Counter(names).items()))
    database.execute(_COUNT, {
        "workspace_id": workspace_id, "kind": kind, "names": list(counts),
        "counts": list(counts.values()),
    })  # fmt: skip


def append(
    workspace_id: uuid.UUID, events: Sequence[NewEvent], edges: Edges | None = None,
    source_key: str | None = None,
) -> list[uuid.UUID]:  # fmt: skip
    """Store events and what follows from them; their ids in order. The lock is the caller's.

    With a `source_key` each event tells of a record of that source, which is noted as it is now.
    """
    if not events:
        return []
    last, now = _reserve(workspace_id, len(events))
    made, written = ids(len(events)), [e.written or orjson.dumps(e.data) for e in events]
    _write(workspace_id, events, written, made, last)
    for statement in (_KEEP, _CHANGE) if source_key else ():
        database.execute(statement, {"workspace_id": workspace_id, "source": source_key})
    if edges is not None and edges.found:
        relate(workspace_id, edges, events[0].source)
    tally.add(workspace_id, events)
    fresh: dict[uuid.UUID, list[Event]] = {}
    for n, e in enumerate(events):
        event = Event(
            last + n + 1, made[n], e.event_type, e.data if e.written else orjson.loads(written[n]),
            e.confidence, e.source, e.effective_at, now, e.fhir_resource_type, e.fhir_resource_id,
            e.supersedes, e.domain, e.author, e.source_system, e.data_source_id,
        )  # fmt: skip
        for entity in dict.fromkeys(e.about):
            fresh.setdefault(entity, []).append(event)
    recompute(workspace_id, fresh, fresh, last)
    return made


def _reserve(workspace_id: uuid.UUID, count: int) -> tuple[int, datetime]:
    """The number after which the events begin, and the moment of the transaction."""
    found = database.row(_RESERVE, {"workspace_id": workspace_id, "count": count})
    assert found is not None
    return found[0], found[1]


def relate(workspace_id: uuid.UUID, edges: Edges, by: str, confidence: float = 1.0) -> None:
    """Store relationships that are not there yet."""
    sources, targets, names = (list(column) for column in zip(*edges.found, strict=True))
    database.execute(_RELATE, {
        "workspace_id": workspace_id, "from": sources, "to": targets, "names": names,
        "confidence": confidence, "by": by,
    })  # fmt: skip


def _write(
    workspace_id: uuid.UUID, events: Sequence[NewEvent], written: list[bytes],
    made: list[uuid.UUID], last: int,
) -> None:  # fmt: skip
    """COPY under row security is refused; a temporary table has none."""
    for statement in (_EMPTY,) if database.value(_THERE) else _MAKE:
        database.execute(statement)
    with database.cursor().copy(_COPY.encode()) as copy:
        for n, e in enumerate(events):
            copy.write_row((
                made[n], last + n + 1, e.event_type, e.domain, written[n].decode(),
                e.confidence, e.source, e.source_system, e.data_source_id, e.author,
                e.fhir_resource_type, e.fhir_resource_id, e.supersedes, e.effective_at,
                "{" + ",".join(map(str, dict.fromkeys(e.about))) + "}",
                *(e.record or NO_RECORD),
            ))  # fmt: skip
    for statement in (_MOVE, _LINK):
        database.execute(statement, {"workspace_id": workspace_id})
