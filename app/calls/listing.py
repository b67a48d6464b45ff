"""The statements of the call list: each filter its clause, assembled once per combination."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.core import database

from . import edges, zones
from .edges import Edge
from .filters import CallFilter, utc_hours
from .rollups import REAL

ROW = (
    "id, call_sid, direction, status, started_at, duration_seconds, turn_count, caller_id,"
    " phone_number, service_id, quality_score, final_state, completion_reason, escalation_status,"
    " has_recording, source, channel_kind, run_id, parent_session_id, fork_turn_index, number"
)
COUNTED = 10_000
BATCH = 1_000
MOST_CALLERS = 2_000
"""With more callers than this that fit a part of a number, walking the calls is quicker."""
_SAME = ("direction", "status", "outcome", "completion_reason", "service_id", "phone_number",
         "channel_kind")  # fmt: skip
_CLAUSES = {
    **{name: f"{name} = %({name})s" for name in _SAME},
    "since": "{at} >= %(since)s::timestamptz",
    "until": "{at} < %(until)s::timestamptz",
    "min_duration": "duration_seconds >= %(min_duration)s",
    "max_duration": "duration_seconds <= %(max_duration)s",
    "escalated": "escalation_status <> 'none'",
    "not escalated": "escalation_status = 'none'",
    "reviewed": "reviewed_at is not null",
    "not reviewed": "reviewed_at is null",
    "has_recording": "has_recording",
    "not has_recording": "not has_recording",
    "text": "channel_kind <> 'voice'",
    "callers": "caller_id = any(%(callers)s)",
    "caller": "caller_id like %(caller)s",
    "unassigned": "not exists (select 1 from call_assignment where workspace_id = %(workspace_id)s"
                  " and call_id = call.id)",
    "hour": "extract(hour from started_at at time zone %(zone)s) = %(hour)s",
    "ids": "id = any(%(ids)s)",
    "real": REAL,
}  # fmt: skip
# What a filter reads first instead of the calls: its rows carry the time and number of the call.
_TAGGED = """(select call_id as tagged_id, started_at as tagged_at, number as tagged_number
  from call_tag where workspace_id = %(workspace_id)s and tag = %(tag)s) tagged"""
_HELD = """(select call_id as held_id, started_at as held_at, number as held_number
  from call_assignment where workspace_id = %(workspace_id)s and account_id = %(account)s) held"""
_SOURCES = {
    (): "call",
    ("held",): f"{_HELD} join call on call.id = held_id",
    ("tag",): f"{_TAGGED} join call on call.id = tagged_id",
    ("held", "tag"): f"{_TAGGED} join {_HELD} on held_id = tagged_id"
                     " join call on call.id = tagged_id",
}  # fmt: skip
_CALLERS = """
select caller_id from caller_part where workspace_id = %(workspace_id)s
and part >= %(first)s and part < %(last)s limit %(most)s
"""
_PLAIN = frozenset({"real", "before", "after"})
_kept: dict[tuple[str, frozenset[str], str], str] = {}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter made ready for SQL: the clauses in use and their values."""

    used: frozenset[str]
    params: dict[str, Any]
    sort: str

    @property
    def custom(self) -> bool | None:
        """False where the best plan depends on the values, so that none may be kept."""
        return None if self.used <= _PLAIN else False


def choose(place: uuid.UUID, wanted: CallFilter) -> Chosen:
    """The clauses and values of a filter; looks callers up where a part of a number is asked."""
    used: set[str] = set() if wanted.with_tests else {"real"}
    params: dict[str, Any] = {"workspace_id": place}
    for name in (*_SAME, "min_duration", "max_duration", "tag"):
        if (value := getattr(wanted, name)) is not None:
            used.add(name)
            params[name] = value
    for name in ("escalated", "reviewed", "has_recording"):
        if (holds := getattr(wanted, name)) is not None:
            used.add(name if holds else f"not {name}")
    if wanted.channel_kind not in (None, "voice"):
        used.add("text")
    _add_times(place, wanted, used, params)
    _add_people(wanted, used, params)
    if wanted.caller:
        _add_callers(wanted.caller, used, params)
    return Chosen(frozenset(used), params, wanted.sort)


def _add_times(
    place: uuid.UUID, wanted: CallFilter, used: set[str], params: dict[str, Any]
) -> None:
    if not (wanted.period or wanted.date_from or wanted.date_to or wanted.hour is not None):
        return
    zone = zones.zone_of(place)
    for name, moment in zip(("since", "until"), wanted.bounds(zone), strict=True):
        if moment is not None:
            used.add(name)
            params[name] = moment
    if wanted.hour is not None:
        used.add("hour")
        params |= {"hour": wanted.hour, "zone": zone.key,
                   "hours": list(utc_hours(wanted.hour, zone))}  # fmt: skip


def _add_people(wanted: CallFilter, used: set[str], params: dict[str, Any]) -> None:
    if wanted.assigned_to == "nobody":
        used.add("unassigned")
    elif wanted.assigned_to:
        used.add("held")
        mine = wanted.assigned_to == "me"
        params["account"] = wanted.me if mine else uuid.UUID(wanted.assigned_to)


