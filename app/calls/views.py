"""What the list of calls shows, made ready for the templates.

The list is the hottest page: its rows are plain formatted strings, because a template would
cost several times as much.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import escape
from urllib.parse import urlencode

from markupsafe import Markup
from pydantic import ValidationError

from app.core import formats
from app.core.database import Row
from app.core.kit import badge, icon, text
from app.core.schema import plain

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
    ident, _number, at, direction, status, reason, _esc, caller, line, seconds, turns, service = row
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


def _edge(row: Row) -> str:
    micros = round(row[2].timestamp() * 1_000_000)
    return f"{micros}.{row[1]}"


def listing(
    found: Sequence[Row],
    cursor: tuple[str, datetime, int] | None,
    shown: int,
    base: str,
    given: dict[str, str],
) -> Listing:
    """The rows of a page, newest first, with links to the pages around it."""
    more, rows = len(found) > shown, list(found[:shown])
    backwards = cursor is not None and cursor[0] == "after"
    if backwards:
        rows.reverse()
    has_newer = more if backwards else cursor is not None
    has_older = bool(rows) if backwards else more

    def link(name: str, row: Row) -> str:
        return f"{base}?{urlencode({**given, name: _edge(row)})}"

    return Listing(
        rows=Markup("".join(_table_row(row, base) for row in rows)),
        count=len(rows),
        newer=link("after", rows[0]) if has_newer and rows else None,
        older=link("before", rows[-1]) if has_older and rows else None,
        filtered=bool(given) or cursor is not None,
    )


def chips(given: dict[str, str], base: str) -> list[tuple[str, str]]:
    """(words, the link without it) for each filter that is set."""
    return [
        (f"{LABELS[name]}: {value}",
         f"{base}?{urlencode({n: v for n, v in given.items() if n != name})}")
        for name, value in given.items()
    ]  # fmt: skip


def messages(error: ValidationError) -> dict[str, str]:
    """Field -> message of a filter that was not valid."""
    return {str(p["loc"][0]): p["msg"] for p in plain(error.errors(include_url=False)) if p["loc"]}
