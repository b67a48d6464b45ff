"""What the list of calls shows, made ready for the templates.

The list is the hottest page: its rows are plain formatted strings, because a template would
cost several times as much.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from html import escape
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.core import formats
from app.core.database import Row
from app.core.kit import badge, icon, text

from .edges import Edge
from .filters import CallFilter
from .search import Found
from .sentences import Sentence
from .words import CHANNELS, DIRECTIONS, SPEAKERS, outcome

COLUMNS = """
id::text, number, started_at, direction, status, completion_reason, caller_id, phone_number,
duration_seconds, service_name, quality_score, channel_kind, has_recording, reviewed_at is not null,
(select account_id from call_assignment where workspace_id = %(workspace_id)s
  and call_id = call.id),
(select json_agg(tag order by tag)::text from call_tag where workspace_id = %(workspace_id)s
  and call_id = call.id)
"""
"""A row is kept by what it holds: ids and tags as text, which is told apart quickest."""
TAGS_SHOWN = 3
ROWS_KEPT = 2048
"""Rows that a process keeps as it drew them: people open the same calls' list all day."""


class Listed(NamedTuple):
    """A call of the list, in the order of COLUMNS."""

    id: str
    number: int
    started_at: datetime
    direction: str
    status: str
    reason: str | None
    caller: str | None
    line: str | None
    seconds: float | None
    service: str | None
    quality: float | None
    channel: str
    recorded: bool
    reviewed: bool
    assignee: uuid.UUID | None
    tags: str | None
    """JSON."""


_PLACE = {name: place for place, name in enumerate(Listed._fields)}
ID, NUMBER, ASSIGNEE = _PLACE["id"], _PLACE["number"], _PLACE["assignee"]
AT = {
    "started_at": _PLACE["started_at"],
    "duration": _PLACE["seconds"],
    "quality": _PLACE["quality"],
}
"""Where the value of a sort stands in a row."""


@dataclass(frozen=True, eq=False, slots=True)
class Look:
    """What all rows of a page share. One object for the same content: its identity is its hash."""

    base: str
    """The address of the list."""
    query: str
    """The filter, which goes along with the links to calls: escaped, from the ? on."""
    zone: ZoneInfo
    today: date
    ticks: bool
    """Whether rows can be ticked, to do something with several calls at once."""

    @classmethod
    def of(cls, base: str, wanted: CallFilter, zone: ZoneInfo, ticks: bool) -> "Look":
        """How calls are shown now, in this time zone."""
        return _look(base, escape(wanted.url("")), zone, datetime.now(zone).date(), ticks)

    def link(self, ident: str, turn: int = 0) -> str:
        """The address of a call within the filter, escaped; with a turn, at that turn."""
        if not turn:
            return f"{self.base}/{ident}{self.query}"
        more = "&amp;" if self.query else "?"
        return f"{self.base}/{ident}{self.query}{more}turn={turn}#turn-{turn}"

    def when(self, at: datetime) -> str:
        """When a call began: "Today, 09:14"."""
        local = at.astimezone(self.zone)
        day = local.date()
        if day == self.today:
            words = "Today"
        elif day == self.today - timedelta(days=1):
            words = "Yesterday"
        else:
            year = f" {day.year}" if day.year != self.today.year else ""
            words = f"{day.day} {formats.MONTHS[day.month - 1]}{year}"
        return f'<time datetime="{at.isoformat()}">{words}, {local:%H:%M}</time>'


_look = lru_cache(256)(Look)


@cache
def _outcome_badge(status: str, reason: str | None) -> str:
    return str(badge(*outcome(status, reason)))


@cache
def _way(direction: str) -> str:
    words, shape = DIRECTIONS[direction]
    return f'{icon(shape)}<span class="vh">{words}</span>'


@cache
def _sign(shape: str, words: str) -> str:
    return f'<span class="sign" title="{words}">{icon(shape)}<span class="vh">{words}</span></span>'


@lru_cache(1024)
def _holder(name: str) -> str:
    """Whose call it is, by initials."""
    initials = "".join(word[0] for word in name.split()[:2]).upper()
    return (
        f'<span class="holder" title="Assigned to {escape(name)}"><span aria-hidden="true">'
        f'{escape(initials)}</span><span class="vh">Assigned to {escape(name)}</span></span>'
    )


def _marks(call: Listed, holder: str | None) -> str:
    """What people noted, and what there is besides the words."""
    found = []
    if call.channel != "voice":
        found.append(str(badge(CHANNELS[call.channel], "info")))
    if call.reviewed:
        found.append(_sign("circle-check", "Reviewed"))
    if call.recorded:
        found.append(_sign("audio-lines", "Recorded"))
    if holder is not None:
        found.append(_holder(holder))
    tags = json.loads(call.tags) if call.tags else []
    found += [f'<bdi class="tag">{text(tag)}</bdi>' for tag in tags[:TAGS_SHOWN]]
    if len(tags) > TAGS_SHOWN:
        found.append(f'<span class="muted sm">{len(tags) - TAGS_SHOWN} more</span>')
    return "".join(found)