def _add_callers(part: str, used: set[str], params: dict[str, Any]) -> None:
    ends = {"workspace_id": params["workspace_id"], "first": part, "last": part + ":"}
    found = database.rows(_CALLERS, {**ends, "most": 2 * MOST_CALLERS})
    callers = {row[0] for row in found}
    if len(found) == 2 * MOST_CALLERS or len(callers) > MOST_CALLERS:
        used.add("caller")
        params["caller"] = f"%{part}%"
    else:
        used.add("callers")
        params["callers"] = sorted(callers)


_COLUMNS = {"started_at": "started_at", "duration": "duration_seconds", "quality": "quality_score"}


def _order(used: frozenset[str], sort: str) -> tuple[str, str, bool]:
    """The two columns of an order, and whether the larger come first."""
    column, large_first = _COLUMNS[sort.removeprefix("-")], sort.startswith("-")
    if column != "started_at":
        return column, "number", large_first
    source = "tagged" if "tag" in used else "held" if "held" in used else ""
    return (f"{source}_at", f"{source}_number", large_first) if source else (
        column, "number", large_first)  # fmt: skip


def _where(used: frozenset[str], sort: str) -> str:
    """From which tables, and which rows of them."""
    source = _SOURCES[tuple(sorted(used & {"held", "tag"}))]
    clauses = [_CLAUSES[name] for name in sorted(used) if name in _CLAUSES]
    value, number, large_first = _order(used, sort)
    kind = "timestamptz"
    if not sort.endswith("started_at"):
        clauses.append(f"{value} is not null")
        kind = "double precision"
    for name, sign in (
        ("before", "<" if large_first else ">"),
        ("after", ">" if large_first else "<"),
    ):
        if name in used:
            clauses.append(f"({value}, {number}) {sign} (%(at)s::{kind}, %(number)s)")
    rest = "".join(f" and {clause}" for clause in clauses)
    rest = rest.format(at=_order(used, "started_at")[0])
    return f"from {source} where call.workspace_id = %(workspace_id)s{rest}"


def _limited(used: frozenset[str], sort: str) -> str:
    value, number, large_first = _order(used, sort)
    down = " desc" if large_first != ("after" in used) else ""
    return f"order by {value}{down}, {number}{down} limit %(take)s"


def _rows(columns: str, used: frozenset[str], sort: str) -> str:
    key = (columns, used, sort)
    if key not in _kept:
        sql = f"{_where(used, sort)} {_limited(used, sort)}"
        if "hour" in used:
            # One ordered range of an index for each hour in UTC, put together again.
            each = (
                f"select call.* {_where(used, sort)} and utc_hour = wanted {_limited(used, sort)}"
            )
            sql = (f"from unnest(%(hours)s::smallint[]) of_day(wanted) cross join lateral ({each})"
                   f" call {_limited(used & {'after'}, sort)}")  # fmt: skip
        _kept[key] = f"select {columns} {sql}"
    return _kept[key]


def _counting(used: frozenset[str], sort: str, limit: bool) -> str:
    key = ("count" if limit else "count all", used, sort)
    if key not in _kept:
        where = _where(used, sort)
        hour = " and utc_hour = any(%(hours)s::smallint[])" if "hour" in used else ""
        short = f"select count(*) from (select 1 {where}{hour} limit {COUNTED}) counted"
        _kept[key] = short if limit else f"select count(*) {where}{hour}"
    return _kept[key]


def page(chosen: Chosen, edge: Edge | None, take: int, columns: str = ROW) -> list[database.Row]:
    """Up to `take` rows in the filter's order after the edge; before it, nearest first, if back."""
    used, params = chosen.used, {**chosen.params, "take": take}
    if edge is not None:
        used |= {"after" if edge.back else "before"}
        params |= {"at": edge.value, "number": edge.number}
    sql = _rows(columns, used, chosen.sort)
    return database.rows(sql, params, prepare=chosen.custom)


def count(place: uuid.UUID, wanted: CallFilter, limit: bool = False) -> int:
    """How many calls fit, exactly: for exports, as it reads them all. With `limit` to 10,000."""
    chosen = choose(place, wanted)
    sql = _counting(chosen.used, chosen.sort, limit)
    found = database.rows(sql, chosen.params, prepare=chosen.custom)
    return int(found[0][0])


def neighbours(
    place: uuid.UUID, wanted: CallFilter, row: database.Row
) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """The ids of the calls before and after this one in the filtered list; `row` is like ROW."""
    chosen = choose(place, wanted)
    if edges.at(row, wanted.sort).value is None:
        return None, None
    found = [page(chosen, edges.at(row, wanted.sort, back), 1, "id") for back in (True, False)]
    before, after = (rows[0][0] if rows else None for rows in found)
    return before, after


def batches(
    place: uuid.UUID, wanted: CallFilter, more: str = "", size: int = BATCH
) -> Iterator[list[database.Row]]:
    """Every call that fits, in order, in lists of up to `size` rows: ROW, then `more` columns.

    `more` is a constant of the caller's code, such as "configuration, error".
    """
    chosen = choose(place, wanted)
    edge = None
    while True:
        rows = page(chosen, edge, size, f"{ROW}, {more}" if more else ROW)
        if rows:
            yield rows
        if len(rows) < size:
            return
        edge = edges.at(rows[-1], chosen.sort)
