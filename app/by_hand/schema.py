"""A call that somebody took on another line, as they enter it."""

import re
import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from annotated_types import MaxLen
from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from app.calls.schema import Channel
from app.core.phones import Phone
from app.core.schema import UI, Schema
from app.reviews.schema import LONGEST_NOTE

from . import said

LONGEST = 24 * 3600
LONGEST_TEXT = 100_000
WHEN = "Enter day and time such as 2026-11-24 09:30."
LENGTH = "Enter minutes such as 4, or 4:30, at most 24 hours."
_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,4}):(\d\d)")
_WORDS = re.compile(r"(?:(\d+) *h[a-z]*)? *(?:(\d+) *m[a-z]*)? *(?:(\d+) *s[a-z]*)?", re.IGNORECASE)
_MINUTES = re.compile(r"\d{1,4}(?:[.,]\d{1,2})?")
CHANNELS = {
    "voice": "Telephone", "sms": "SMS", "whatsapp": "WhatsApp", "web": "Chat on the web",
    "email": "E-mail",
}  # fmt: skip
ENDED = {
    "completed": "Settled",
    "transferred": "Passed on to somebody",
    "voicemail": "A message was left",
    "abandoned": "The caller gave up",
    "no_answer": "Nobody answered",
}


def _local(typed: Any) -> Any:
    if not isinstance(typed, str):
        return typed
    try:
        at = datetime.fromisoformat(typed)
    except ValueError:
        raise PydanticCustomError("local_time", WHEN) from None
    if at.tzinfo is not None or not 1970 <= at.year <= 9000 or len(typed) < len("2026-11-24 09:30"):
        raise PydanticCustomError("local_time", WHEN)
    return at


def seconds(typed: str) -> float | None:
    """The length that was meant: 4 and 4.5 are minutes, 4:30 has seconds, 1 h 5 min is spoken."""
    if match := _CLOCK.fullmatch(typed):
        hours, minutes, rest = (int(part or 0) for part in match.groups())
        return hours * 3600.0 + minutes * 60 + rest if rest < 60 else None
    if _MINUTES.fullmatch(typed):
        return float(typed.replace(",", ".")) * 60
    match = _WORDS.fullmatch(typed)
    if match is None or not any(match.groups()) or len(typed) > 40:
        return None
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    return hours * 3600.0 + minutes * 60 + rest


def _length(typed: Any) -> Any:
    if not isinstance(typed, str):
        return typed
    found = seconds(typed.strip())
    if found is None or found > LONGEST:
        raise PydanticCustomError("length", LENGTH)
    return found


def _told(text: str) -> str:
    if problem := said.problem(text):
        raise PydanticCustomError("said", problem)
    return text


class HandIn(Schema):
    """A call taken on another line."""

    started_at: Annotated[
        datetime, BeforeValidator(_local),
        UI("When it began", "In the workspace’s time zone.", widget="datetime"),
    ]  # fmt: skip
    length: Annotated[
        float | None, BeforeValidator(_length),
        UI("How long it took", "Minutes, such as 4 or 4:30. Empty when nobody knows.", widget="text"),
    ] = None  # fmt: skip
    direction: Annotated[
        Literal["inbound", "outbound"],
        UI("Direction", options={"inbound": "They called us", "outbound": "We called them"}),
    ] = "inbound"  # fmt: skip
    channel_kind: Annotated[Channel, UI("Channel", options=CHANNELS)] = "voice"
    caller_id: Annotated[
        Phone | None,
        UI("Their number", "As you would write it. Empty when it was withheld.", widget="phone"),
    ] = None  # fmt: skip
    phone_number_id: Annotated[
        uuid.UUID | None,
        UI("Our number", "The number of ours they reached.", blank="None of these"),
    ] = None
    service_id: Annotated[
        uuid.UUID | None, UI("Service", "What the call belongs to.", blank="None")
    ] = None
    ended: Annotated[
        Literal["completed", "transferred", "voicemail", "abandoned", "no_answer"],
        UI("How it ended", options=ENDED),
    ] = "completed"
    said: Annotated[
        str, MaxLen(LONGEST_TEXT), AfterValidator(_told),
        UI("What was said",
           "A line that begins with Caller:, Agent: or Operator: is one thing said. All other lines"
           " are kept together as one note of yours at the end.", widget="textarea", tall=True,
           placeholder="Caller: I need my prescription again.\nAgent: Which medicine is it?"),
    ] = ""  # fmt: skip
    note: Annotated[
        str, MaxLen(LONGEST_NOTE),
        UI("First note", "What is to do. @name tells a colleague.", widget="textarea"),
    ] = ""  # fmt: skip
