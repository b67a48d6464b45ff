"""Reading the figures that every write keeps: sums of `call_rollup`, made by the database."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.calls.buckets import LENGTHS, RESPONSES
from app.core import database

from .sums import COUNTS, Sums

SHOWN = 20
"""So many services and numbers are told one by one, the busiest first."""


def _each(column: str, bounds: Sequence[float], only: str = "") -> str:
    sums = (f"sum({column}[{n}]){only}" for n in range(1, len(bounds) + 2))
    return f"array[{', '.join(sums)}]"


_COUNTED = ", ".join(f"sum({name})" for name in COUNTS)
_SPREAD = f"{_each('lengths', LENGTHS)}, {_each('responses', RESPONSES)}"
_SPREAD_NOW = ", ".join(
    _each(f"r.{column}", bounds, " filter (where now)")
    for column, bounds in (("lengths", LENGTHS), ("responses", RESPONSES))
)
# Today is that of the zone the figures are counted in. A week of days, and the one before.
_WEEK = f"""
select k.time_zone, k.total, k.today, r.* from (
  select *, (now() at time zone time_zone)::date as today from call_counter
  where workspace_id = %(workspace_id)s) k
left join lateral (
  select day, {", ".join(COUNTS)}, '{{}}'::integer[], responses from call_rollup
  where workspace_id = %(workspace_id)s and dimension = 'day'
    and day > k.today - 14 and day <= k.today) r on true
"""
_BY_DAY_AND_HOUR = f"""
select day, null, {", ".join(COUNTS)}, lengths, responses from call_rollup
where workspace_id = %(workspace_id)s and dimension = 'day'
  and day >= %(before)s and day <= %(last)s
union all
select null, hour, {_COUNTED}, {_SPREAD} from call_rollup
where workspace_id = %(workspace_id)s and dimension = 'all'
  and day >= %(first)s and day <= %(last)s
group by hour
"""
# The days of the busiest are looked up one by one: reading all days of all keys takes longer.
# psycopg reads a statement of more than 4,096 characters anew each time.
_BUSIEST = f"""
with counted as (
  select dimension, key, {", ".join(f"sum({n}) as {n}" for n in COUNTS)} from call_rollup
  where workspace_id = %(workspace_id)s and dimension in ('service', 'number')
    and day >= %(first)s and day <= %(last)s
  group by dimension, key having sum(calls) > 0
), placed as (
  select *, row_number() over (partition by dimension order by calls desc, key) as place
  from counted
)
select p.dimension, p.key, p.place, {", ".join(f"p.{n}" for n in COUNTS)},
  sum(r.calls) filter (where not now), {_SPREAD_NOW}
from placed p
cross join generate_series(%(before)s::date, %(last)s::date, interval '1 day') d (at)
cross join lateral (
  select c.*, c.day >= %(first)s as now from call_rollup c where c.workspace_id = %(workspace_id)s
    and c.dimension = p.dimension and c.day = d.at::date and c.key = p.key and c.hour = 0
  limit 1) r
where p.place <= {SHOWN}
group by p.dimension, p.key, p.place, {", ".join(f"p.{n}" for n in COUNTS)}
union all
select dimension, null, count(*), {_COUNTED}, null, null, null from placed
where place > {SHOWN} group by dimension
"""
# What calls a service that is gone carried last.
_SERVICE_NAMES = """
select wanted.id, coalesce(s.name, (
  select c.service_name from call c
  where c.workspace_id = %(workspace_id)s and c.service_id = wanted.id
  order by c.started_at desc, c.number desc limit 1)), s.id is null
from unnest(%(ids)s::uuid[]) wanted (id)
left join service s on s.workspace_id = %(workspace_id)s and s.id = wanted.id
"""
_COUNTER = """
select time_zone, total, figures_version from call_counter where workspace_id = %(workspace_id)s
"""


@dataclass(frozen=True, slots=True)
class Group:
    """The calls of one service or number, and how many there were the period before."""

    key: str
    sums: Sums
    before: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """The busiest, and the `others` (so many) together."""

    groups: tuple[Group, ...]
    others: Sums
    other_count: int

    @property
    def sums(self) -> Sums:
        """All of them."""
        return Sums.total([*(group.sums for group in self.groups), self.others])


def _sums(row: Sequence[Any]) -> Sums:
    calls, answered, transferred, unanswered, escalated = (int(count) for count in row[:5])
    lengths, responses = (tuple(found) for found in row[5:7])
    return Sums(calls, answered, transferred, unanswered, escalated, lengths, responses)


def week(workspace_id: uuid.UUID) -> tuple[str, int, date, dict[date, Sums]] | None:
    """The zone, all calls, today there, and the last fourteen days without lengths; None: none."""
    rows = database.rows(_WEEK, {"workspace_id": workspace_id})
    if not rows:
        return None
    zone, stored, today = rows[0][:3]
    return zone, stored, today, {row[3]: _sums(row[4:]) for row in rows if row[3]}


def by_day_and_hour(
    workspace_id: uuid.UUID, before: date, first: date, last: date
) -> tuple[dict[date, Sums], dict[int, Sums]]:
    """The sums of each day from `before` on, and of each hour of the day from `first` on."""
    params = {"workspace_id": workspace_id, "before": before, "first": first, "last": last}
    days: dict[date, Sums] = {}
    hours: dict[int, Sums] = {}
    for day, hour, *counted in database.rows(_BY_DAY_AND_HOUR, params):
        if day is None:
            hours[hour] = _sums(counted)
        else:
            days[day] = _sums(counted)
    return days, hours


def busiest(workspace_id: uuid.UUID, before: date, first: date, last: date) -> dict[str, Ranking]:
    """`service` and `number`, each with its busiest and the rest."""
    params = {"workspace_id": workspace_id, "before": before, "first": first, "last": last}
    found: dict[str, list[tuple[int, Group]]] = {"service": [], "number": []}
    rest: dict[str, tuple[Sums, int]] = {}
    for dimension, key, place, *counted in database.rows(_BUSIEST, params):
        if key is None:
            rest[dimension] = _sums([*counted[:5], (), ()]), place
        else:
            sums = _sums([*counted[:5], *counted[6:]])
            found[dimension].append((place, Group(key, sums, int(counted[5] or 0))))
    return {
        name: Ranking(
            tuple(group for _, group in sorted(groups, key=lambda it: it[0])),
            *rest.get(name, (Sums(), 0)),
        )
        for name, groups in found.items()
    }


def service_names(workspace_id: uuid.UUID, ids: Sequence[str]) -> dict[str, tuple[str, bool]]:
    """Service id -> its name now, or the last that calls carried, and whether it is gone."""
    if not ids:
        return {}
    params = {"workspace_id": workspace_id, "ids": list(ids)}
    return {
        str(ident): (name or str(ident), gone)
        for ident, name, gone in database.rows(_SERVICE_NAMES, params)
    }


def counter(workspace_id: uuid.UUID) -> tuple[str | None, int, int]:
    """The time zone in which the figures are counted (None before any call), all calls, and the
    version of the figures."""
    found = database.row(_COUNTER, {"workspace_id": workspace_id})
    return (found[0], found[1], found[2]) if found else (None, 0, 0)
