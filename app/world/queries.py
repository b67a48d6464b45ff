"""Reading the world model. Every statement is built once and names its workspace."""

import json
import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.calls.zones import stored_zone
from app.core import database
from app.core.errors import NotFound
from app.escalation.declaration import GENERAL

from . import projecting
from .events import Event, known_at
from .projection import Projection, flat, name_words, phone_key, project
from .reading import day

ENTITY = (
    "id, entity_type, canonical_id, external_ids, display_name, state, confidence, event_count,"
    " has_projection, source, first_seen_at, last_event_at"
)
ENTITY_N = ", ".join(f"n.{name.strip()}" for name in ENTITY.split(","))
"""The same columns where an entity is called n."""
_ONE = f"select {ENTITY}, origins from entity where workspace_id = %(workspace_id)s and id = %(id)s"
_PAGE = f"""
select {ENTITY}, origins, (select value from setting
  where workspace_id = %(workspace_id)s and name = %(general)s)
from entity where workspace_id = %(workspace_id)s and id = %(id)s
"""
# As `projecting` reads them; the content is read of those that the page shows.
_TOLD = """
select seq, id, event_type, case when %(whole)s or place between %(first)s and %(last)s then data end,
  confidence, source, effective_at, ingested_at, fhir_resource_type, fhir_resource_id, supersedes,
  domain, author, place, place between %(first)s and %(last)s and not exists (select from event n
    where n.workspace_id = %(workspace_id)s and n.supersedes = told.id)
from (
  select e.*, case when fits then row_number() over (
    partition by fits order by coalesce(effective_at, ingested_at) desc, e.seq desc) end as place
  from event_entity l cross join lateral (
    select seq, id, event_type, data, confidence, source, effective_at, ingested_at,
      fhir_resource_type, fhir_resource_id, supersedes, domain, author,
      (%(kind)s::text is null or event_type = %(kind)s)
        and (%(at)s::timestamptz is null or ingested_at <= %(at)s) as fits
    from event where workspace_id = %(workspace_id)s and id = l.event_id and seq = l.seq offset 0) e
  where l.workspace_id = %(workspace_id)s and l.entity_id = %(id)s) told
order by seq
"""
_COUNTS = """
select name, count from world_count
where workspace_id = %(workspace_id)s and kind = %(kind)s and count > 0 order by count desc, name
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
order by r.relationship = 'caller',
  case when r.source_entity_id = %(id)s then t.entity_type else s.entity_type end = 'encounter',
  position('.' in r.relationship) > 0, r.relationship, r.created_at desc, r.id
limit %(take)s
"""
_TIMELINE = """
select e.seq, e.id, e.event_type, e.domain, e.data, e.confidence, e.source, e.source_system,
  e.effective_at, e.ingested_at, e.author, e.fhir_resource_type, e.fhir_resource_id, e.supersedes,
  not exists (select from event n where n.workspace_id = %(workspace_id)s and n.supersedes = e.id)
from event_entity l
join event e on e.workspace_id = %(workspace_id)s and e.id = l.event_id and e.seq = l.seq
where l.workspace_id = %(workspace_id)s and l.entity_id = %(id)s
  and (%(domain)s::text is null or e.domain = %(domain)s)
  and (%(kind)s::text is null or e.event_type = %(kind)s)
order by coalesce(e.effective_at, e.ingested_at) desc, e.seq desc limit %(take)s offset %(skip)s
"""
_EVENT = """
select e.seq, e.id, e.event_type, e.domain, e.data, e.confidence, e.source, e.source_system,
  e.effective_at, e.ingested_at, e.author, e.fhir_resource_type, e.fhir_resource_id, e.supersedes,
  not exists (select from event n where n.workspace_id = %(workspace_id)s and n.supersedes = e.id)
from event e where e.workspace_id = %(workspace_id)s and e.id = %(id)s
"""
# Those that come before an event in the timeline.
_NEWER = """
select count(x.id) filter (where (coalesce(x.effective_at, x.ingested_at), x.seq)
  > (coalesce(e.effective_at, e.ingested_at), e.seq))
from event e
join event_entity l on l.workspace_id = %(workspace_id)s and l.entity_id = %(id)s
join event x on x.workspace_id = %(workspace_id)s and x.id = l.event_id and x.seq = l.seq
  and (%(at)s::timestamptz is null or x.ingested_at <= %(at)s)
where e.workspace_id = %(workspace_id)s and e.id = %(event)s
having bool_or(x.id = e.id)
"""
_FIGURES = """
select kind, name, count from world_count
where workspace_id = %(workspace_id)s and count > 0 and (
  kind in ('entity', 'event', 'projected', 'confidence')
  or kind = 'hour' and name >= to_char((now() - interval '7 days') at time zone 'UTC',
    'YYYY-MM-DD"T"HH24'))
order by count desc, name
"""
_TOP = """
select kind, name, count from world_count
where workspace_id = %(workspace_id)s and kind = %(kind)s and count > 0
order by count desc, name limit %(take)s
"""
_FIGURES_AND_TOP = f"({_FIGURES}) union all ({_TOP}) order by count desc, name"
TOP = 500


