"""Reading FHIR resources: the version of each record that counts now, and those before it.

The records of a source are in `source_record`, which names the event that holds the current
version. Every way in is one range of an index: by type with status and date, by the person, or by
what an entity is found by.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.core import database
from app.core.errors import NotFound

from . import queries
from .projection import name_words

MOST_VERSIONS = 100
RECORD = """
e.fhir_resource_type, e.fhir_resource_id, e.data, r.entity_id, e.id, e.supersedes, e.confidence,
  e.source, e.source_system, e.data_source_id, e.effective_at, e.ingested_at
"""
# One probe of the index for each event in order, whatever the planner thinks of the tables.
_CURRENT = f"""
select {RECORD}, true from {{1}}
cross join lateral (
  select entity_id from source_record
  where workspace_id = %(workspace_id)s and event_id = e.id limit 1) r
where e.workspace_id = %(workspace_id)s and e.fhir_resource_type = %(kind)s {{0}}
order by e.effective_at desc nulls last, e.seq desc limit %(take)s offset %(skip)s
"""
_CLAUSES = {
    "status": "and e.fhir_status = %(status)s",
    "first": "and e.effective_at >= %(first)s",
    "last": "and e.effective_at < %(last)s",
    "text": "and strpos(lower(e.data::text), %(text)s) > 0",
    "identifier": "and jsonb_path_exists(e.data, '$.identifier[*].value ? (@ == $v)',"
                  " jsonb_build_object('v', %(identifier)s::text))",
}  # fmt: skip
# What is few is found first, whatever the planner thinks of it.
_OF_PEOPLE = """
with found as materialized (
  select distinct event_id from event_entity
  where workspace_id = %(workspace_id)s and entity_id = any(%(people)s))
"""
_OF_KEYS = """
with found as materialized (
  select r.event_id from source_record r
  where r.workspace_id = %(workspace_id)s and r.resource_type = %(kind)s
    and r.entity_id in ({0}))
"""
_KEY = """
select k.entity_id from unnest(%(kinds{0})s::text[], %(from{0})s::text[], %(to{0})s::text[])
  w (kind, first, last)
cross join lateral (
  select entity_id from entity_key where workspace_id = %(workspace_id)s and kind = w.kind
    and value >= w.first and value <= w.last limit 2000) k
"""
_KEYED = "and r.entity_id in ({0})"
_FOUND = """
found cross join lateral (
  select * from event where workspace_id = %(workspace_id)s and id = found.event_id limit 1) e
"""
_PEOPLE = """
select r.entity_id from source_record r
where r.workspace_id = %(workspace_id)s and r.resource_type = 'Patient'
  and r.external_id = %(ident)s and r.entity_id is not null
union select n.id from entity n
where n.workspace_id = %(workspace_id)s and n.id = %(uuid)s and n.entity_type = 'person'
limit 20
"""
_ONE = f"""
select {RECORD}, true, r.source_key from source_record r
join event e on e.workspace_id = %(workspace_id)s and e.id = r.event_id
where r.workspace_id = %(workspace_id)s and r.resource_type = %(kind)s
  and r.external_id = %(ident)s
order by e.seq desc limit 1
"""
_VERSIONS = f"""
with recursive version as (
  select e.*, 1 as depth from event e
  where e.workspace_id = %(workspace_id)s and e.id = %(event)s
  union all
  select e.*, v.depth + 1 from version v
  join event e on e.workspace_id = %(workspace_id)s and e.id = v.supersedes
  where v.depth < %(most)s)
select {RECORD}, e.depth = 1 from version e cross join (select %(entity)s::uuid as entity_id) r
order by e.depth
"""
_FAILURES = """
select a.id, a.data_source_id, d.name, a.place, a.reason, a.created_at from set_aside a
join data_source d on d.workspace_id = %(workspace_id)s and d.id = a.data_source_id
where a.workspace_id = %(workspace_id)s order by a.created_at desc limit %(take)s offset %(skip)s
"""
_SOURCES = """
select count(*), count(*) filter (where is_active), max(s.last_success_at),
  count(*) filter (where s.consecutive_errors > 0),
  (select count(*) from (select 1 from set_aside a where a.workspace_id = %(workspace_id)s
    limit 10000) few)
