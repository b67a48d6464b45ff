"""Finding calls by what was said on them.

The index gives calls with the words, newest first, in growing batches; the other filters are
joined to them until the page is full. Where the other filters leave few calls, the words are
looked for in these alone.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.core import database

from . import clauses
from .clauses import Chosen
from .edges import Edge

BATCHES = (200, 2_000, 20_000)
SPARE = 12
"""Tests and simulations among the first that are found are left out afterwards."""
FEW = 1_000
_FOUND = """
with found as materialized (
  select call_id as found_id, started_at as found_at, number as found_number
  from find_transcripts(%(wanted)s, %(pieces)s::text[], %(needs)s::text[], %(bars)s::text[],
    %(since)s::timestamptz, %(until)s::timestamptz, %(at)s::timestamptz, %(number)s::bigint,
    %(among)s::uuid[], %(oldest_first)s, %(batch)s)
), last as (
  select found_at, found_number, found_id is null as stopped,
    count(found_id) over () as many from found
  order by found_at {up}, found_number {up} limit 1
), hits as ({hits})
select many, last.found_at, last.found_number, stopped, hits.* from last left join hits on true
"""
_HITS = "select found_at as hit_at, found_number as hit_number, {columns} {where} {limited}"
_ORDERED = " order by hit_at {down}, hit_number {down}"
_kept: dict[tuple[str, frozenset[str], bool], str] = {}


@dataclass(frozen=True, slots=True)
class _Batch:
    """Calls with the words: how many, the last that was looked at, and the rows of what fits."""

    many: int = 0
    last: Edge | None = None
    stopped: bool = False
    """Whether the search gave up here, rather than for want of more calls."""
    rows: Sequence[database.Row] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of a page. `reach` is where the search stopped looking, when it did not see all."""

    rows: list[database.Row]
    reach: Edge | None = None


def _statement(columns: str, used: frozenset[str], oldest_first: bool) -> str:
    key = (columns, used, oldest_first)
    if key not in _kept:
        where = clauses.where(used, "-started_at")
        if columns:
            sort = "started_at" if oldest_first else "-started_at"
            limited = clauses.limited(used, sort)
            hits = _HITS.format(columns=columns, where=where, limited=limited)
        else:
            hits = f"select count(*) {where}"
        up, down = ("desc", "") if oldest_first else ("", "desc")
        sql = _FOUND.format(up=up, hits=hits)
        _kept[key] = sql + _ORDERED.format(down=down) if columns else sql
    return _kept[key]


def _run(
    chosen: Chosen,
    edge: Edge | None,
    batch: int,
    take: int,
    columns: str,
    among: list[uuid.UUID] | None = None,
) -> _Batch:
    words = chosen.words
    if words is None:
        return _Batch()
    back = edge is not None and edge.back
    oldest_first = (chosen.sort == "started_at") != back
    params: dict[str, Any] = {
        "since": None, "until": None, **chosen.params, "wanted": words.wanted,
        "pieces": words.pieces, "needs": words.needs, "bars": words.bars, "batch": batch,
        "take": take, "oldest_first": oldest_first, "at": edge.value if edge else None,
        "number": edge.number if edge else None, "among": among,
    }  # fmt: skip
    sql = _statement(columns, chosen.used, oldest_first)
    rows = database.rows(sql, params, prepare=False)
    if not rows:
        return _Batch()
    many, at, number, stopped = rows[0][:4]
    return _Batch(many, Edge(at, number, back), stopped, rows)


def _few(chosen: Chosen, edge: Edge | None) -> list[uuid.UUID] | None:
    """The calls that fit the other filters beyond the edge, when they are few."""
    used, params = chosen.used - {"words"}, {**chosen.params, "take": FEW + 1}
    if edge is not None:
        used |= {"after" if edge.back else "before"}
        params |= {"at": edge.value, "number": edge.number}
    sql = clauses.rows("id", used, chosen.sort)
    found = database.rows(sql, params, prepare=False)
    return [row[0] for row in found] if len(found) <= FEW else None


def page(chosen: Chosen, edge: Edge | None, take: int, columns: str) -> Found:
    """Up to `take` calls with the words that fit the filter, beyond the edge."""
    rows: list[database.Row] = []
    among: list[uuid.UUID] | None = None
    first = BATCHES[0] if chosen.narrowed else min(BATCHES[0], take + SPARE)
    for batch in (first, *BATCHES[1:]):
        if batch != first and chosen.narrowed and (among := _few(chosen, edge)) is not None:
            batch = FEW
        found = _run(chosen, edge, batch, take - len(rows), columns, among)
        rows += [row[6:] for row in found.rows if row[4] is not None]
        if len(rows) >= take or among is not None:
            return Found(rows)
        if found.stopped or found.many < batch:
            return Found(rows, found.last if found.stopped else None)
        edge = found.last
    return Found(rows, edge)


def count(chosen: Chosen, limit: int) -> int:
    """How many calls fit: exactly, or among the first `limit` with the words."""
    counted, edge, batch = 0, None, limit or BATCHES[-1]
    while True:
        found = _run(chosen, edge, batch, 0, "")
        counted += found.rows[0][4] if found.rows else 0
        if limit or (found.many < batch and not found.stopped):
            return counted
        edge = found.last
