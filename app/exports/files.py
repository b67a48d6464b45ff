"""The lines of an export: first what it is, then one line a call."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from app.calls.filters import CallFilter
from app.core import formats
from app.core.identity import Actor

from . import queries
from .queries import Spoken
from .redaction import masked
from .schema import Export

FIELDS = (
    "id", "call_sid", "direction", "status", "started_at", "duration_seconds", "turn_count",
    "caller_id", "phone_number", "service_id", "quality_score", "final_state",
    "completion_reason", "escalation_status", "has_recording", "source", "channel_kind", "run_id",
    "parent_session_id", "fork_turn_index", "number", "ended_at", "service_name", "reviewed_at",
    "reviewed_by",
)  # fmt: skip
LEFT_OUT = ("run_id", "parent_session_id", "fork_turn_index", "service_id")
SHOWN = (*(name for name in FIELDS if name not in LEFT_OUT), "started_local")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
Record = dict[str, Any]
Progress = Callable[[int], None]


def records(
    place: Any, wanted: CallFilter, asked: Export, zone: ZoneInfo
) -> Iterator[tuple[Record, list[Spoken]]]:
    """Each call with what was said on it, as far as the export may hold it."""
    for rows in queries.batches(place, wanted):
        said = queries.turns(place, [r[0] for r in rows]) if asked.content != "records" else {}
        for row in rows:
            yield _record(row, asked, zone), _spoken(said.get(row[0], []), asked)


def _record(row: Sequence[Any], asked: Export, zone: ZoneInfo) -> Record:
    told: Record = dict(zip(FIELDS, row, strict=True))
    if asked.content != "full":
        told["caller_id"] = formats.masked(told["caller_id"]) if told["caller_id"] else None
    local = told["started_at"].astimezone(zone)
    told["started_local"] = f"{local:%Y-%m-%d %H:%M:%S}"
    for name in ("started_at", "ended_at", "reviewed_at"):
        if told[name] is not None:
            told[name] = told[name].astimezone(UTC).isoformat(timespec="seconds")
    return {name: told[name] for name in SHOWN}


def _spoken(turns: list[Spoken], asked: Export) -> list[Spoken]:
    if asked.content == "full":
        return turns
    return [(who, masked(text), start, end) for who, text, start, end in turns]


def heading(actor: Actor, wanted: CallFilter, asked: Export, count: int, zone: str) -> Record:
    """What the first line tells."""
    return {
        "workspace": actor.here.slug, "filter": wanted.query(), "content": asked.content,
        "row_count": count, "time_zone": zone,
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip


def ndjson(head: Record, calls: Iterator[tuple[Record, list[Spoken]]], asked: Export,
           told: Progress) -> Iterator[bytes]:  # fmt: skip
    """One JSON object a line."""
    yield orjson.dumps({"export": head}, default=str) + b"\n"
    for number, (record, turns) in enumerate(calls, 1):
        if asked.content != "records":
            record["turns"] = [
                {"speaker_role": who, "text": text, "started_s": start, "ended_s": end}
                for who, text, start, end in turns
            ]
        yield orjson.dumps(record, default=str) + b"\n"
        told(number)


def as_csv(head: Record, calls: Iterator[tuple[Record, list[Spoken]]], asked: Export,
           told: Progress) -> Iterator[bytes]:  # fmt: skip
    """A line that tells what it is, the column names, and one row a call."""
    columns = [*SHOWN, *(["transcript"] if asked.content != "records" else [])]
    yield _lines([[_told(head)], columns])
    for number, (record, turns) in enumerate(calls, 1):
        cells = [_cell(record[name]) for name in SHOWN]
        if asked.content != "records":
            cells.append(_cell("\n".join(f"{who.title()}: {text}" for who, text, *_ in turns)))
        yield _lines([cells])
        told(number)


def _told(head: Mapping[str, Any]) -> str:
    asked = ", ".join(f"{name}={value}" for name, value in head["filter"].items()) or "all calls"
    return (
        f"# Calls of {head['workspace']}; filter: {asked}; content: {head['content']};"
        f" {head['row_count']} calls; local times are {head['time_zone']};"
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
