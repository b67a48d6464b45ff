"""What the list of calls shows, made ready for the templates.

The list is the hottest page: its rows are plain formatted strings, because a template would
cost several times as much.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape

from markupsafe import Markup

from app.core import formats
from app.core.database import Row
from app.core.kit import badge, icon, text

from .edges import Edge
from .filters import CallFilter
from .words import DIRECTIONS, outcome

LABELS = {
    "date_from": "From", "date_to": "Until", "status": "Status", "direction": "Direction",
    "min_duration": "At least", "max_duration": "At most", "service_id": "Service",
    "phone_number": "Number", "include_simulated": "With tests",
}  # fmt: skip


@cache
def _outcome_badge(status: str, reason: str | None) -> str:
    words, colour, shape = outcome(status, reason)
    return str(badge(words, colour, shape))


@cache
def _way(direction: str) -> str:
    words, shape = DIRECTIONS[direction]
    return f'{icon(shape)}<span class="vh">{words}</span>'


def _table_row(row: Row, base: str) -> str:
    ident, _number, at, direction, status, reason, _esc, caller, line = row[:9]
    seconds, turns, service, _quality = row[9:]
    return (
        f'<tr><th scope="row" data-l="Caller"><span class="way">{_way(direction)}'
        f'<a href="{base}/{ident}">{escape(formats.masked(caller))}</a></span></th>'
        f'<td data-l="Started" class="nowrap"><time datetime="{at.isoformat()}">'
        f"{formats.when_text(at)}</time></td>"
        f'<td data-l="Outcome">{_outcome_badge(status, reason)}</td>'
        f'<td data-l="Service">{text(service or "")}</td>'
        f'<td data-l="Number" class="nowrap">{text(formats.phone(line))}</td>'
        f'<td data-l="Length" class="num nowrap">{formats.duration(seconds)}</td>'
        f'<td data-l="Turns" class="num">{turns}</td></tr>'
    )


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list."""

    rows: Markup
    count: int
    newer: str | None
    older: str | None
    filtered: bool


def listing(
    found: Sequence[Row], edge: Edge | None, shown: int, base: str, wanted: CallFilter
) -> Listing:
    """The rows of a page in the filter's order, with links to the pages around it."""
    more, rows = len(found) > shown, list(found[:shown])
    back = edge is not None and edge.back
    at = {"started_at": 2, "duration": 9, "quality": 12}[wanted.sort.removeprefix("-")]
    if back:
        rows.reverse()
    has_newer = more if back else edge is not None
    has_older = bool(rows) if back else more

    def link(name: str, row: Row) -> str:
        return wanted.url(base, **{name: Edge(row[at], row[1]).text()})

    return Listing(
        rows=Markup("".join(_table_row(row, base) for row in rows)),
        count=len(rows),
        newer=link("after", rows[0]) if has_newer and rows else None,
        older=link("before", rows[-1]) if has_older and rows else None,
        filtered=bool(wanted.query()) or edge is not None,
    )


def chips(wanted: CallFilter, base: str) -> list[tuple[str, str]]:
    """(words, the link without it) for each filter that is set."""
    return [
        (f"{LABELS.get(name, name)}: {value}", wanted.url(base, **{name: None}))
        for name, value in wanted.query().items()
    ]
