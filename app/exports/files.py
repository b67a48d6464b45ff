"""The lines of an export: first what it is, then one line a call."""

import csv
import io
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from app.calls.filters import CallFilter
from app.core import formats
from app.core.database import Row
from app.core.identity import Actor

from . import queries
from .queries import TURN_COUNT, Spoken
from .redaction import conversation
from .schema import Export

FIELDS = (
    "id", "call_sid", "direction", "status", "started_at", "duration_seconds", "turn_count",
    "caller_id", "phone_number", "service_id", "quality_score", "final_state",
    "completion_reason", "escalation_status", "has_recording", "source", "channel_kind", "run_id",
    "parent_session_id", "fork_turn_index", "number", "ended_at", "service_name", "reviewed_at",
    "reviewed_by",
)  # fmt: skip
LEFT_OUT = ("run_id", "parent_session_id", "fork_turn_index", "service_id")
TIMES = ("started_at", "ended_at", "reviewed_at")
"""In UTC; each has a twin in the workspace's time zone."""
SHOWN = tuple(
    column
    for name in FIELDS if name not in LEFT_OUT
    for column in ((name, f"{name.removesuffix('_at')}_local") if name in TIMES else (name,))
)  # fmt: skip
# What spreadsheets begin a formula with, the wide forms of it too.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""By it spreadsheets know that the file is UTF-8."""
CHUNK = 64 * 1024
MOST_TURNS = 5_000
"""So many turns, or those of one call, are held at a time."""
Record = dict[str, Any]
Exported = tuple[Record, list[Spoken]]


def records(
    place: uuid.UUID, wanted: CallFilter, asked: Export, zone: ZoneInfo
) -> Iterator[Exported]:  # fmt: skip
    """Each call with what was said on it, as far as the export may hold it."""
    for rows in queries.batches(place, wanted):
        for some in _portions(rows) if asked.content != "records" else [rows]:
            said = queries.turns(place, [r[0] for r in some]) if asked.content != "records" else {}
            for row in some:
                yield _record(row, asked, zone), _spoken(said.pop(row[0], []), asked)


def _portions(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows in lists whose calls have few turns together."""
    held: list[Row] = []
    turns = 0
    for row in rows:
        if held and turns + row[TURN_COUNT] > MOST_TURNS:
            yield held
            held, turns = [], 0
        held.append(row)
        turns += row[TURN_COUNT]
    yield held


def _record(row: Row, asked: Export, zone: ZoneInfo) -> Record:
    told: Record = dict(zip(FIELDS, row, strict=True))
    if asked.content != "full":
        told["caller_id"] = formats.masked(told["caller_id"]) if told["caller_id"] else None
    for name in TIMES:
        at = told[name]
        told[name] = at.astimezone(UTC).isoformat(timespec="seconds") if at else None
        local = f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}" if at else None
        told[f"{name.removesuffix('_at')}_local"] = local
    return {name: told[name] for name in SHOWN}


def _spoken(turns: list[Spoken], asked: Export) -> list[Spoken]:
    if asked.content == "full":
        return turns
    texts = conversation(turn[1] for turn in turns)
    return [(who, text, start, end) for (who, _, start, end), text in
            zip(turns, texts, strict=True)]  # fmt: skip


def heading(actor: Actor, wanted: CallFilter, asked: Export, count: int, zone: str) -> Record:
    """What the first line tells."""
    return {
        "workspace": actor.here.slug, "filter": wanted.query(), "content": asked.content,
        "row_count": count, "time_zone": zone,
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip


def chunks(head: Record, calls: Iterator[Exported], asked: Export) -> Iterator[tuple[bytes, int]]:
    """The file in pieces, with how many calls each holds. The first is the first line."""
    first, line = (_ndjson_head, _ndjson) if asked.format == "ndjson" else (_csv_head, _csv)
    yield first(head, asked), 0
    held, size = [], 0
    for record, turns in calls:
        content = line(record, turns, asked)
        held.append(content)
        size += len(content)
        if size >= CHUNK:
            yield b"".join(held), len(held)
            held, size = [], 0
    if held:
        yield b"".join(held), len(held)


def _ndjson_head(head: Record, _asked: Export) -> bytes:
    return orjson.dumps({"export": head}, default=str) + b"\n"


def _ndjson(record: Record, turns: list[Spoken], asked: Export) -> bytes:
    if asked.content != "records":
        record["turns"] = [
            {"speaker_role": who, "text": text, "started_s": start, "ended_s": end}
            for who, text, start, end in turns
        ]
    return orjson.dumps(record, default=str) + b"\n"


def _csv_head(head: Record, asked: Export) -> bytes:
    """A line that tells what the file is, in one cell, and the column names."""
    columns = [*SHOWN, *(["transcript"] if asked.content != "records" else [])]
    return MARK.encode() + _lines([[_told(head)], columns])


def _csv(record: Record, turns: list[Spoken], asked: Export) -> bytes:
    cells = [_cell(record[name]) for name in SHOWN]
    if asked.content != "records":
        cells.append(_cell("\n".join(f"{who.title()}: {text}" for who, text, *_ in turns)))
    return _lines([cells])


def _told(head: Mapping[str, Any]) -> str:
    asked = ", ".join(f"{name}={value}" for name, value in head["filter"].items()) or "all calls"
    calls = "call" if head["row_count"] == 1 else "calls"
    return (
        f"# Calls of {head['workspace']}; filter: {asked}; content: {head['content']};"
        f" {head['row_count']} {calls}; local times are {head['time_zone']};"
        f" exported {head['exported_at']}"
    )


def _cell(value: Any) -> str:
    """Text that a spreadsheet will not take for a formula."""
    if value is None:
        return ""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _lines(rows: list[list[str]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode()
