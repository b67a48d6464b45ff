"""Reading calls. Every statement is built once and names its workspace."""

import uuid
from datetime import date
from typing import Any

from app.core import database
from app.core.errors import Invalid, NotFound

from .rollups import REAL
from .schema import CallFilter, CallOut, CallPage, CallQuery, CallRow
from .spoken import TurnOut

COUNTED = 10_000
ROW = (
    "id, call_sid, direction, status, started_at, duration_seconds, turn_count, caller_id,"
    " phone_number, service_id, quality_score, final_state, completion_reason, escalation_status,"
    " has_recording, source, channel_kind, run_id, parent_session_id, fork_turn_index, number"
)
SHORT = (
    "id, number, started_at, direction, status, completion_reason, escalation_status, caller_id,"
    " phone_number, duration_seconds, turn_count, service_name"
)
# Each filter is its own clause; a statement is assembled once per combination and kept.
CLAUSES = {
    "date_from": "started_at >= %(date_from)s::timestamptz",
    "date_to": "started_at < %(date_to)s::timestamptz + interval '1 day'",
    "status": "status = %(status)s",
    "direction": "direction = %(direction)s",
    "min_duration": "duration_seconds >= %(min_duration)s",
    "max_duration": "duration_seconds <= %(max_duration)s",
    "service_id": "service_id = %(service_id)s",
    "phone_number": "phone_number = %(phone_number)s",
    "real": REAL,
    "before": "(started_at, number) < (%(at)s::timestamptz, %(number)s)",
    "after": "(started_at, number) > (%(at)s::timestamptz, %(number)s)",
}
_kept: dict[tuple[str, frozenset[str]], str] = {}
_ANCHOR = """
select started_at, number from call
where workspace_id = %(workspace_id)s and number = %(number)s
"""
_TOTAL = "select total from call_counter where workspace_id = %(workspace_id)s"
_ONE = f"""
select {ROW}, ended_at, service_name, configuration, error, created_at from call
where workspace_id = %(workspace_id)s and
"""
_BY_ID = _ONE + " id = %(id)s"
_BY_SID = _ONE + " call_sid = %(sid)s"
_TURNS = """
select seq, speaker_role, text, started_s, ended_s, engine_ms, nav_ms, render_ms, ttfb_ms,
  state, interrupted, response_ms, tool_calls, details from turn
where workspace_id = %(workspace_id)s and call_id = %(call_id)s order by seq
"""
_NEIGHBOURS = """
select (select id from call where workspace_id = %(workspace_id)s
    and (started_at, number) > (%(at)s, %(number)s) order by started_at, number limit 1),
  (select id from call where workspace_id = %(workspace_id)s
    and (started_at, number) < (%(at)s, %(number)s)
    order by started_at desc, number desc limit 1)
"""
# A loose index scan: one index probe for each different number.
_NUMBERS = """
with recursive each as (
  (select phone_number from call where workspace_id = %(workspace_id)s
   and phone_number is not null order by phone_number limit 1)
  union all
  select (select c.phone_number from call c where c.workspace_id = %(workspace_id)s
          and c.phone_number > each.phone_number order by c.phone_number limit 1)
  from each where each.phone_number is not null
) select phone_number from each where phone_number is not null limit 100
"""
_SERVICES = """
with recursive each as (
  (select service_id from call where workspace_id = %(workspace_id)s
   and service_id is not null order by service_id limit 1)
  union all
  select (select c.service_id from call c where c.workspace_id = %(workspace_id)s
          and c.service_id > each.service_id order by c.service_id limit 1)
  from each where each.service_id is not null
) select each.service_id, (select c.service_name from call c
    where c.workspace_id = %(workspace_id)s and c.service_id = each.service_id
    order by c.started_at desc, c.number desc limit 1)
from each where each.service_id is not null limit 100
"""
# The newest 70,000 at most: one range of the index.
_WEEK = """
select (started_at at time zone 'UTC')::date, status, completion_reason, count(*),
  count(*) filter (where escalation_status <> 'none')
from (
  select started_at, status, completion_reason, escalation_status from call
  where workspace_id = %(workspace_id)s
    and started_at >= %(first)s::date::timestamp at time zone 'UTC'
    and started_at < (%(first)s::date + 7)::timestamp at time zone 'UTC'
  order by started_at desc, number desc limit 70000) of_week
group by 1, 2, 3
"""


def _statement(kind: str, used: frozenset[str]) -> str:
    found = _kept.get((kind, used))
    if found is None:
        where = "".join(f" and {CLAUSES[name]}" for name in sorted(used))
        base = f"from call where workspace_id = %(workspace_id)s{where}"
        order = "" if "after" in used else " desc"
        ordered = f" order by started_at{order}, number{order} limit %(take)s"
        found = {
            "rows": f"select {ROW} {base}{ordered}",
            "short": f"select {SHORT} {base}{ordered}",
            "count": f"select count(*) from (select 1 {base} limit {COUNTED}) counted",
        }[kind]
        _kept[(kind, used)] = found
    return found


def _chosen(wanted: CallFilter) -> tuple[set[str], dict[str, Any]]:
    values = {n: getattr(wanted, n) for n in CallFilter.model_fields if n != "include_simulated"}
    given = {name: value for name, value in values.items() if value is not None}
    used = set(given)
    if not wanted.include_simulated and wanted.direction not in ("simulated", "test"):
        used.add("real")
    return used, given


