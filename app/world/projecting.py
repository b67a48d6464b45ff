"""Keeping projections: read an entity's events, compute its state, write what differs."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

import orjson

from app.core import database

from . import tally
from .events import Event
from .projection import Projection, project

BATCH = 500
LAST = 2**63 - 1
_TYPES = """
select id, entity_type from entity where workspace_id = %(workspace_id)s and id = any(%(ids)s)
"""
# Here and below, one range of an index for each entity and one probe for each event: the planner
# thinks a workspace empty that was filled since it looked.
_EVENTS = """
select w.id, e.* from unnest(%(ids)s::uuid[]) w (id)
cross join lateral (
  select event_id, seq from event_entity
  where workspace_id = %(workspace_id)s and entity_id = w.id and seq <= %(last)s offset 0) l
cross join lateral (
  select seq, id, event_type, data::text, confidence, source, effective_at, ingested_at,
    fhir_resource_type, fhir_resource_id, supersedes, domain, author, source_system, data_source_id
  from event where workspace_id = %(workspace_id)s and id = l.event_id and seq = l.seq offset 0) e
"""
_STORED = """
select id, entity_type, state, origins, external_ids, display_name, confidence, event_count, source,
  (select coalesce(array_agg(k.kind || ' ' || k.value order by 1), '{}') from entity_key k
   where k.workspace_id = %(workspace_id)s and k.entity_id = entity.id)
from entity where workspace_id = %(workspace_id)s and id = any(%(ids)s)
"""
_UPDATE = tally.kept("""
update entity n set state = x.state, origins = x.origins, external_ids = x.external_ids,
  display_name = x.display_name, confidence = x.confidence, event_count = x.event_count,
  source = coalesce(x.source, n.source), has_projection = x.event_count > 0,
  last_event_at = greatest(n.last_event_at, coalesce(x.last_event_at, n.last_event_at))
from jsonb_to_recordset(%(rows)s::jsonb) x (id uuid, state jsonb, origins jsonb,
  external_ids jsonb, display_name text, confidence double precision, event_count integer,
  source text, last_event_at timestamptz)
where n.workspace_id = %(workspace_id)s and n.id = x.id
  and (n.has_projection <> (x.event_count > 0) or n.last_event_at < x.last_event_at
    or (n.event_count, n.confidence, n.display_name, n.external_ids, n.origins, n.state)
      is distinct from (x.event_count, x.confidence, x.display_name, x.external_ids, x.origins,
        x.state) or n.source is distinct from coalesce(x.source, n.source))
""")
_KEPT = """
select k.* from unnest(%(ids)s::uuid[]) w (id)
cross join lateral (
  select kind, value, entity_id from entity_key
  where workspace_id = %(workspace_id)s and entity_id = w.id offset 0) k
"""
_FORGET = """
delete from entity_key k
using json_to_recordset(%(keys)s::json) x (kind text, value text, entity_id uuid)
where k.workspace_id = %(workspace_id)s and k.kind = x.kind and k.value = x.value
  and k.entity_id = x.entity_id
