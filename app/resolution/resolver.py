"""Keeping the pairs of records that may be one person, in bounded steps over what changed.

A step takes the next events, brings the keys of the people they tell of up to date, and looks at
the pairs of those whose keys changed. New calls are related to the person whose number called. The result depends on what the records say and on what
people decided, not on the order in which anything came in.
"""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import orjson

from app.core import database

from . import calling, links
from .scoring import MOST_HOLDERS, Match, Pair, Person, joins, keys_of, kind_of, person, settle

EVENTS = 2000
CHUNK = 500
# Each event is one probe of each index, whatever the planner thinks of the tables.
_CHANGED = """
with e as materialized (
  select id, seq from event where workspace_id = %(workspace_id)s and seq > %(after)s
  order by seq limit %(take)s
), about as materialized (
  select distinct l.entity_id from e
  cross join lateral (
    select entity_id from event_entity
    where workspace_id = %(workspace_id)s and event_id = e.id offset 0) l
), kinds as materialized (
  select about.entity_id, n.entity_type from about
  cross join lateral (
    select entity_type from entity
    where workspace_id = %(workspace_id)s and id = about.entity_id offset 0) n
)
select (select max(seq) from e),
  array(select entity_id from kinds where entity_type = 'person'),
  array(select entity_id from kinds where entity_type = 'call')
"""
# So is each record here: without statistics the planner would read all of them for a few hundred.
_PEOPLE = """
select n.* from unnest(%(ids)s::uuid[]) w (id) cross join lateral (
  select id, jsonb_build_object('name', state -> 'name', 'given_name', state -> 'given_name',
    'birth_date', state -> 'birth_date', 'phone', state -> 'phone', 'email', state -> 'email',
    'mrn', state -> 'mrn'), external_ids
  from entity where workspace_id = %(workspace_id)s and id = w.id offset 0) n
"""
_KEPT = """
select m.* from unnest(%(ids)s::uuid[]) w (id) cross join lateral (
  select entity_id, key from match_key
  where workspace_id = %(workspace_id)s and entity_id = w.id offset 0) m
"""
_FORGET = """
delete from match_key m using json_to_recordset(%(rows)s::json) x (key text, entity_id uuid)
where m.workspace_id = %(workspace_id)s and m.key = x.key and m.entity_id = x.entity_id
"""
_REMEMBER = """
insert into match_key (workspace_id, key, entity_id)
select %(workspace_id)s, * from json_to_recordset(%(rows)s::json) x (key text, entity_id uuid)
on conflict do nothing
"""
# Each key is one short range of the index, however many records have it.
_HOLDERS = """
select w.key, array(
  select m.entity_id from match_key m
  where m.workspace_id = %(workspace_id)s and m.key = w.key limit w.most)
from json_to_recordset(%(rows)s::json) w (key text, most integer)
"""
_POSITION = "select last_seq, again_after from resolution where workspace_id = %(workspace_id)s"
_AGAIN = """
insert into resolution (workspace_id, again_after) values (%(workspace_id)s, %(start)s)
on conflict (workspace_id) do update set again_after = excluded.again_after
"""
_NEXT = """
select id from entity
where workspace_id = %(workspace_id)s and id > %(after)s and entity_type = 'person'
order by id limit %(take)s
"""
_CAME = "update resolution set again_after = %(after)s where workspace_id = %(workspace_id)s"
START = uuid.UUID(int=0)
_ADVANCE = """
insert into resolution (workspace_id, last_seq) values (%(workspace_id)s, %(seq)s)
on conflict (workspace_id) do update set last_seq = excluded.last_seq
"""


@dataclass(frozen=True, slots=True)
class Step:
    """What a step did: pairs newly linked, and whether there may be more events."""

    linked: int
    more: bool


def step(workspace_id: uuid.UUID, take: int = EVENTS) -> Step:
    """Take the next events, or the next people while all are looked at again; the transaction is
    the caller's."""
    place = {"workspace_id": workspace_id}
    after, again = database.row(_POSITION, place) or (0, None)
    if again is not None:
        return _look_again(workspace_id, again)
    row = database.row(_CHANGED, {**place, "after": after, "take": take})
    if row is None or row[0] is None:
        return Step(0, False)
    linked = resolve(workspace_id, row[1])
    calling.relate_calls(workspace_id, row[2])
    database.execute(_ADVANCE, {**place, "seq": row[0]})
    return Step(linked, row[0] - after >= take)


def begin_again(workspace_id: uuid.UUID) -> None:
    """Let the steps that follow look at everybody, not only at what changed."""
    database.execute(_AGAIN, {"workspace_id": workspace_id, "start": START})


