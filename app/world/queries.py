"""Reading the world model. Every statement is built once and names its workspace."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.core import database
from app.core.errors import NotFound

from . import projecting
from .events import Event, known_at
from .projection import Projection, name_words, phone_key, project
from .reading import day

ENTITY = (
    "id, entity_type, canonical_id, external_ids, display_name, state, confidence, event_count,"
    " has_projection, source, first_seen_at, last_event_at"
)
_ONE = f"select {ENTITY}, origins from entity where workspace_id = %(workspace_id)s and id = %(id)s"
_LIST = f"""
select {ENTITY} from entity where workspace_id = %(workspace_id)s {{0}}
order by last_event_at desc, id desc limit %(take)s offset %(skip)s
"""
_CLAUSES = {
    "types": "and entity_type = any(%(types)s)",
    "has_projection": "and has_projection = %(has_projection)s",
    "source": "and source = %(source)s",
}
_kept: dict[frozenset[str], str] = {}
_COUNTS = """
select name, count from world_count
where workspace_id = %(workspace_id)s and kind = %(kind)s and count > 0 order by count desc, name
"""
# Each key is one range of the index, 2,000 entries at most; further words of a name must lead to
# the same entity.
_FIND = """
select {0} from entity n
where n.workspace_id = %(workspace_id)s and n.id in (
  select k.entity_id from unnest(%(kinds)s::text[], %(values)s::text[]) w (kind, value)
  cross join lateral (
    select entity_id from entity_key
    where workspace_id = %(workspace_id)s and kind = w.kind and value >= w.value
      and value < w.value || chr(1114111) limit 2000
  ) k
) {1}
order by n.last_event_at desc, n.id desc limit %(take)s
"""
_ALSO = """
and exists (select from entity_key k where k.workspace_id = %(workspace_id)s and k.entity_id = n.id
  and k.kind = 'name' and k.value >= %(also{0})s and k.value < %(also{0})s || chr(1114111))
"""
_RELATED = """
select r.id, r.relationship, r.confidence, r.discovered_by, r.created_at,
  r.source_entity_id, s.entity_type, s.display_name,
  r.target_entity_id, t.entity_type, t.display_name
from relationship r
join entity s on s.workspace_id = %(workspace_id)s and s.id = r.source_entity_id
join entity t on t.workspace_id = %(workspace_id)s and t.id = r.target_entity_id
where r.workspace_id = %(workspace_id)s
  and (r.source_entity_id = %(id)s or r.target_entity_id = %(id)s)
order by r.relationship, r.created_at desc limit %(take)s
"""
_TIMELINE = """
select e.seq, e.id, e.event_type, e.domain, e.data, e.confidence, e.source, e.source_system,
  e.effective_at, e.ingested_at, e.author, e.fhir_resource_type, e.fhir_resource_id, e.supersedes,
  not exists (select from event n where n.workspace_id = %(workspace_id)s and n.supersedes = e.id)
from event_entity l
join event e on e.workspace_id = %(workspace_id)s and e.id = l.event_id
where l.workspace_id = %(workspace_id)s and l.entity_id = %(id)s
  and (%(domain)s::text is null or e.domain = %(domain)s)
  and (%(kind)s::text is null or e.event_type = %(kind)s)
  and (%(at)s::timestamptz is null or e.ingested_at <= %(at)s)
order by coalesce(e.effective_at, e.ingested_at) desc, e.seq desc limit %(take)s offset %(skip)s
"""
_EVENT = """
select e.seq, e.id, e.event_type, e.domain, e.data, e.confidence, e.source, e.source_system,
  e.effective_at, e.ingested_at, e.author, e.fhir_resource_type, e.fhir_resource_id, e.supersedes,
  not exists (select from event n where n.workspace_id = %(workspace_id)s and n.supersedes = e.id)
from event e where e.workspace_id = %(workspace_id)s and e.id = %(id)s
"""
_KINDS = """
select e.event_type, count(*) from event_entity l
join event e on e.workspace_id = %(workspace_id)s and e.id = l.event_id
where l.workspace_id = %(workspace_id)s and l.entity_id = %(id)s group by 1 order by 2 desc, 1
"""
_RECENT = """
select count(*) filter (where ingested_at >= now() - interval '1 day'), count(*) from (
  select ingested_at from event where workspace_id = %(workspace_id)s
    and ingested_at >= now() - interval '7 days' order by ingested_at desc limit 1000000) week
