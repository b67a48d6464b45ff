"""The filters in SQL: each its clause with its index, assembled once per combination."""

import uuid
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from app.core import database

from . import search_words, zones
from .filters import CallFilter, utc_hours
from .rollups import REAL
from .search_words import Words

MOST_CALLERS = 500
"""With more callers than this that fit a part of a number, walking the calls is quicker."""
_SAME = ("direction", "status", "outcome", "completion_reason", "service_id", "phone_number",
         "channel_kind")  # fmt: skip
_CLAUSES = {
    **{name: f"{name} = %({name})s" for name in _SAME},
    "since": "{at} >= %(since)s::timestamptz",
    "until": "{at} < %(until)s::timestamptz",
    "min_duration": "duration_seconds >= %(min_duration)s",
    "max_duration": "duration_seconds <= %(max_duration)s",
    "ended": "outcome <> 'running'",
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
    # Inside coalesce, because the planner would take this for rare and sort all the hour's calls.
    "hour": "coalesce(extract(hour from started_at at time zone %(zone)s) = %(hour)s, false)",
    "real": REAL,
}  # fmt: skip
# What a filter reads first instead of the calls: its rows carry the time and number of the call.
_TAGGED = """(select call_id as tagged_id, started_at as tagged_at, number as tagged_number
  from call_tag where workspace_id = %(workspace_id)s and tag = %(tag)s) tagged"""
_HELD = """(select call_id as held_id, started_at as held_at, number as held_number
  from call_assignment where workspace_id = %(workspace_id)s and account_id = %(account)s) held"""