def _look_again(workspace_id: uuid.UUID, after: uuid.UUID) -> Step:
    """Take the next people as if nothing were known of their pairs; what was decided stays."""
    place = {"workspace_id": workspace_id}
    ids = [row[0] for row in database.rows(_NEXT, {**place, "after": after, "take": CHUNK})]
    linked = evaluate(workspace_id, _keep_keys(workspace_id, ids) | set(ids)) if ids else 0
    database.execute(_CAME, {**place, "after": ids[-1] if len(ids) == CHUNK else None})
    # Events may have come in meanwhile.
    return Step(linked, True)


def resolve(workspace_id: uuid.UUID, ids: Collection[uuid.UUID]) -> int:
    """Bring the keys and pairs of some people, and the calls from their numbers, up to date.

    Answers how many pairs were linked.
    """
    touched = _keep_keys(workspace_id, ids)
    linked = evaluate(workspace_id, touched)
    calling.relate_people(workspace_id, touched.union(ids))
    return linked


def people(workspace_id: uuid.UUID, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Person]:
    """What some records say of who somebody is."""
    rows = database.rows(_PEOPLE, {"workspace_id": workspace_id, "ids": list(ids)})
    return {row[0]: person(row[1], row[2]) for row in rows}


def _keep_keys(workspace_id: uuid.UUID, ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Write the keys that differ; all whose pairs may differ for it."""
    place = {"workspace_id": workspace_id}
    wanted = {(key, ident) for ident, who in people(workspace_id, ids).items()
              for key in keys_of(who)}  # fmt: skip
    kept = {(row[1], row[0]) for row in database.rows(_KEPT, {**place, "ids": list(ids)})}
    gone, new = kept - wanted, wanted - kept
    for statement, rows in ((_FORGET, gone), (_REMEMBER, new)):
        if rows:
            content = [{"key": key, "entity_id": ident} for key, ident in sorted(rows)]
            database.execute(statement, {**place, "rows": orjson.dumps(content).decode()})
    return {ident for _, ident in gone | new} | _crowds(workspace_id, gone, new)


def _crowds(
    workspace_id: uuid.UUID, gone: set[tuple[str, uuid.UUID]], new: set[tuple[str, uuid.UUID]]
) -> set[uuid.UUID]:
    """The holders of keys that began or ceased to tell people apart."""
    less, more = Counter(key for key, _ in gone), Counter(key for key, _ in new)
    keys = sorted(filter(joins, less.keys() | more.keys()))
    found: set[uuid.UUID] = set()
    most = [MOST_HOLDERS + 1 + less[key] + more[key] for key in keys]
    for key, holders in _holders(workspace_id, keys, most):
        before = len(holders) - more[key] + less[key]
        if (before > MOST_HOLDERS) is not (len(holders) > MOST_HOLDERS):
            found |= set(holders)
    return found


def _holders(
    workspace_id: uuid.UUID, keys: list[str], most: list[int]
) -> list[tuple[str, list[uuid.UUID]]]:
    if not keys:
        return []
    content = [{"key": key, "most": few} for key, few in zip(keys, most, strict=True)]
    rows = database.rows(_HOLDERS, {
        "workspace_id": workspace_id, "rows": orjson.dumps(content).decode(),
    })  # fmt: skip
    return [(row[0], row[1]) for row in rows]


def evaluate(workspace_id: uuid.UUID, ids: Iterable[uuid.UUID]) -> int:
    """Find the pairs of some people anew and keep what differs; how many were linked."""
    wanted = sorted(ids)
    return sum(
        links.keep(workspace_id, chunk, _pairs(workspace_id, chunk))
        for chunk in (wanted[n : n + CHUNK] for n in range(0, len(wanted), CHUNK))
    )


def _pairs(workspace_id: uuid.UUID, ids: list[uuid.UUID]) -> dict[Pair, Match]:
    """Every pair that one of these people is in."""
    own = set(ids)
    rows = database.rows(_KEPT, {"workspace_id": workspace_id, "ids": ids})
    keys = sorted({row[1] for row in rows if joins(row[1])})
    shared = [
        (ident, other, kind_of(key))
        for key, holders in _holders(workspace_id, keys, [MOST_HOLDERS + 1] * len(keys))
        if len(holders) <= MOST_HOLDERS
        for ident in holders if ident in own
        for other in holders if other != ident
    ]  # fmt: skip
    found = {ident for a, b, _ in shared for ident in (a, b)}
    return settle(shared, people(workspace_id, found)) if found else {}