"""
_SOURCES = """
select source_key, resource_type, count(*) from source_record
where workspace_id = %(workspace_id)s group by 1, 2 order by 3 desc, 1, 2 limit 500
"""


def one(workspace_id: uuid.UUID, ident: uuid.UUID) -> database.Row:
    """An entity. Raises NotFound."""
    found = database.row(_ONE, {"workspace_id": workspace_id, "id": ident})
    if found is None:
        raise NotFound.of("entity")
    return found


def entities(
    workspace_id: uuid.UUID, take: int, skip: int = 0, *, types: Sequence[str] = (),
    has_projection: bool | None = None, source: str | None = None,
) -> list[database.Row]:  # fmt: skip
    """Entities, the ones that changed last first."""
    given = {"types": list(types) or None, "has_projection": has_projection, "source": source}
    used = frozenset(name for name, value in given.items() if value is not None)
    if used not in _kept:
        _kept[used] = _LIST.format(" ".join(_CLAUSES[name] for name in sorted(used)))
    params = {**given, "workspace_id": workspace_id, "take": take, "skip": skip}
    return database.rows(_kept[used], params)


def counts(workspace_id: uuid.UUID, kind: str) -> dict[str, int]:
    """Type -> how many entities or events, the most first."""
    params = {"workspace_id": workspace_id, "kind": kind}
    return dict(database.rows(_COUNTS, params))


def _asked(words: str) -> tuple[list[tuple[str, str]], list[str]]:
    """The keys that a search asks for, any of them, and further words of a name.

    Digits alone may be a telephone number as well as a record number.
    """
    words = words.strip()
    if (date := day(words)) is not None:
        return [("birth_date", date)], []
    if "@" in words:
        return [("email", words.casefold())], []
    if any(c.isdigit() for c in words):
        number = None if any(c.isalpha() for c in words) else phone_key(words)
        asked = [("identifier", words.casefold())]
        return [*asked, ("phone", number)] if number else asked, []
    named = sorted(name_words(words), key=len, reverse=True)
    return [("name", named[0])] if named else [], named[1:6]


def search(
    workspace_id: uuid.UUID, words: str, take: int, types: Sequence[str] = ()
) -> list[database.Row]:
    """Entities by the beginning of their names' words, a number, an address, a date of birth
    (1987-04-12) or an identifier; the ones that changed last first. Rows as of `entities`."""
    asked, also = _asked(words)
    if not asked:
        return []
    more = "".join(_ALSO.format(n) for n in range(len(also)))
    more += " and n.entity_type = any(%(types)s)" if types else ""
    params = {f"also{n}": word for n, word in enumerate(also)}
    return database.rows(
        _FIND.format(ENTITY, more),
        {**params, "workspace_id": workspace_id, "kinds": [kind for kind, _ in asked],
         "values": [value for _, value in asked], "take": take, "types": list(types)},
    )  # fmt: skip


def related(workspace_id: uuid.UUID, ident: uuid.UUID, take: int = 100) -> list[database.Row]:
    """Relationships of an entity, in both directions."""
    return database.rows(_RELATED, {"workspace_id": workspace_id, "id": ident, "take": take})


def timeline(
    workspace_id: uuid.UUID, ident: uuid.UUID, take: int, skip: int = 0, *,
    domain: str | None = None, kind: str | None = None, at: datetime | None = None,
) -> list[database.Row]:  # fmt: skip
    """The events of an entity by when they were so, newest first; those known at a moment."""
    return database.rows(_TIMELINE, {
        "workspace_id": workspace_id, "id": ident, "take": take, "skip": skip, "domain": domain,
        "kind": kind, "at": at,
    })  # fmt: skip


def event(workspace_id: uuid.UUID, ident: uuid.UUID) -> database.Row:
    """One event. Raises NotFound."""
    found = database.row(_EVENT, {"workspace_id": workspace_id, "id": ident})
    if found is None:
        raise NotFound.of("event")
    return found


def kinds(workspace_id: uuid.UUID, ident: uuid.UUID) -> dict[str, int]:
    """Event type -> how many an entity has."""
    found = database.rows(_KINDS, {"workspace_id": workspace_id, "id": ident})
    return dict(found)


def events(workspace_id: uuid.UUID, ident: uuid.UUID) -> list[Event]:
    """Every event of an entity."""
    return next((found for _, _, found in projecting.events_of(workspace_id, [ident])), [])


def at(workspace_id: uuid.UUID, ident: uuid.UUID, kind: str, moment: datetime) -> Projection:
    """The entity as it was known at a moment."""
    return project(kind, known_at(events(workspace_id, ident), moment))


def recent(workspace_id: uuid.UUID) -> tuple[int, int]:
    """Events that came in within a day, and within seven (a million at most)."""
    found = database.row(_RECENT, {"workspace_id": workspace_id})
    return (found[0], found[1]) if found else (0, 0)


def sources(workspace_id: uuid.UUID) -> list[database.Row]:
    """(source, resource type, records), at most 500."""
    return database.rows(_SOURCES, {"workspace_id": workspace_id})


def differences_between(now: dict[str, Any], then: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """(field, then, now) of what differs, lists of records by their number."""
    names = sorted((now.keys() | then.keys()) - {"counts"})
    return [(name, then.get(name), now.get(name)) for name in names
            if then.get(name) != now.get(name)]  # fmt: skip
