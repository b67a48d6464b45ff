"""Lists and searches of entities by what the reads filter by, in any combination."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from app.core import database

from .projection import LISTS, OTHER
from .queries import ENTITY, ENTITY_N, asked

# Each key is one range of the index, of some length at most; further words of a name must lead to
# the same entity. An array is looked up in one walk through the index, a join in one for each.
_FOUND = """
and n.id = any(array(
  select k.entity_id from unnest(%(kinds)s::text[], %(values)s::text[]) w (kind, value)
  cross join lateral (
    select entity_id from entity_key
    where workspace_id = %(workspace_id)s and kind = w.kind and value >= w.value
      and value < w.value || chr(1114111) limit %(most)s
  ) k
))
"""
_ALSO = """
and exists (select from entity_key k where k.workspace_id = %(workspace_id)s
  and k.entity_id = n.id and k.kind = 'name' and k.value >= %(also{0})s
  and k.value < %(also{0})s || chr(1114111))
"""
_CLAUSES = {
    "entity_type": "and n.entity_type = any(%(entity_type)s)",
    "projected": "and n.has_projection",
    "least_sure": "and n.has_projection and n.entity_type <> 'call'",
    "not_calls": "and n.entity_type <> 'call'",
    "bare": "and not n.has_projection",
    "source": "and n.source = %(source)s",
    "confidence_min": "and n.confidence >= %(confidence_min)s",
    "source_system": "and n.id in (select entity_id from entity_source"
    " where workspace_id = %(workspace_id)s and source_system = %(source_system)s)",
    "tags": "and n.id in (select entity_id from entity_key where workspace_id = %(workspace_id)s"
    " and kind = 'tag' and value = any(%(tags)s) group by entity_id"
    " having count(*) = cardinality(%(tags)s))",
    "since": "and n.last_event_at >= %(since)s",
    "data_source": "and n.id in (select entity_id from source_record"
    " where workspace_id = %(workspace_id)s and source_key = %(data_source)s)",
}  # fmt: skip
BRIEF = f"n.state - array{[*LISTS.values(), OTHER]}"
_LIST = f"""
select {ENTITY_N} from entity n
where n.workspace_id = %(workspace_id)s {{0}}
order by {{1}} limit %(take)s offset %(skip)s
"""
# Of a list that people read the state is shortened when it is known which ones it shows: a state
# holds all the records of a person.
_BRIEF = f"""
select {", ".join(BRIEF if name.strip() == "state" else name for name in ENTITY.split(","))}
from ({{0}}) n order by {{1}}
"""
MOST, MOST_WITH_MORE_WORDS = 500, 2000
_NEWEST, _LEAST_SURE = "n.last_event_at desc, n.id desc", "n.confidence, n.id"
_kept: dict[tuple[frozenset[str], int, bool], str] = {}


@dataclass(frozen=True, slots=True)
class Filters:
    """What entities must fit; None is no matter. `tags` must all be there; with `least_sure` what is
    known least surely comes first, without it what changed last. Of a call nothing is unsure."""

    q: str | None = None
    entity_type: Sequence[str] | None = None
    has_projection: bool | None = None
    source: str | None = None
    source_system: str | None = None
    tags: Sequence[str] | None = None
    confidence_min: float | None = None
    data_source: str | None = None
    since: datetime | None = None
    least_sure: bool | None = None
    not_calls: bool | None = None


def entities(
    workspace_id: uuid.UUID, filters: Filters, take: int, skip: int = 0
) -> list[database.Row]:
    """Entities that fit, the ones that changed last first."""
    wanted = _wanted(workspace_id, filters, take, skip)
    return database.rows(*wanted) if wanted else []


def brief(workspace_id: uuid.UUID, filters: Filters, take: int) -> list[database.Row]:
    """The same, unread and without a person's records."""
    wanted = _wanted(workspace_id, filters, take, 0, brief=True)
    return database.raw(*wanted) if wanted else []


def _wanted(
    workspace_id: uuid.UUID, filters: Filters, take: int, skip: int, brief: bool = False
) -> tuple[str, dict[str, Any]] | None:
    """The statement and its values; None where the words of a search say nothing."""
    given = {f.name: value for f in fields(filters)
             if (value := getattr(filters, f.name)) is not None}  # fmt: skip
    if "entity_type" in given:
        given["entity_type"] = list(given["entity_type"])
    if "tags" in given:
        given["tags"] = sorted({tag.casefold()[:64] for tag in given["tags"]})
    if filters.has_projection is not None:
        given["projected" if filters.has_projection else "bare"] = True
    params = {**given, "workspace_id": workspace_id, "take": take, "skip": skip}
    also: list[str] = []
    if filters.q:
        keys, also = asked(filters.q)
        if not keys:
            return None
        params |= {"kinds": [kind for kind, _ in keys], "values": [value for _, value in keys]}
        params |= {f"also{n}": word for n, word in enumerate(also)}
        params["most"] = MOST_WITH_MORE_WORDS if also else MOST
    return _statement(frozenset(given), len(also), brief), params


def _statement(used: frozenset[str], also: int, brief: bool) -> str:
    if (used, also, brief) not in _kept:
        clauses = [clause for name, clause in _CLAUSES.items() if name in used]
        search = [_FOUND] if "q" in used else []
        search += [_ALSO.format(n) for n in range(also)]
        order = _LEAST_SURE if "least_sure" in used else _NEWEST
        found = _LIST.format(" ".join([*search, *clauses]), order)
        _kept[used, also, brief] = _BRIEF.format(found, order) if brief else found
    return _kept[used, also, brief]
