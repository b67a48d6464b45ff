"""Reading calls. Every statement is built once and names its workspace."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from app.core import database
from app.core.errors import Invalid, NotFound

from . import edges, listing
from .clauses import choose
from .edges import Edge
from .filters import Asked, CallFilter, CallQuery, parse
from .listing import ROW, batches, count, neighbours
from .naming import look as by_name
from .schema import CallOut, CallPage, CallRow
from .search_words import NOTHING_KEPT
from .spoken import TurnOut

__all__ = [
    "ROW", "Asked", "CallFilter", "batches", "by_name", "count", "find", "lines", "neighbours", "page",
    "parse", "short_page", "stored", "total", "turns", "whole",
]  # fmt: skip

SHORT = (
    "id, number, started_at, direction, status, completion_reason, escalation_status, caller_id,"
    " phone_number, duration_seconds, turn_count, service_name, quality_score"
)
_ANCHOR = f"""
select {ROW} from call
where workspace_id = %(workspace_id)s and number = %(number)s
"""
_TOTAL = "select total from call_counter where workspace_id = %(workspace_id)s"
_ONE = f"""
select {ROW}, ended_at, service_name, configuration, error, created_at, transcript_removed_at
from call
where workspace_id = %(workspace_id)s and
"""
_BY_ID = _ONE + " id = %(id)s"
_BY_SID = _ONE + " call_sid = %(sid)s"
_TURNS = """
select seq, speaker_role, text, started_s, ended_s, engine_ms, nav_ms, render_ms, ttfb_ms,
  state, interrupted, response_ms, tool_calls, details from turn
where workspace_id = %(workspace_id)s and call_id = %(call_id)s order by seq
"""
_COUNTER = "select last_number, total from call_counter where workspace_id = %(workspace_id)s"
# Loose index scans: one index probe for each different number and service.
_LINES = """
with recursive lines as (
  (select phone_number from call where workspace_id = %(workspace_id)s
   and phone_number is not null order by phone_number limit 1)
  union all
  select (select c.phone_number from call c where c.workspace_id = %(workspace_id)s
          and c.phone_number > lines.phone_number order by c.phone_number limit 1)
  from lines where lines.phone_number is not null
), answering as (
  (select service_id from call where workspace_id = %(workspace_id)s
   and service_id is not null order by service_id limit 1)
  union all
  select (select c.service_id from call c where c.workspace_id = %(workspace_id)s
          and c.service_id > answering.service_id order by c.service_id limit 1)
  from answering where answering.service_id is not null
)
select array(select phone_number from lines where phone_number is not null limit 100),
  (select json_agg(json_build_array(a.service_id, (
     select c.service_name from call c
     where c.workspace_id = %(workspace_id)s and c.service_id = a.service_id
     order by c.started_at desc, c.number desc limit 1)))
   from (select service_id from answering where service_id is not null limit 100) a)
"""


def total(workspace_id: uuid.UUID, wanted: CallFilter) -> int:
    """How many calls there are; with a filter, how many up to 10,000."""
    if wanted.query().keys() == {"include_simulated"}:
        return stored(workspace_id)
    return count(workspace_id, wanted, limit=True)


def stored(workspace_id: uuid.UUID) -> int:
    """All calls of the workspace, from the counter that the write keeps."""
    return int(database.value(_TOTAL, {"workspace_id": workspace_id}) or 0)


def page(workspace_id: uuid.UUID, query: CallQuery) -> CallPage:
    """One page for the API."""
    edge = None
    if query.continuation_token:
        anchor = {"workspace_id": workspace_id, "number": query.continuation_token}
        row = database.row(_ANCHOR, anchor)
        edge = edges.at(row, query.order) if row else None
        if edge is None or edge.value is None:
            raise Invalid({"continuation_token": "There is no such page; start without a token."})
    chosen = choose(workspace_id, query)
    if chosen.nothing:
        raise Invalid({"q": NOTHING_KEPT})
    found = listing.page(chosen, edge, query.limit + 1)
    rows, token = found.rows[: query.limit], found.reach.number if found.reach else None
    if len(found.rows) > query.limit:
        token = rows[-1][20]
    return CallPage(
        items=[CallRow.model_construct(**_row(row)) for row in rows],
        total=total(workspace_id, query),
        has_more=token is not None,
        continuation_token=token,
    )


def short_page(
    workspace_id: uuid.UUID, wanted: CallFilter, edge: Edge | None, take: int
) -> list[database.Row]:
    """Tuples of SHORT for the page's table, one more than `take` where there are more."""
    return listing.page(choose(workspace_id, wanted), edge, take + 1, SHORT).rows


def _row(row: database.Row) -> dict[str, Any]:
    names = CallRow.model_fields
    return dict(zip(names, row, strict=False))


def find(workspace_id: uuid.UUID, ident: str) -> database.Row:
    """The stored row by id or call_sid. Raises NotFound."""
    found = by_name(_BY_ID, _BY_SID, {"workspace_id": workspace_id}, ident)
    if found is None:
        raise NotFound.of("call")
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
    return told(workspace_id, row, turns(workspace_id, row[0]))


def told(workspace_id: uuid.UUID, row: database.Row, rows: Sequence[database.Row]) -> CallOut:
    """The same from rows that were read already."""
    spoken = [_turn(turn, row[4]) for turn in rows]
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


@dataclass(frozen=True, eq=False, slots=True)
class Lines:
    """Our numbers that calls came in on or went out from, and the services that answered.

    One object for the same content: its identity is its hash.
    """

    numbers: tuple[str, ...]
    services: tuple[tuple[str, str], ...]
    """(id, latest name)."""


def lines(workspace_id: uuid.UUID) -> Lines:
    """Up to 100 of each, looked up again when calls were stored or removed."""
    counted = database.row(_COUNTER, {"workspace_id": workspace_id})
    return _looked_up(workspace_id, counted)


@lru_cache(256)
def _looked_up(workspace_id: uuid.UUID, _counted: database.Row | None) -> Lines:
    (found,) = database.raw(_LINES, {"workspace_id": workspace_id})
    return _lines(found[0], found[1] or "[]")


@lru_cache(256)
def _lines(numbers: tuple[str, ...], services: str) -> Lines:
    return Lines(numbers, tuple((ident, name or ident) for ident, name in json.loads(services)))