"""
_KEYS = """
insert into entity_key (workspace_id, kind, value, entity_id)
select %(workspace_id)s, *
from json_to_recordset(%(keys)s::json) x (kind text, value text, entity_id uuid)
on conflict do nothing
"""
_NEXT = """
select id from entity where workspace_id = %(workspace_id)s and id > %(after)s order by id limit %(take)s
"""
Found = tuple[uuid.UUID, str, list[Event]]
Key = tuple[str, str, uuid.UUID]
Fresh = Mapping[uuid.UUID, Sequence[Event]]
NOTHING: Fresh = {}


def stored(
    workspace_id: uuid.UUID, ids: Iterable[uuid.UUID], last: int = LAST
) -> dict[uuid.UUID, list[database.Row]]:
    """Entity -> the rows of its events up to number `last`, for `parsed`."""
    found: dict[uuid.UUID, list[database.Row]] = {}
    params = {"workspace_id": workspace_id, "ids": list(ids), "last": last}
    for row in database.rows(_EVENTS, params):
        found.setdefault(row[0], []).append(row)
    return found


def parsed(rows: Iterable[database.Row]) -> list[Event]:
    """Events in their order."""
    return [_event(*row[1:]) for row in sorted(rows, key=itemgetter(1))]


def events_of(
    workspace_id: uuid.UUID, ids: Iterable[uuid.UUID], fresh: Fresh = NOTHING, last: int = LAST
) -> Iterator[Found]:
    """(entity, its type, all its events) of the entities that have events.

    Events numbered above `last` are not read but taken from `fresh`.
    """
    wanted = list(ids)
    found = stored(workspace_id, wanted, last)
    for ident, kind in database.rows(_TYPES, {"workspace_id": workspace_id, "ids": wanted}):
        # Read one entity's records at a time: all at once would fill the memory.
        events = [*parsed(found.pop(ident, ())), *fresh.get(ident, ())]
        if events:
            yield ident, kind, events


def _event(seq: int, ident: uuid.UUID, kind: str, data: str, *rest: Any) -> Event:
    return Event(seq, ident, kind, orjson.loads(data), *rest)


def recompute(
    workspace_id: uuid.UUID, ids: Iterable[uuid.UUID], fresh: Fresh = NOTHING, last: int = LAST
) -> None:
    """Compute the states of entities anew and keep them; `fresh` and `last` as for `events_of`."""
    wanted = sorted(ids)
    for start in range(0, len(wanted), BATCH):
        made = [
            (ident, project(kind, events), max(e.ingested_at for e in events))
            for ident, kind, events in events_of(
                workspace_id, wanted[start : start + BATCH], fresh, last
            )
        ]
        if made:
            _keep(workspace_id, made)


def _keep(workspace_id: uuid.UUID, made: list[tuple[uuid.UUID, Projection, datetime]]) -> None:
    ids = [ident for ident, _, _ in made]
    rows = [
        {
            "id": ident, "state": p.state, "origins": p.origins, "external_ids": p.external_ids,
            "display_name": p.display_name, "confidence": p.confidence,
            "event_count": p.event_count, "source": p.source, "last_event_at": at,
        }
        for ident, p, at in made
    ]  # fmt: skip
    database.execute(
        _UPDATE, {"workspace_id": workspace_id, "ids": ids, "rows": orjson.dumps(rows).decode()}
    )
    _index(workspace_id, ids, {(*key, ident) for ident, p, _ in made for key in p.keys})


def _index(workspace_id: uuid.UUID, ids: list[uuid.UUID], wanted: set[Key]) -> None:
    """Let entities be found by these keys, and by no others."""
    kept: set[Key] = set(database.rows(_KEPT, {"workspace_id": workspace_id, "ids": ids}))
    for statement, keys in ((_FORGET, kept - wanted), (_KEYS, wanted - kept)):
        if keys:
            rows = [
                {"kind": kind, "value": value, "entity_id": ident}
                for kind, value, ident in sorted(keys)
            ]
            database.execute(statement, {"workspace_id": workspace_id,
                                         "keys": orjson.dumps(rows).decode()})  # fmt: skip


def batches(workspace_id: uuid.UUID, take: int = BATCH) -> Iterator[list[uuid.UUID]]:
    """All entities of the workspace, some at a time."""
    after = uuid.UUID(int=0)
    while True:
        params = {"workspace_id": workspace_id, "after": after, "take": take}
        found = [row[0] for row in database.rows(_NEXT, params)]
        if not found:
            return
        yield found
        after = found[-1]


def differences(workspace_id: uuid.UUID, ids: list[uuid.UUID]) -> Iterator[tuple[uuid.UUID, str]]:
    """(entity, what differs) where what is kept is not what the events say."""
    computed = {
        ident: project(kind, events) for ident, kind, events in events_of(workspace_id, ids)
    }
    for row in database.rows(_STORED, {"workspace_id": workspace_id, "ids": ids}):
        wanted = computed.get(row[0], Projection())
        kept = {
            "state": row[2], "origins": row[3], "external_ids": row[4], "display_name": row[5],
            "confidence": row[6], "event_count": row[7], "keys": set(row[9]),
        }  # fmt: skip
        told = {
            "state": wanted.state, "origins": wanted.origins, "external_ids": wanted.external_ids,
            "display_name": wanted.display_name, "confidence": wanted.confidence,
            "event_count": wanted.event_count, "keys": {f"{k} {v}" for k, v in wanted.keys},
        }  # fmt: skip
        for name, value in told.items():
            if value != kept[name]:
                yield row[0], name
