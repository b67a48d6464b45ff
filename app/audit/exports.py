"""The audit log as a file: a first line that says what it is, then one line an event."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from app.core.api import dump

from .queries import Event
from .schema import AuditFilter, EventOut

COLUMNS = tuple(EventOut.model_fields)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def heading(workspace: str, wanted: AuditFilter, count: int) -> dict[str, Any]:
    """What the first line tells."""
    return {
        "workspace": workspace,
        "filter": wanted.given(),
        "row_count": count,
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def ndjson(head: dict[str, Any], batches: Iterable[list[Event]]) -> Iterator[bytes]:
    """One JSON object a line."""
    yield dump({"export": head}) + b"\n"
    for events in batches:
        yield b"".join(dump(event.out()) + b"\n" for event in events)


def as_csv(head: dict[str, Any], batches: Iterable[list[Event]]) -> Iterator[bytes]:
    """A comment line, the column names, and one row an event."""
    asked = ", ".join(f"{name}={value}" for name, value in head["filter"].items()) or "everything"
    told = (
        f"# Ward audit log of {head['workspace']}; filter: {asked}; "
        f"{head['row_count']} events; exported {head['exported_at']}"
    )
    yield _lines([[told], list(COLUMNS)])
    for events in batches:
        yield _lines([_cells(event) for event in events])


def _cells(event: Event) -> list[str]:
    out = event.out().model_dump(mode="json")
    return [_cell(out[name]) for name in COLUMNS]


def _cell(value: Any) -> str:
    """Text that a spreadsheet will not take for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool | dict | list):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _lines(rows: list[list[str]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode()
