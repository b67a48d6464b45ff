"""The figures that every write keeps: counts of ended real calls by day, hour, service, number.

All calls stand there twice, by hour and by day: sums of many days read a row for each. Whatever
was changed has another `figures_version` in the counter. Days and hours are those of the workspace's time zone. Whoever changes a call takes it out of the
figures first and puts it back afterwards, in the same transaction and under the counter's lock.
"""

import uuid
from collections.abc import Sequence

from app.core import database

from .buckets import LENGTHS, RESPONSES

REAL = "source not in ('simulated', 'playground') and direction not in ('simulated', 'test')"
OUTCOMES = ("answered", "transferred", "unanswered")
_BOUNDS = f"array{list(LENGTHS)}::double precision[]"
_LENGTHS = ", ".join(
    f"%(sign)s * count(*) filter (where width_bucket(c.duration_seconds, {_BOUNDS}) = {n})"
    for n in range(len(LENGTHS) + 1)
)
_RESPONSES = ", ".join(
    f"%(sign)s * coalesce(sum(c.responses[{n}]), 0)" for n in range(1, len(RESPONSES) + 2)
)
_COUNTS = ("calls", *OUTCOMES, "escalated")
_ADD = f"""
with added as (
insert into call_rollup (workspace_id, dimension, key, day, hour, {", ".join(_COUNTS)}, lengths,
  responses)
select %(workspace_id)s, d.dimension, d.key, c.at::date,
  case when d.dimension = 'all' then extract(hour from c.at) else 0 end,
  %(sign)s * count(*),
  {", ".join(f"%(sign)s * count(*) filter (where c.outcome = '{name}')" for name in OUTCOMES)},
  %(sign)s * count(*) filter (where c.escalation_status <> 'none'),
  array[{_LENGTHS}], array[{_RESPONSES}]
from (
  select call.*, call.started_at at time zone k.time_zone as at
  from call join call_counter k on k.workspace_id = call.workspace_id
  where call.workspace_id = %(workspace_id)s and call.outcome <> 'running' and {REAL} {{which}}
) c
cross join lateral (values ('all', ''), ('day', ''), ('service', c.service_id::text),
  ('number', c.phone_number)) d (dimension, key)
where d.key is not null
group by 2, 3, 4, 5
on conflict (workspace_id, dimension, day, key, hour) do update set
  {", ".join(f"{n} = call_rollup.{n} + excluded.{n}" for n in _COUNTS)},
  lengths = add_counts(call_rollup.lengths, excluded.lengths),
  responses = add_counts(call_rollup.responses, excluded.responses)
returning 1
)
update call_counter set figures_version = figures_version + 1
where workspace_id = %(workspace_id)s and exists (select from added)
"""
_ADD_SOME = _ADD.format(which="and call.id = any(%(ids)s)")
ADD_ALL = _ADD.format(which="")
_CLEAR = "delete from call_rollup where workspace_id = %(workspace_id)s"
_ZONE = "update call_counter set time_zone = %(zone)s where workspace_id = %(workspace_id)s"
_COUNTED_IN = "select time_zone from call_counter where workspace_id = %(workspace_id)s"


def add(workspace_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> None:
    """Put calls into the figures; running ones and tests do not count."""
    database.execute(_ADD_SOME, {"workspace_id": workspace_id, "ids": list(ids), "sign": 1})


def take(workspace_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> None:
    """Take calls out of the figures, before they change or go."""
    database.execute(_ADD_SOME, {"workspace_id": workspace_id, "ids": list(ids), "sign": -1})


def rebuild(workspace_id: uuid.UUID, zone: str) -> None:
    """Count everything anew, in this time zone. Writers of the workspace wait meanwhile."""
    database.execute(_ZONE, {"workspace_id": workspace_id, "zone": zone})
    database.execute(_CLEAR, {"workspace_id": workspace_id})
    database.execute(ADD_ALL, {"workspace_id": workspace_id, "sign": 1})


def counted_in(workspace_id: uuid.UUID) -> str:
    """The time zone in which the figures are counted."""
    return str(database.value(_COUNTED_IN, {"workspace_id": workspace_id}) or "UTC")