def total(workspace_id: uuid.UUID, wanted: CallFilter) -> int:
    """How many calls there are; with a filter, how many up to 10,000."""
    used, given = _chosen(wanted)
    if not given and wanted.include_simulated:
        return stored(workspace_id)
    sql = _statement("count", frozenset(used))
    return int(database.value(sql, {**given, "workspace_id": workspace_id}))


def stored(workspace_id: uuid.UUID) -> int:
    """All calls of the workspace, from the counter that the write keeps."""
    return int(database.value(_TOTAL, {"workspace_id": workspace_id}) or 0)


def page(workspace_id: uuid.UUID, query: CallQuery) -> CallPage:
    """One page for the API, newest first."""
    used, given = _chosen(query)
    params = {**given, "workspace_id": workspace_id, "take": query.limit + 1}
    if query.continuation_token:
        anchor = {"workspace_id": workspace_id, "number": query.continuation_token}
        found = database.row(_ANCHOR, anchor)
        if found is None:
            raise Invalid({"continuation_token": "There is no such page; start without a token."})
        used.add("before")
        params |= {"at": found[0], "number": found[1]}
    rows = database.rows(_statement("rows", frozenset(used)), params)
    more, rows = len(rows) > query.limit, rows[: query.limit]
    return CallPage(
        items=[CallRow.model_construct(**_row(row)) for row in rows],
        total=total(workspace_id, query),
        has_more=more,
        continuation_token=rows[-1][20] if more else None,
    )


def short_page(
    workspace_id: uuid.UUID, wanted: CallFilter, cursor: tuple[str, Any, int] | None, take: int
) -> list[database.Row]:
    """Tuples for the page's table. `cursor` is (before|after, time, number); one extra row."""
    used, given = _chosen(wanted)
    params = {**given, "workspace_id": workspace_id, "take": take + 1}
    if cursor is not None:
        used.add(cursor[0])
        params |= {"at": cursor[1], "number": cursor[2]}
    return database.rows(_statement("short", frozenset(used)), params)


def _row(row: database.Row) -> dict[str, Any]:
    names = CallRow.model_fields
    return dict(zip(names, row, strict=False))


def find(workspace_id: uuid.UUID, ident: str) -> database.Row:
    """The stored row by id or call_sid. Raises NotFound."""
    found = None
    try:
        found = database.row(_BY_ID, {"workspace_id": workspace_id, "id": uuid.UUID(ident)})
    except ValueError:
        found = database.row(_BY_SID, {"workspace_id": workspace_id, "sid": ident})
    if found is None:
        raise NotFound
    return found


def turns(workspace_id: uuid.UUID, call_id: uuid.UUID) -> list[database.Row]:
    """The turns of one call, in order."""
    return database.rows(_TURNS, {"workspace_id": workspace_id, "call_id": call_id})


def _turn(turn: database.Row, started_at: Any) -> TurnOut:
    from datetime import timedelta

    seq, speaker, text, started_s, ended_s, *figures = turn[:9]
    state, interrupted, waited, tools, details = turn[9:]
    return TurnOut.model_construct(
        turn_index=seq,
        timestamp=started_at + timedelta(seconds=started_s),
        speaker_role=speaker,
        text=text,
        user_transcript=text if speaker == "caller" else None,
        agent_transcript=text if speaker == "agent" else None,
        started_s=started_s,
        ended_s=ended_s,
        engine_ms=figures[0],
        nav_ms=figures[1],
        render_ms=figures[2],
        ttfb_ms=figures[3],
        response_ms=waited,
        state=state,
        interrupted=interrupted,
        tool_calls=tools or [],
        **(details or {}),
    )


def whole(workspace_id: uuid.UUID, ident: str) -> CallOut:
    """The call in full, for the API."""
    row = find(workspace_id, ident)
    spoken = [_turn(turn, row[4]) for turn in turns(workspace_id, row[0])]
    roles = dict.fromkeys(turn.speaker_role for turn in spoken)
    fields = {
        **_row(row),
        "id": row[0],
        "number": row[20],
        "workspace_id": workspace_id,
        "start_time": row[4],
        "end_time": row[21],
        "service_name": row[22],
        "configuration": row[23],
        "error": row[24],
        "turn_count": row[6],
        "turns": spoken,
        "participants": [{"role": role} for role in roles],
        "human_segments": [turn for turn in spoken if turn.speaker_role == "operator"],
    }
    return CallOut.model_construct(**fields)


def neighbours(workspace_id: uuid.UUID, at: Any, number: int) -> tuple[Any, Any]:
    """The ids of the next newer and the next older call."""
    params = {"workspace_id": workspace_id, "at": at, "number": number}
    found = database.row(_NEIGHBOURS, params)
    return (found[0], found[1]) if found else (None, None)


def numbers(workspace_id: uuid.UUID) -> tuple[str, ...]:
    """Our numbers that calls came in on or went out from."""
    return tuple(row[0] for row in database.rows(_NUMBERS, {"workspace_id": workspace_id}))


def services(workspace_id: uuid.UUID) -> tuple[tuple[uuid.UUID, str], ...]:
    """Services that answered calls, with their latest name."""
    found = database.rows(_SERVICES, {"workspace_id": workspace_id})
    return tuple((row[0], row[1] or str(row[0])) for row in found)


def week(workspace_id: uuid.UUID, first: date) -> list[database.Row]:
    """(day, status, completion reason, calls, of them escalated) of seven days from `first`."""
    return database.rows(_WEEK, {"workspace_id": workspace_id, "first": first})
