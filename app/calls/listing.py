"""Reading the call list: pages, counts, neighbours, everything in batches."""

import uuid
from collections.abc import Iterator
from functools import cache

from app.core import database

from . import clauses, edges, search
from .clauses import Chosen, choose
from .edges import Edge
from .filters import CallFilter
from .search import Found

ROW = (
    "id, call_sid, direction, status, started_at, duration_seconds, turn_count, caller_id,"
    " phone_number, service_id, quality_score, final_state, completion_reason, escalation_status,"
    " has_recording, source, channel_kind, run_id, parent_session_id, fork_turn_index, number"
)
COUNTED, COUNTED_WITH_WORDS = 10_000, 1_000
BATCH = 1_000


def page(chosen: Chosen, edge: Edge | None, take: int, columns: str = ROW) -> Found:
    """Up to `take` rows in the filter's order after the edge; before it, nearest first, if back."""
    if "words" in chosen.used:
        return search.page(chosen, edge, take, columns)
    used, params = chosen.used, {**chosen.params, "take": take}
    if edge is not None:
        used |= {"after" if edge.back else "before"}
        params |= {"at": edge.value, "number": edge.number}
    sql = clauses.rows(columns, used, chosen.sort)
    return Found(database.rows(sql, params, prepare=chosen.prepare))


def count(place: uuid.UUID, wanted: CallFilter, limit: bool = False) -> int:
    """How many calls fit, exactly: for exports, as it reads them all.

    With `limit` it stops at 10,000, and looks at the newest 1,000 calls with the words.
    """
    chosen = choose(place, wanted)
    if "words" in chosen.used:
        return search.count(chosen, COUNTED_WITH_WORDS if limit else 0)
    sql = clauses.counting(chosen.used, chosen.sort, COUNTED if limit else 0)
    return int(database.rows(sql, chosen.params, prepare=chosen.prepare)[0][0])


def neighbours(
    place: uuid.UUID, wanted: CallFilter, row: database.Row
) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """The ids of the calls before and after this one in the filtered list; `row` is like ROW."""
    chosen = choose(place, wanted)
    here = edges.at(row, chosen.sort)
    if here.value is None:
        return None, None
    found = _beside_words(chosen, here) if "words" in chosen.used else _beside(chosen, here)
    return found.get("before"), found.get("after")


def _beside_words(chosen: Chosen, here: Edge) -> dict[str, uuid.UUID]:
    found = {}
    for name, back in (("before", True), ("after", False)):
        for row in page(chosen, Edge(here.value, here.number, back), 1, "id").rows:
            found[name] = row[0]
    return found


def _beside(chosen: Chosen, here: Edge) -> dict[str, uuid.UUID]:
    params = {**chosen.params, "take": 1, "at": here.value, "number": here.number}
    return dict(database.rows(_both(chosen.used, chosen.sort), params, prepare=chosen.prepare))


@cache
def _both(used: frozenset[str], sort: str) -> str:
    # What stands before a call in the list lies after it in time, if the newest come first.
    return " union all ".join(
        f"(select '{name}', id from ({clauses.rows('id', used | {edge}, sort)}) {name})"
        for name, edge in (("before", "after"), ("after", "before"))
    )


def batches(
    place: uuid.UUID, wanted: CallFilter, more: str = "", size: int = BATCH
) -> Iterator[list[database.Row]]:
    """Every call that fits, in order, in lists of up to `size` rows: ROW, then `more` columns.

    `more` is a constant of the caller's code, such as "configuration, error".
    """
    chosen = choose(place, wanted)
    edge: Edge | None = None
    while True:
        found = page(chosen, edge, size, f"{ROW}, {more}" if more else ROW)
        if found.rows:
            yield found.rows
        if len(found.rows) < size and found.reach is None:
            return
        edge = found.reach or edges.at(found.rows[-1], chosen.sort)
