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
# The numbers that people have now, and those of the calls they are related to so far. Each is one
# probe of each index, here and below, whatever the planner thinks of the tables.
_OF_PEOPLE = f"""
select distinct number from unnest(%(ids)s::uuid[]) p (id)
cross join lateral (
  select w.caller_id from (
    select value from entity_key
    where workspace_id = %(workspace_id)s and entity_id = p.id and kind = 'phone' offset 0) k
  cross join lateral (
    select caller_id from caller_part
    where workspace_id = %(workspace_id)s and part = k.value offset 0) w
  union all
  select c.caller_id from (
    select source_entity_id from relationship
    where workspace_id = %(workspace_id)s and target_entity_id = p.id
      and relationship = '{CALLER}' offset 0) r
  cross join lateral (
    select caller_id from call
    where workspace_id = %(workspace_id)s and id = r.source_entity_id offset 0) c
) found (number) where number is not null
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
known as materialized (
  select c.id, c.person, r.id as relation, r.person as before
  from c cross join lateral (
    select id from entity where workspace_id = %(workspace_id)s and id = c.id offset 0) n
  left join lateral (
    select id, target_entity_id as person from relationship where workspace_id = %(workspace_id)s
      and source_entity_id = c.id and relationship = '{CALLER}' offset 0) r on true),
gone as (
  delete from relationship where workspace_id = %(workspace_id)s
  and id = any(array(select relation from known where before is distinct from person)))
insert into relationship (workspace_id, source_entity_id, target_entity_id, relationship,
  confidence, discovered_by)
select %(workspace_id)s, id, person, '{CALLER}', {SURE["phone"]}, 'resolution'
from known where person is not null and before is distinct from person
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
