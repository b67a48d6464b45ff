"""Keeping and removing recordings: a file on disk and its row, both or neither."""

import contextlib
import uuid
from collections.abc import Sequence
from functools import partial
from typing import Any

import psycopg

from app.calls import actions as calls
from app.core import audit, database, jobs
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.identity import Actor, actor
from app.core.uploads import Upload

from . import folder, queries
from .folder import Incoming
from .queries import COLUMNS, Recording
from .sound import Sound, measure

MOST_BYTES = folder.MOST_BYTES
REFUSALS = {
    400: "The body broke off before its end; nothing was stored.",
    409: "Another recording of this call is stored already.",
    411: "The header Content-Length is missing.",
    413: "The recording is larger than 200 MB.",
    415: "This is no WAV, MP3 or Ogg/Opus file.",
    422: "The recording is broken, empty, cut off or longer than 24 hours.",
    507: "The disk is full; nothing was stored.",
}
TYPES = ("audio/wav", "audio/mpeg", "audio/ogg", "application/octet-stream")
DRAW = "recordings.draw"
_INSERT = f"""
insert into recording (workspace_id, call_id, key, format, bytes, sha256, duration_seconds,
  channels, sample_rate, peaks, uploaded_by)
values (%(workspace_id)s, %(call_id)s, %(key)s, %(format)s, %(bytes)s, %(sha256)s,
  %(duration_seconds)s, %(channels)s, %(sample_rate)s, %(peaks)s, %(uploaded_by)s)
returning {COLUMNS}
"""
_AGAIN = f"""
update recording set key = %(key)s where workspace_id = %(workspace_id)s and id = %(id)s
returning {COLUMNS}
"""
_DRAWN = """
update recording set peaks = %(peaks)s where workspace_id = %(workspace_id)s and id = %(id)s
"""
_REMOVE = """
delete from recording where workspace_id = %(workspace_id)s and call_id = any(%(calls)s)
returning key
"""
OTHER = (
    "Another recording of this call is stored already. It stays as it is: recordings are never"
    " replaced."
)


def opened(expected: int) -> Incoming:
    """Where a recording is written as it comes in, in the workspace of whoever acts."""
    return Incoming(actor().here.id, expected)


UPLOAD = Upload("recording", TYPES, MOST_BYTES, opened, part="call")


def examine(incoming: Incoming) -> Sound:
    """What came in. Raises what went wrong on the way, Unsupported or Invalid."""
    incoming.check()
    return measure(incoming.file)


def examined(who: Actor, sent: object) -> tuple[Incoming, Sound]:
    """A file of a form and what it is, for who may keep recordings; else raises Forbidden."""
    if not who.may("Recording.create"):
        raise Forbidden("Recording.create")
    assert isinstance(sent, Incoming)
    # Reading it takes a moment, for which the database is not held.
    database.commit()
    return sent, examine(sent)


def store(
    who: Actor, call_id: uuid.UUID, call_sid: str, incoming: Incoming, sound: Sound,
    peaks: list[list[int]] | None = None,
) -> tuple[Recording, bool]:  # fmt: skip
    """Keep a recording and commit; the flag tells whether it is new.

    Raises Conflict (another one is stored), NotFound (the call is gone) or Full.
    """
    place = who.here.id
    if not calls.mark_recorded(place, [call_id], True):
        raise NotFound.of("call")
    found = queries.of_call(place, call_id)
    if found is not None and found.sha256 != incoming.sha256:
        raise Conflict(OTHER)
    if found is not None and _is_there(place, found):
        database.commit()
        return found, False
    row = {
        "workspace_id": place, "call_id": call_id, "format": sound.format,
        "bytes": incoming.bytes, "sha256": incoming.sha256,
        "duration_seconds": sound.duration_seconds, "channels": sound.channels,
        "sample_rate": sound.sample_rate, "uploaded_by": who.label,
        "peaks": None if peaks is None else database.jsonb(peaks),
        "id": found.id if found else None,
    }  # fmt: skip
    return _keep(place, call_sid, incoming, row), True


def _is_there(place: uuid.UUID, recording: Recording) -> bool:
    with contextlib.suppress(FileNotFoundError), folder.read(place, recording.key):
        return True
    return False


def _keep(place: uuid.UUID, call_sid: str, incoming: Incoming, row: dict[str, Any]) -> Recording:
    """The file first, then the row and the commit; without the row no file."""
    key = incoming.keep()
    try:
        made = database.row(_AGAIN if row["id"] else _INSERT, {**row, "key": key})
        assert made is not None
        recording = Recording._make(made)
        told = {name: row[name] for name in ("format", "bytes", "sha256", "duration_seconds")}
        audit.record("recording.create", "call", recording.call_id, resource_name=call_sid,
                     after=told, phi=True)  # fmt: skip
        if recording.peaks is None:
            jobs.defer(DRAW, place, ident=str(recording.id))
    except BaseException:
        folder.remove(place, key)
        raise
    _commit(place, key)
    return recording


def _commit(place: uuid.UUID, key: str) -> None:
    try:
        database.commit()
    except psycopg.OperationalError:
        # The line broke in the middle: whether the row is kept nobody knows. The sweep looks.
        raise
    except BaseException:
        folder.remove(place, key)
        raise


def keep_peaks(workspace_id: uuid.UUID, ident: uuid.UUID, peaks: list[list[int]]) -> None:
    """Keep a drawn waveform; an empty one where it cannot be drawn."""
    params = {"workspace_id": workspace_id, "id": ident, "peaks": database.jsonb(peaks)}
    database.execute(_DRAWN, params)


def remove(workspace_id: uuid.UUID, call_ids: Sequence[uuid.UUID]) -> int:
    """Remove the recordings of calls: the rows now, the files with the commit; how many."""
    params = {"workspace_id": workspace_id, "calls": list(call_ids)}
    keys = [key for (key,) in database.rows(_REMOVE, params)]
    if keys:
        calls.mark_recorded(workspace_id, call_ids, False)
    for key in keys:
        database.after_commit(partial(folder.remove, workspace_id, key))
    return len(keys)
