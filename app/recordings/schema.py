"""What is told of a recording."""

import uuid
from datetime import datetime

from pydantic import BaseModel

CONTENT_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg", "ogg": "audio/ogg"}
NAMES = {"wav": "WAV", "mp3": "MP3", "ogg": "Ogg"}


class RecordingOut(BaseModel):
    """A call's recording, without its sound. `sha256` is of the file, in hex."""

    id: uuid.UUID
    call_id: uuid.UUID
    call_sid: str
    format: str
    content_type: str
    bytes: int
    sha256: str
    duration_seconds: float
    channels: int
    sample_rate: int
    uploaded_by: str
    uploaded_at: datetime
