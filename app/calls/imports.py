"""Importing calls as NDJSON: a stream of any length, stored in batches.

Each batch is committed by itself, so an import that breaks off has stored its whole batches
and can be repeated: a call that is stored already counts as a duplicate.
"""

import uuid
from collections.abc import Iterable, Iterator
from typing import IO, Any

from psycopg.errors import DiskFull
from pydantic import ValidationError
from werkzeug.exceptions import ClientDisconnected

from app.core import audit, database
from app.core.errors import Full
from app.core.schema import plain

from . import reading, storage
from .actions import fingerprint
from .schema import CallIn, Imported

BATCH_CALLS = 500
BATCH_TURNS = 3_000
LONGEST_LINE = 2 * 1024 * 1024
CHUNK = 256 * 1024
MOST_ERRORS = 100
_STORED = """
select call_sid, body_hash from call
where workspace_id = %(workspace_id)s and call_sid = any(%(sids)s)
"""
FULL = (
    "There is no room left on the disk of this installation. New calls of this import that are"
    " stored: {:,}. The others are not; tell whoever runs Ward, and send all of it again later."
)
Line = tuple[int, bytes | None]


def lines(stream: IO[bytes]) -> Iterator[Line]:
    """(number, line) from 1; None for a line that is too long. Ends where the client stops."""
    number, kept, overlong = 1, b"", False
    while chunk := _read(stream):
        *whole, rest = (kept + chunk).split(b"\n")
        for line in whole:
            yield number, None if overlong or len(line) > LONGEST_LINE else line
            number, overlong = number + 1, False
        overlong = overlong or len(rest) > LONGEST_LINE
        kept = b"" if overlong else rest
    if kept or overlong:
        yield number, None if overlong else kept


def _read(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(CHUNK)
    except ClientDisconnected:
        return b""


class Importer:
    """Collects good calls, stores them batch by batch, and counts."""

    def __init__(self, workspace_id: uuid.UUID) -> None:
        self.workspace_id = workspace_id
        self.result = Imported()
        self.batch: dict[str, tuple[int, CallIn, str]] = {}
        self.turns = 0

    def refuse(self, line: int, detail: str, call_sid: str | None = None) -> None:
        """Note a line that was not stored, with the reason."""
        self.result.refused += 1
        if len(self.result.errors) < MOST_ERRORS:
            found: dict[str, Any] = {"line": line, "detail": detail}
            if call_sid:
                found["call_sid"] = call_sid
            self.result.errors.append(found)
        else:
            self.result.errors_omitted += 1

    def take(self, line: int, content: bytes | None) -> None:
        """One line of the stream."""
        if content is None:
            self.refuse(line, f"The line is longer than {LONGEST_LINE:,} bytes.")
        elif content.strip():
            try:
                self.add(line, reading.read(content))
            except ValidationError as error:
                self.refuse(line, _sentence(error))

    def add(self, line: int, call: CallIn) -> None:
        """One good call."""
        hashed, seen = fingerprint(call), self.batch.get(call.call_sid)
        if seen is not None:
            self._repeated(line, call.call_sid, seen[2] == hashed)
            return
        self.batch[call.call_sid] = (line, call, hashed)
        self.turns += len(call.turns)
        if len(self.batch) >= BATCH_CALLS or self.turns >= BATCH_TURNS:
            self.flush()

    def _repeated(self, line: int, call_sid: str, same: bool) -> None:
        if same:
            self.result.duplicates += 1
        else:
            self.refuse(line, "This call_sid is stored with other content.", call_sid)

    def flush(self) -> None:
        """Store the batch and commit it."""
        if not self.batch:
            return
        storage.lock_counter(self.workspace_id)
        params = {"workspace_id": self.workspace_id, "sids": list(self.batch)}
        for sid, hashed in database.rows(_STORED, params):
            line, _call, mine = self.batch.pop(sid)
            self._repeated(line, sid, mine == hashed)
        new = [(call, hashed) for _line, call, hashed in self.batch.values()]
        turns = storage.store(self.workspace_id, new) if new else 0
        audit.record("call.import", "call", phi=True, after={"calls": len(new), "turns": turns})
        database.commit()
        self.result.stored += len(new)
        self.result.turns += turns
        self.batch, self.turns = {}, 0


def _sentence(error: ValidationError) -> str:
    first = plain(error.errors(include_url=False))[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])


def from_stream(workspace_id: uuid.UUID, stream: IO[bytes]) -> Imported:
    """Import NDJSON, one call a line in the shape of POST /calls. Raises Full."""
    importer = Importer(workspace_id)
    try:
        for number, content in lines(stream):
            importer.take(number, content)
        importer.flush()
    except DiskFull as error:
        stored = importer.result.stored
        raise Full(FULL.format(stored) if stored else None) from error
    return importer.result


def ingest(workspace_id: uuid.UUID, calls: Iterable[CallIn]) -> Imported:
    """Import calls that are there already (commands, demo data)."""
    importer = Importer(workspace_id)
    for number, call in enumerate(calls, 1):
        importer.add(number, call)
    importer.flush()
    return importer.result
