"""The figures of the world: kept by every write, in its transaction, so that none is a scan.

They are rows of `world_count`, a number for a kind and a name:

| kind | name | number |
| --- | --- | --- |
| entity | entity type | entities |
| projected | entity type | entities of which something is known |
| confidence | entity type | sum of their confidences, in ten-thousandths |
| event | event type | events |
| fact | event type, domain, source | events |
| hour | 2026-11-20T14, in UTC | events that came in within it |
| inflow | data source, 2026-11-20T14 | events that came from it within the hour |
| source | entity type, source system | entities that the system told of |

Parts of a name are separated by a tab. A source system is the event's `source_system`, or its
`source` where it has none. All of them follow from the events; `differences` and `rebuild` prove
and restore that.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

from app.core import database

GROW = "on conflict (workspace_id, kind, name) do update set count = world_count.count + excluded.count"
HOUR = """to_char({0} at time zone 'UTC', 'YYYY-MM-DD"T"HH24')"""
_EVENTS = f"""
insert into world_count (workspace_id, kind, name, count)
select %(workspace_id)s, kind, case kind when 'hour' then {HOUR.format("now()")}
  when 'inflow' then name || chr(9) || {HOUR.format("now()")} else name end, n
from unnest(%(kinds)s::text[], %(names)s::text[], %(counts)s::bigint[]) x (kind, name, n)
{GROW}
"""
_SOURCES = f"""
with made as (
  insert into entity_source (workspace_id, source_system, entity_id)
  select %(workspace_id)s, * from unnest(%(systems)s::text[], %(entities)s::uuid[])
  on conflict do nothing returning source_system, entity_id)
insert into world_count (workspace_id, kind, name, count)
select %(workspace_id)s, 'source', n.entity_type || chr(9) || made.source_system, count(*)
from made join entity n on n.workspace_id = %(workspace_id)s and n.id = made.entity_id
group by 3 {GROW}
"""
_KEPT = f"""
with before as (
  select id, entity_type, confidence, has_projection from entity
  where workspace_id = %(workspace_id)s and id = any(%(ids)s)),
after as ({{0}} returning n.id, n.confidence, n.has_projection)
insert into world_count (workspace_id, kind, name, count)
select %(workspace_id)s, kind, entity_type, sum(more)
from before join after using (id)
cross join lateral (values
  ('projected', after.has_projection::integer::bigint - before.has_projection::integer::bigint),
  ('confidence', (after.confidence * 10000)::bigint - (before.confidence * 10000)::bigint)
) v (kind, more)
group by kind, entity_type having sum(more) <> 0
{GROW}
"""
_MEMBERS = """
select distinct coalesce(e.source_system, e.source) as source_system, l.entity_id
from event_entity l join event e on e.workspace_id = %(workspace_id)s and e.id = l.event_id
where l.workspace_id = %(workspace_id)s
"""
_TRUTH = f"""
select 'entity' as kind, entity_type as name, count(*) as count from entity
where workspace_id = %(workspace_id)s group by 2
union all select 'projected', entity_type, count(*) from entity
where workspace_id = %(workspace_id)s and has_projection group by 2
union all select 'confidence', entity_type, sum((confidence * 10000)::bigint) from entity
where workspace_id = %(workspace_id)s group by 2 having sum((confidence * 10000)::bigint) <> 0
union all select 'event', event_type, count(*) from event
where workspace_id = %(workspace_id)s group by 2
union all select 'fact', event_type || chr(9) || domain || chr(9) || source, count(*) from event
where workspace_id = %(workspace_id)s group by 2
union all select 'hour', {HOUR.format("ingested_at")}, count(*) from event
where workspace_id = %(workspace_id)s group by 2
union all select 'inflow', data_source_id || chr(9) || {HOUR.format("ingested_at")}, count(*)
from event where workspace_id = %(workspace_id)s and data_source_id is not null group by 2
union all select 'source', n.entity_type || chr(9) || m.source_system, count(*)
from ({_MEMBERS}) m
join entity n on n.workspace_id = %(workspace_id)s and n.id = m.entity_id group by 2
"""
_DIFFERENT = f"""
select kind, name, coalesce(k.count, 0), coalesce(t.count, 0)
from (select kind, name, count from world_count
  where workspace_id = %(workspace_id)s and count <> 0) k
full join ({_TRUTH}) t using (kind, name)
where coalesce(k.count, 0) <> coalesce(t.count, 0)
union all
select 'origin', source_system || chr(9) || entity_id, (k.there is not null)::integer,
  (t.there is not null)::integer
from (select source_system, entity_id, true as there from entity_source
  where workspace_id = %(workspace_id)s) k
full join (select *, true as there from ({_MEMBERS}) m) t using (source_system, entity_id)
where k.there is null or t.there is null
order by 1, 2
"""
_FORGET = (
    "delete from entity_source where workspace_id = %(workspace_id)s",
    "delete from world_count where workspace_id = %(workspace_id)s",
)
_RESTORE = (
    f"insert into entity_source (workspace_id, source_system, entity_id)"
    f" select %(workspace_id)s, * from ({_MEMBERS}) m",
    f"insert into world_count (workspace_id, kind, name, count)"
    f" select %(workspace_id)s, * from ({_TRUTH}) t",
)


class Told(Protocol):
    """What a figure needs of an event."""

    @property
    def event_type(self) -> str: ...
    @property
    def domain(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def source_system(self) -> str | None: ...
    @property
    def data_source_id(self) -> uuid.UUID | None: ...
    @property
    def about(self) -> tuple[uuid.UUID, ...]: ...


def kept(update: str) -> str:
    """The statement that updates the entities `ids` (as n) and lets the figures follow."""
    return _KEPT.format(update)


def add(workspace_id: uuid.UUID, events: Sequence[Told]) -> None:
    """Let the figures grow by a batch of events; two statements, however many there are."""
    counts: Counter[tuple[str, str]] = Counter({("hour", ""): len(events)})
    for fact, count in Counter((e.event_type, e.domain, e.source) for e in events).items():
        counts["event", fact[0]] += count
        counts["fact", "\t".join(fact)] += count
    for source, count in Counter(e.data_source_id for e in events if e.data_source_id).items():
        counts["inflow", str(source)] += count
    database.execute(_EVENTS, {
        "workspace_id": workspace_id, "kinds": [kind for kind, _ in counts],
        "names": [name for _, name in counts], "counts": list(counts.values()),
    })  # fmt: skip
    told = {(e.source_system or e.source, entity) for e in events for entity in e.about}
    if told:
        database.execute(_SOURCES, {
            "workspace_id": workspace_id, "systems": [system for system, _ in told],
            "entities": [entity for _, entity in told],
        })  # fmt: skip


def differences(workspace_id: uuid.UUID) -> Iterable[tuple[str, str, int, int]]:
    """(kind, name, kept, what the events say) of every figure that is not what they say."""
    return [(r[0], r[1], int(r[2]), int(r[3]))
            for r in database.rows(_DIFFERENT, {"workspace_id": workspace_id})]  # fmt: skip


def rebuild(workspace_id: uuid.UUID) -> None:
    """Compute every figure anew. The workspace's lock and the transaction are the caller's."""
    for statement in (*_FORGET, *_RESTORE):
        database.execute(statement, {"workspace_id": workspace_id})