def _caller(call: Listed, look: Look) -> str:
    return (
        f'<span class="way">{_way(call.direction)}'
        f'<a href="{look.link(call.id)}">{escape(formats.masked(call.caller))}</a></span>'
    )


@lru_cache(4096)
def _answered(service: str | None, line: str | None) -> str:
    """What answered, and the number that was called or called from."""
    number = f'<span class="line">{escape(formats.phone(line))}</span>' if line else ""
    return f"{escape(service)} {number}" if service else number


def _quality(call: Listed) -> str:
    return "" if call.quality is None else str(round(call.quality * 100))


def _tick(call: Listed, look: Look) -> str:
    if not look.ticks:
        return ""
    return (
        f'<input type="checkbox" name="call" value="{call.id}" form="ticked"'
        f' aria-label="Tick call {call.number}">'
    )


@lru_cache(ROWS_KEPT)
def _table_row(row: Row, holder: str | None, look: Look) -> bytes:
    call = Listed._make(row)
    return (
        f'<tr data-call><th scope="row" data-l="Caller"><span class="way">{_tick(call, look)}'
        f"{_caller(call, look)}</span></th>"
        f'<td data-l="Started" class="nowrap">{look.when(call.started_at)}</td>'
        f'<td data-l="Outcome">{_outcome_badge(call.status, call.reason)}</td>'
        f'<td data-l="Service">{_answered(call.service, call.line)}</td>'
        f'<td data-l="Length" class="num nowrap">{formats.duration(call.seconds)}</td>'
        f'<td data-l="Quality" class="num">{_quality(call)}</td>'
        f'<td class="marks">{_marks(call, holder)}</td></tr>'
    ).encode()


@lru_cache(ROWS_KEPT)
def _hit(row: Row, holder: str | None, look: Look) -> str:
    """A call that was found, but for the sentence."""
    call = Listed._make(row)
    told = (text(call.service or ""), formats.duration(call.seconds))
    line = "".join(f"<span>{words}</span>" for words in told if words)
    return (
        f'<li data-call><p class="meta"><strong>{_caller(call, look)}</strong>'
        f"<span>{look.when(call.started_at)}</span>{_outcome_badge(call.status, call.reason)}"
        f'{line}<span class="marks">{_marks(call, holder)}</span></p>'
    )


@cache
def _said_by(speaker: str) -> str:
    words, shape = SPEAKERS[speaker]
    return f"{icon(shape)}{words}"


def _quote(ident: str, look: Look, best: Sentence | None) -> str:
    if best is None:
        return "</li>"
    return (
        f'<a class="quote" href="{look.link(ident, best.turn)}"><span class="said-by">'
        f"{_said_by(best.speaker)}, {formats.clock(best.started_s)}</span>"
        f' <q dir="auto">{best.words}</q></a></li>'
    )


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list."""

    rows: bytes
    count: int
    newer: str | None
    older: str | None
    reached: str | None
    """How far back a search looked that did not see everything; `older` goes on."""


def listing(
    found: Found,
    edge: Edge | None,
    shown: int,
    wanted: CallFilter,
    look: Look,
    best: Mapping[str, Sentence],
    people: Mapping[uuid.UUID, str],
) -> Listing:
    """The rows of a page in the filter's order, with links to the pages around it.

    `best` has the sentences of calls by id; `people` are the names of accounts.
    """
    more = len(found.rows) > shown or found.reach is not None
    rows = found.rows[:shown]
    back = edge is not None and edge.back
    if back:
        rows.reverse()
    at = AT[wanted.order.removeprefix("-")]

    def link(name: str, to: Edge) -> str:
        return wanted.url(look.base, **{name: to.text()})

    first = Edge(rows[0][at], rows[0][NUMBER]) if rows else edge
    last = Edge(rows[-1][at], rows[-1][NUMBER]) if rows else edge
    if found.reach is not None and len(found.rows) <= shown:
        first, last = (found.reach, last) if back else (first, found.reach)
    has_newer = more if back else edge is not None
    has_older = edge is not None if back else more
    return Listing(
        rows=_rows(rows, wanted, look, best, people),
        count=len(rows),
        newer=link("after", first) if has_newer and first else None,
        older=link("before", last) if has_older and last else None,
        reached=formats.when_text(found.reach.value, look.zone) if found.reach else None,
    )


def _rows(
    rows: Sequence[Row], wanted: CallFilter, look: Look, best: Mapping[str, Sentence],
    people: Mapping[uuid.UUID, str],
) -> bytes:  # fmt: skip
    holders = [people.get(row[ASSIGNEE], "somebody") if row[ASSIGNEE] else None for row in rows]
    drawn = zip(rows, holders, strict=True)
    if not wanted.q:
        return b"".join([_table_row(row, holder, look) for row, holder in drawn])
    return "".join(
        [
            _hit(row, holder, look) + _quote(row[ID], look, best.get(row[ID]))
            for row, holder in drawn
        ]
    ).encode()
