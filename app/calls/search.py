"""Finding calls by what was said on them.

The index gives calls with the words, newest first, in growing batches; the other filters are
joined to them until the page is full. Where the other filters leave few calls, the words are
looked for in these alone.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from app.core import database

from . import clauses
from .clauses import Chosen
from .edges import Edge

BATCHES = (200, 2_000, 20_000)
FEW = 1_000
_FOUND = """
with found as materialized (
  select call_id as found_id, started_at as found_at, number as found_number
  from find_transcripts(%(wanted)s, %(pieces)s::text[], %(needs)s::text[], %(bars)s::text[],
    %(since)s::timestamptz, %(until)s::timestamptz, %(at)s::timestamptz, %(number)s::bigint,
    %(among)s::uuid[], %(oldest_first)s, %(batch)s)
), last as (
  select found_at, found_number, count(*) over () as many from found
  order by found_at {up}, found_number {up} limit 1
), hits as ({hits})
select many, last.found_at, last.found_number, hits.* from last left join hits on true
"""
_HITS = "select found_at as hit_at, found_number as hit_number, {columns} {where} {limited}"
_ORDERED = " order by hit_at {down}, hit_number {down}"
_kept: dict[tuple[str, frozenset[str], bool], str] = {}


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
) -> tuple[int, Edge | None, list[database.Row]]:
    """How many calls with the words were looked at, the last of them, and what fits."""
    words = chosen.words
    if words is None:
        return 0, None, []
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
        return 0, None, []
    many, at, number = rows[0][:3]
    return many, Edge(at, number, back), rows


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
    first = BATCHES[0] if chosen.narrowed else min(BATCHES[0], 2 * take)
    for batch in (first, *BATCHES[1:]):
        if batch != first and chosen.narrowed and (among := _few(chosen, edge)) is not None:
            batch = FEW
        many, last, found = _run(chosen, edge, batch, take - len(rows), columns, among)
        rows += [row[5:] for row in found if row[3] is not None]
        if len(rows) >= take or many < batch or among is not None:
            return Found(rows)
        edge = last
    return Found(rows, edge)


def count(chosen: Chosen, limit: int) -> int:
    """How many calls fit: exactly, or among the first `limit` with the words."""
    counted, edge, batch = 0, None, limit or BATCHES[-1]
    while True:
        many, edge, found = _run(chosen, edge, batch, 0, "")
        counted += found[0][3] if found else 0
        if limit or many < batch:
            return counted
