"""Who may be calling: the people with a number, records of the same person taken for one."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core import database
from app.world import pages
from app.world.projection import phone_key

from .scoring import MOST_HOLDERS

MOST_REACHED = 200
# What a person set apart from a holder is not reached from it, whatever lies between.
_HOLDERS = """
with recursive holder (value, id) as (
  select w.value, k.id from unnest(%(values)s::text[]) w (value)
  cross join lateral (
    select k.entity_id from entity_key k
    join entity n on n.workspace_id = %(workspace_id)s and n.id = k.entity_id
      and n.entity_type = 'person'
    where k.workspace_id = %(workspace_id)s and k.kind = 'phone' and k.value = w.value
    limit %(most)s) k (id)
), reached (root, id) as (
  select id, id from holder
  union
  select r.root, o.id from reached r
  join duplicate d on d.workspace_id = %(workspace_id)s and d.status = 'linked'
    and (d.first_id = r.id or d.second_id = r.id)
  cross join lateral (
    select case when d.first_id = r.id then d.second_id else d.first_id end) o (id)
  where not exists (select from duplicate a where a.workspace_id = %(workspace_id)s
    and a.status = 'apart' and a.first_id = least(r.root, o.id)
    and a.second_id = greatest(r.root, o.id))
)
select h.value, r.root, r.id, n.display_name, n.state ->> 'birth_date'
from (select * from reached limit %(reached)s) r
join holder h on h.id = r.root
cross join lateral (
  select display_name, state, event_count, last_event_at from entity
  where workspace_id = %(workspace_id)s and id = r.id offset 0) n
order by n.event_count desc, n.last_event_at desc, r.id
"""


@dataclass(frozen=True, slots=True)
class Caller:
    """A person who has the number: the record that tells most, and how many there are."""

    id: uuid.UUID
    name: str
    born: str | None
    records: int


@dataclass(frozen=True, slots=True)
class Callers:
    """Who has a number. `many`: more than a dozen records have it, so that it tells nothing."""

    people: Sequence[Caller] = ()
    many: bool = False


def same(reached: Mapping[uuid.UUID, set[uuid.UUID]]) -> list[set[uuid.UUID]]:
    """Those with a number, in groups of one person each; two set apart are in no one group."""
    groups: list[list[uuid.UUID]] = []
    for root in sorted(reached):
        for group in groups:
            if all(root in reached[other] and other in reached[root] for other in group):
                group.append(root)
                break
        else:
            groups.append([root])
    return [set.intersection(*(reached[root] for root in group)) for group in groups]


def callers(workspace_id: uuid.UUID, number: str | None) -> Callers:
    """Who has a number, in whatever way it is written; who tells most first."""
    return callers_of(workspace_id, [number])[number] if number else Callers()


def callers_of(workspace_id: uuid.UUID, numbers: Sequence[str]) -> dict[str, Callers]:
    """Who has each of some numbers, in one statement."""
    values = {number: phone_key(number) for number in numbers}
    wanted = sorted({value for value in values.values() if value})
    if not wanted:
        return dict.fromkeys(numbers, Callers())
    rows: dict[str, list[database.Row]] = {}
    for value, *row in database.rows(_HOLDERS, {
        "workspace_id": workspace_id, "values": wanted, "most": MOST_HOLDERS + 1,
        "reached": MOST_REACHED * len(wanted),
    }):  # fmt: skip
        rows.setdefault(value, []).append(tuple(row))
    return {number: _callers(rows.get(value or "", ())) for number, value in values.items()}


def _callers(rows: Sequence[database.Row]) -> Callers:
    reached: dict[uuid.UUID, set[uuid.UUID]] = {}
    for row in rows:
        reached.setdefault(row[0], set()).add(row[1])
    told = {row[1]: (pages.named("person", row[2]), row[3]) for row in rows}
    order = {ident: n for n, ident in enumerate(told)}
    groups = same(reached)
    people = []
    for group in groups:
        own = group.difference(*(other for other in groups if other is not group))
        first = min(own, key=order.__getitem__)
        people.append(Caller(first, *told[first], len(group)))
    people.sort(key=lambda one: order[one.id])
    return Callers(people[:MOST_HOLDERS], len(reached) > MOST_HOLDERS)