# A number that holds the digits twice is found twice.
_CALLERS = """
with found as materialized (
  select caller_id from caller_part where workspace_id = %(workspace_id)s
  and part >= %(first)s and part < %(last)s limit %(most)s
)
select array(select distinct caller_id from found order by caller_id)
where (select count(*) from found) < %(most)s
"""
_PLAIN = frozenset({"real", "before", "after"})
# What few calls may fit although no index leads to them: thousands are looked through, by time, in
# an index that holds what is asked.
_SIFTED = frozenset({"caller", "min_duration"})
_BESIDE_SIFTED = frozenset({"real", "since", "until", "before", "after", "max_duration"})
_BY_WORDS = frozenset({"real", "words", "since", "until"})
_kept: dict[tuple[str, frozenset[str], str], str] = {}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A filter made ready for SQL: the clauses in use and their values."""

    used: frozenset[str]
    params: dict[str, Any]
    sort: str
    words: Words | None = None
    nothing: bool = False
    """Something was searched for that nobody can find, such as very common words alone."""

    @property
    def prepare(self) -> bool:
        """False where the best plan depends on the values, so that none may be kept."""
        return self.used <= _PLAIN

    @property
    def narrowed(self) -> bool:
        """Whether there are words, and filters that the search for words does not know."""
        return "words" in self.used and not self.used <= _BY_WORDS


def choose(place: uuid.UUID, wanted: CallFilter, zone: ZoneInfo | None = None) -> Chosen:
    """The clauses and values of a filter; `zone` is the workspace's where it is known already.

    Looks callers up where a part of a number is asked, and the stems of words.
    """
    used: set[str] = set() if wanted.with_tests else {"real"}
    params: dict[str, Any] = {"workspace_id": place}
    for name in (*_SAME, "min_duration", "max_duration", "tag"):
        if (value := getattr(wanted, name)) is not None:
            used.add(name)
            params[name] = value
    if wanted.outcome == "ended":
        used = used - {"outcome"} | {"ended"}
    for name in ("escalated", "reviewed", "has_recording"):
        if (holds := getattr(wanted, name)) is not None:
            used.add(name if holds else f"not {name}")
    if wanted.channel_kind not in (None, "voice"):
        used.add("text")
    if wanted.period or wanted.date_from or wanted.date_to or wanted.hour is not None:
        _add_times(wanted, zone or zones.zone_of(place), used, params)
    _add_people(wanted, used, params)
    if wanted.caller:
        _add_callers(wanted.caller, used, params)
    if wanted.q is None:
        return Chosen(frozenset(used), params, wanted.order)
    words = search_words.read(wanted.q, wanted.who)
    return Chosen(frozenset(used | {"words"}), params, wanted.order, words, words is None)


def _add_times(wanted: CallFilter, zone: ZoneInfo, used: set[str], params: dict[str, Any]) -> None:
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
    found = database.value(_CALLERS, {**ends, "most": 2 * MOST_CALLERS})
    if found is None or len(found) > MOST_CALLERS:
        used.add("caller")
        params["caller"] = f"%{part}%"
    else:
        used.add("callers")
        params["callers"] = found


_COLUMNS = {"started_at": "started_at", "duration": "duration_seconds", "quality": "quality_score"}
# What brings the time and number of the calls along, the first of them that is in use.
_DRIVERS = {"words": "found", "tag": "tagged", "held": "held"}
_TABLES = {"words": "found", "tag": _TAGGED, "held": _HELD}


def _order(used: frozenset[str], sort: str) -> tuple[str, str, bool]:
    """The two columns of an order, and whether the larger come first."""
    column, large_first = _COLUMNS[sort.removeprefix("-")], sort.startswith("-")
    if column == "started_at":
        for name, alias in _DRIVERS.items():
            if name in used:
                return f"{alias}_at", f"{alias}_number", large_first
    return column, "number", large_first


def _source(used: frozenset[str]) -> str:
    """The tables to read, from the one that drives to the calls."""
    first, *more = [name for name in _DRIVERS if name in used] or [""]
    source = f"{_TABLES[first]} join call on call.id = {_DRIVERS[first]}_id" if first else "call"
    return source + "".join(
        f" join {_TABLES[name]} on {_DRIVERS[name]}_id = call.id" for name in more
    )


def where(used: frozenset[str], sort: str) -> str:
    """From which tables, and which rows of them.

    With words there must be a `found` (found_id, found_at, found_number), inside the days asked.
    """
    hidden = {"since", "until"} if "words" in used else set()
    clauses = [_CLAUSES[name] for name in sorted(used - hidden) if name in _CLAUSES]
    value, number, large_first = _order(used, sort)
    kind = "timestamptz"
    if not sort.endswith("started_at"):
        clauses.append(f"{value} is not null")
        kind = "double precision"
    for name, sign in (("before", "<>"[not large_first]), ("after", "<>"[large_first])):
        if name in used:
            clauses.append(f"({value}, {number}) {sign} (%(at)s::{kind}, %(number)s)")
    rest = "".join(f" and {clause}" for clause in clauses)
    rest = rest.format(at=_order(used, "started_at")[0])
    return f"from {_source(used)} where call.workspace_id = %(workspace_id)s{rest}"


def limited(used: frozenset[str], sort: str) -> str:
    """The order, turned round when it goes towards the beginning, and how many rows."""
    value, number, large_first = _order(used, sort)
    down = " desc" if large_first != ("after" in used) else ""
    return f"order by {value}{down}, {number}{down} limit %(take)s"


def rows(columns: str, used: frozenset[str], sort: str) -> str:
    """The statement of a page without words."""
    key = (columns, used, sort)
    if key not in _kept:
        sql = f"{where(used, sort)} {limited(used, sort)}"
        if "hour" in used:
            # One ordered range of an index for each hour in UTC, put together again.
            each = f"select call.* {where(used, sort)} and utc_hour = wanted {limited(used, sort)}"
            sql = (f"from unnest(%(hours)s::smallint[]) of_day(wanted) cross join lateral ({each})"
                   f" call {limited(used & {'after'}, sort)}")  # fmt: skip
        elif _sifts(used, sort):
            sql = (f"from (select number as kept {sql}) sifted"
                   " join call on call.workspace_id = %(workspace_id)s and call.number = kept"
                   f" {limited(used & {'after'}, sort)}")  # fmt: skip
        _kept[key] = f"select {columns} {sql}"
    return _kept[key]


def _sifts(used: frozenset[str], sort: str) -> bool:
    """Whether all that is asked stands in the index of real calls by time."""
    by_time = sort.endswith("started_at") and "real" in used
    return by_time and bool(used & _SIFTED) and used - _SIFTED <= _BESIDE_SIFTED


def counting(used: frozenset[str], sort: str, limit: int) -> str:
    """The statement that counts without words; exactly when `limit` is 0."""
    key = (f"count {limit}", used, sort)
    if key not in _kept:
        sql = where(used, sort)
        if "hour" in used:
            sql += " and utc_hour = any(%(hours)s::smallint[])"
        some = f"select count(*) from (select 1 {sql} limit {limit}) counted"
        _kept[key] = some if limit else f"select count(*) {sql}"
    return _kept[key]
