"""Which person called: the relationship `caller` of calls whose number exactly one person has.

It follows from the numbers as they are known now, and is brought up to date with what resolution
looks at: new calls, and people whose records changed, or who turned out to be one or two.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence

from app.calls.rollups import REAL
from app.core import database
from app.world import store

from .callers import callers_of
from .queries import SURE

CALLER = "caller"
CHUNK = 200
NEWEST = 1000
"""Of a number so many calls are looked at anew when it turns out to be somebody's."""
_OF_CALLS = """
select distinct caller_id from call
where workspace_id = %(workspace_id)s and id = any(%(ids)s) and caller_id is not null
"""
# The numbers that people have now, and those of the calls they are related to so far.
_OF_PEOPLE = f"""
select p.caller_id from entity_key k
join caller_part p on p.workspace_id = %(workspace_id)s and p.part = k.value
where k.workspace_id = %(workspace_id)s and k.entity_id = any(%(ids)s) and k.kind = 'phone'
union
select c.caller_id from relationship r
join call c on c.workspace_id = %(workspace_id)s and c.id = r.source_entity_id
where r.workspace_id = %(workspace_id)s and r.target_entity_id = any(%(ids)s)
  and r.relationship = '{CALLER}' and c.caller_id is not null
"""
_THESE = """
join call c on c.workspace_id = %(workspace_id)s and c.caller_id = w.number and c.id = any(%(ids)s)
"""
_EVERY = f"""
cross join lateral (select * from call where workspace_id = %(workspace_id)s
  and caller_id = w.number order by started_at desc, call.number desc limit {NEWEST}) c
"""
# A call that is no entity yet is related when it becomes one.
_RELATE = f"""
with c as materialized (
  select c.id, case when {REAL} then w.person end as person
  from unnest(%(numbers)s::text[], %(people)s::uuid[]) w (number, person) {{0}}),
gone as (
  delete from relationship r using c where r.workspace_id = %(workspace_id)s
  and r.source_entity_id = c.id and r.relationship = '{CALLER}'
  and r.target_entity_id is distinct from c.person)
insert into relationship (workspace_id, source_entity_id, target_entity_id, relationship,
  confidence, discovered_by)
select %(workspace_id)s, c.id, c.person, '{CALLER}', {SURE["phone"]}, 'resolution'
from c join entity n on n.workspace_id = %(workspace_id)s and n.id = c.id
where c.person is not null
on conflict do nothing
"""
_RELATE_THESE, _RELATE_EVERY = _RELATE.format(_THESE), _RELATE.format(_EVERY)


def relate_calls(workspace_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> None:
    """Relate these calls to who called."""
    if ids:
        place = {"workspace_id": workspace_id, "ids": ids}
        numbers = [row[0] for row in database.rows(_OF_CALLS, place)]
        _relate(workspace_id, _RELATE_THESE, numbers, ids)


def relate_people(workspace_id: uuid.UUID, ids: Collection[uuid.UUID]) -> None:
    """Relate the calls of these people's numbers to who called."""
    if ids:
        place = {"workspace_id": workspace_id, "ids": list(ids)}
        numbers = sorted(row[0] for row in database.rows(_OF_PEOPLE, place))
        _relate(workspace_id, _RELATE_EVERY, numbers, ())


def _relate(
    workspace_id: uuid.UUID, statement: str, numbers: Sequence[str], ids: Iterable[uuid.UUID]
) -> None:
    if numbers:
        # So that no call is forgotten meanwhile.
        store.lock(workspace_id)
    for chunk in (numbers[n : n + CHUNK] for n in range(0, len(numbers), CHUNK)):
        found = callers_of(workspace_id, chunk)
        people = [who.people[0].id if len(who.people) == 1 and not who.many else None
                  for who in (found[number] for number in chunk)]  # fmt: skip
        database.execute(statement, {
            "workspace_id": workspace_id, "numbers": list(chunk), "people": people,
            "ids": list(ids),
        })  # fmt: skip
