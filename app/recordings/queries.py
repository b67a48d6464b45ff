"""Reading recordings. Every statement names its workspace."""

import uuid
from datetime import datetime
from typing import NamedTuple

from app.core import database

from .schema import CONTENT_TYPES, RecordingOut

COLUMNS = (
    "id, call_id, key, format, bytes, sha256, duration_seconds, channels, sample_rate, peaks,"
    " uploaded_by, created_at"
)
_OF_CALL = f"""
select {COLUMNS} from recording
where workspace_id = %(workspace_id)s and call_id = %(call_id)s
"""
_ONE = f"select {COLUMNS} from recording where workspace_id = %(workspace_id)s and id = %(id)s"
# Along the index of the keys: those that begin with two hex digits.
_KEYS = """
select key, call_id from recording
where workspace_id = %(workspace_id)s and key >= %(first)s and key < %(first)s || 'g'
"""


class Recording(NamedTuple):
    """One stored recording. `peaks` is None until the waveform is drawn, [] where it cannot be."""

    id: uuid.UUID
    call_id: uuid.UUID
    key: str
    format: str
    bytes: int
    sha256: str
    duration_seconds: float
    channels: int
    sample_rate: int
    peaks: list[list[int]] | None
    uploaded_by: str
    created_at: datetime

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.format]

    def out(self, call_sid: str) -> RecordingOut:
        """As the JSON shows it."""
        return RecordingOut(
            id=self.id, call_id=self.call_id, call_sid=call_sid, format=self.format,
            content_type=self.content_type, bytes=self.bytes, sha256=self.sha256,
            duration_seconds=self.duration_seconds, channels=self.channels,
            sample_rate=self.sample_rate, uploaded_by=self.uploaded_by,
            uploaded_at=self.created_at,
        )  # fmt: skip


def of_call(workspace_id: uuid.UUID, call_id: uuid.UUID) -> Recording | None:
    """The recording of a call, if it has one."""
    found = database.row(_OF_CALL, {"workspace_id": workspace_id, "call_id": call_id})
    return Recording._make(found) if found else None


def one(workspace_id: uuid.UUID, ident: uuid.UUID) -> Recording | None:
    """The recording with this id."""
    found = database.row(_ONE, {"workspace_id": workspace_id, "id": ident})
    return Recording._make(found) if found else None


def keys(workspace_id: uuid.UUID, first: str) -> dict[str, uuid.UUID]:
    """Key -> call of the recordings whose key begins with the two hex digits `first`."""
    return dict(database.rows(_KEYS, {"workspace_id": workspace_id, "first": first}))