from data_source d
left join sync_state s on s.workspace_id = %(workspace_id)s and s.data_source_id = d.id
where d.workspace_id = %(workspace_id)s
"""
_kept: dict[str, str] = {}
Group = list[tuple[str, str, str]]


@dataclass(slots=True)
class Wanted:
    """What a search asks for; of each group of `keys` one must fit, each is (kind, first, last)."""

    kind: str
    people: list[uuid.UUID] | None = None
    keys: list[Group] = field(default_factory=list)
    filters: dict[str, Any] = field(default_factory=dict)


def _statement(wanted: Wanted) -> str:
    shape = f"{wanted.people is not None} {len(wanted.keys)} {sorted(wanted.filters)}"
    if shape not in _kept:
        keys = " intersect ".join(_KEY.format(n) for n in range(len(wanted.keys)))
        clauses = [_CLAUSES[name] for name in sorted(wanted.filters)]
        before = ""
        if wanted.people is not None:
            before = _OF_PEOPLE
            clauses += [_KEYED.format(keys)] if keys else []
        elif keys:
            before = _OF_KEYS.format(keys)
        _kept[shape] = before + _CURRENT.format(" ".join(clauses), _FOUND if before else "event e")
    return _kept[shape]


def search(workspace_id: uuid.UUID, wanted: Wanted, take: int, skip: int) -> list[database.Row]:
    """Current resources, the latest effective first."""
    params: dict[str, Any] = {
        **wanted.filters, "workspace_id": workspace_id, "kind": wanted.kind, "take": take,
        "skip": skip, "people": wanted.people,
    }  # fmt: skip
    for n, group in enumerate(wanted.keys):
        kinds, first, last = (list(column) for column in zip(*group, strict=True))
        params |= {f"kinds{n}": kinds, f"from{n}": first, f"to{n}": last}
    return database.rows(_statement(wanted), params)


def begins(kind: str, value: str) -> tuple[str, str, str]:
    """The key of values that begin so."""
    return kind, value, value + chr(1114111)


def named(name: str) -> list[Group]:
    """The keys of a name: each word must begin a word of it."""
    words = name_words(name)[:5]
    return [[begins("name", word[:64])] for word in words] or [[("name", "", "")]]


def found_by(words: str) -> list[Group]:
    """The keys of a search as on the page of the world."""
    one, also = queries.asked(words)
    more = [[begins("name", word)] for word in also]
    return [[begins(kind, value) for kind, value in one], *more] if one else [[("name", "", "")]]


def people(workspace_id: uuid.UUID, ident: str) -> list[uuid.UUID]:
    """The people that a FHIR id, a reference such as Patient/1 or an entity's id means."""
    plain = ident.rpartition("/")[2]
    try:
        known = uuid.UUID(plain)
    except ValueError:
        known = uuid.UUID(int=0)
    found = database.rows(_PEOPLE, {"workspace_id": workspace_id, "ident": plain, "uuid": known})
    return [row[0] for row in found]


def one(workspace_id: uuid.UUID, kind: str, ident: str) -> database.Row:
    """The current version; of several sources' the one that changed last. Raises NotFound."""
    params = {"workspace_id": workspace_id, "kind": kind, "ident": ident}
    found = database.row(_ONE, params)
    if found is None:
        raise NotFound.of("resource")
    return found


def versions(workspace_id: uuid.UUID, current: database.Row) -> list[database.Row]:
    """The versions of a resource, newest first, a hundred at most."""
    return database.rows(_VERSIONS, {
        "workspace_id": workspace_id, "event": current[4], "entity": current[3],
        "most": MOST_VERSIONS,
    })  # fmt: skip


def failures(workspace_id: uuid.UUID, take: int, skip: int) -> list[database.Row]:
    """Records that were set aside, newest first."""
    return database.rows(_FAILURES, {"workspace_id": workspace_id, "take": take, "skip": skip})


def sources(workspace_id: uuid.UUID) -> tuple[int, int, datetime | None, int, int]:
    """(sources, active ones, last success, failing ones, records set aside up to 10,000)."""
    found = database.row(_SOURCES, {"workspace_id": workspace_id})
    assert found is not None
    return found[0], found[1], found[2], found[3], found[4]