def one(workspace_id: uuid.UUID, ident: uuid.UUID) -> database.Row:
    """An entity. Raises NotFound."""
    found = database.row(_ONE, {"workspace_id": workspace_id, "id": ident})
    if found is None:
        raise NotFound.of("entity")
    return found


def page(workspace_id: uuid.UUID, ident: uuid.UUID) -> tuple[database.Row, ZoneInfo]:
    """An entity with its origins, unread, and the zone of its times. Raises NotFound."""
    found = database.raw(
        _PAGE, {"workspace_id": workspace_id, "id": ident, "general": GENERAL.name}
    )
    if not found:
        raise NotFound.of("entity")
    *row, general = found[0]
    return tuple(row), stored_zone(general and json.loads(general))


def told(
    workspace_id: uuid.UUID, ident: uuid.UUID, take: int, skip: int = 0, *,
    kind: str | None = None, at: datetime | None = None, whole: bool = False,
) -> list[database.Row]:  # fmt: skip
    """Every event of an entity in its order, unread: as an `Event` has it up to the author, then
    its place, newest first, among those of a kind or known at a moment, and whether it is current.

    Unless `whole`, the content is there for the places from `skip` on alone.
    """
    return database.raw(_TOLD, {
        "workspace_id": workspace_id, "id": ident, "first": skip + 1, "last": skip + take,
        "kind": kind, "at": at, "whole": whole,
    })  # fmt: skip


def counts(workspace_id: uuid.UUID, kind: str) -> dict[str, int]:
    """Type -> how many entities or events, the most first."""
    params = {"workspace_id": workspace_id, "kind": kind}
    return dict(database.rows(_COUNTS, params))


def asked(words: str) -> tuple[list[tuple[str, str]], list[str]]:
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
        keys = [("identifier", words.casefold())]
        return [*keys, ("phone", number)] if number else keys, []
    named = sorted(name_words(words), key=len, reverse=True)
    return [("name", named[0])] if named else [], named[1:6]


def related(workspace_id: uuid.UUID, ident: uuid.UUID, take: int = 100) -> list[database.Row]:
    """Relationships of an entity, in both directions."""
    return database.rows(_RELATED, {"workspace_id": workspace_id, "id": ident, "take": take})


def timeline(
    workspace_id: uuid.UUID, ident: uuid.UUID, take: int, skip: int = 0, *,
    domain: str | None = None, kind: str | None = None,
) -> list[database.Row]:  # fmt: skip
    """The events of an entity by when they were so, newest first."""
    return database.rows(_TIMELINE, {
        "workspace_id": workspace_id, "id": ident, "take": take, "skip": skip, "domain": domain,
        "kind": kind,
    })  # fmt: skip


def newer(
    workspace_id: uuid.UUID, ident: uuid.UUID, event: uuid.UUID, at: datetime | None
) -> int | None:  # fmt: skip
    """How many events stand before one in the timeline of an entity, of those known at a moment;
    None when it is not among them."""
    found: int | None = database.value(
        _NEWER, {"workspace_id": workspace_id, "id": ident, "event": event, "at": at}
    )
    return found


def event(workspace_id: uuid.UUID, ident: uuid.UUID) -> database.Row:
    """One event. Raises NotFound."""
    found = database.row(_EVENT, {"workspace_id": workspace_id, "id": ident})
    if found is None:
        raise NotFound.of("event")
    return found


def events(workspace_id: uuid.UUID, ident: uuid.UUID) -> list[Event]:
    """Every event of an entity."""
    return projecting.parsed(projecting.stored(workspace_id, [ident]).get(ident, ()))


def at(workspace_id: uuid.UUID, ident: uuid.UUID, kind: str, moment: datetime) -> Projection:
    """The entity as it was known at a moment."""
    return project(kind, known_at(events(workspace_id, ident), moment))


def figures(workspace_id: uuid.UUID, top: str = "") -> dict[str, dict[str, int]]:
    """Kind -> name -> number of the figures that the write keeps, the most first; hours of seven
    days. `top` is a further kind, as of that function."""
    found: dict[str, dict[str, int]] = {}
    params = {"workspace_id": workspace_id, "kind": top, "take": TOP}
    for kind, name, count in database.rows(_FIGURES_AND_TOP if top else _FIGURES, params):
        found.setdefault(kind, {})[name] = count
    return found


def top(workspace_id: uuid.UUID, kind: str, take: int = TOP) -> list[tuple[list[str], int]]:
    """(parts of the name, number) of one kind of figure, the most first."""
    params = {"workspace_id": workspace_id, "kind": kind, "take": take}
    return [(name.split("\t"), count) for _, name, count in database.rows(_TOP, params)]


def differences_between(now: dict[str, Any], then: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """(field, then, now) of what differs, lists of records by their number."""
    now, then = flat(now), flat(then)
    names = sorted((now.keys() | then.keys()) - {"counts"})
    return [(name, then.get(name), now.get(name)) for name in names
            if then.get(name) != now.get(name)]  # fmt: skip
