"""Calls as they come in and go out."""

import uuid
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from annotated_types import Ge, Le, MaxLen
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.core.schema import Schema

from .naming import reserved
from .spoken import MOST_TURNS, Short, TurnIn, TurnOut

Direction = Literal["inbound", "outbound", "playground", "simulated", "test"]
Status = Literal[
    "initiated", "ringing", "in-progress", "completed", "busy", "no-answer", "canceled", "failed",
    "unknown",
]  # fmt: skip
Source = Literal["real", "simulated", "playground", "scribe"]
Reason = Literal[
    "completed", "abandoned", "escalated", "transferred", "timeout", "error", "voicemail",
    "no_answer", "caller_hangup", "forwarded", "terminal_state", "warm_transfer_completed",
    "no_inbound_audio", "cancelled",
]  # fmt: skip
Escalation = Literal["none", "requested", "connected", "handback", "completed"]
Channel = Literal["voice", "sms", "whatsapp", "web", "email"]
RUNNING = ("initiated", "ringing", "in-progress")

Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9]\d{1,14}$")]


def _free(sid: str) -> str:
    if sid in reserved():
        raise PydanticCustomError(
            "reserved", "A page or route has this name already. Name the call otherwise."
        )
    return sid


Sid = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,128}$"), AfterValidator(_free)]


def _storable(at: datetime) -> datetime:
    offset = at.utcoffset()
    if not 1970 <= at.year <= 9000 or offset is None or abs(offset) >= timedelta(hours=16):
        raise PydanticCustomError("moment", "Enter a time from 1970 on, in a real time zone.")
    return at


Moment = Annotated[AwareDatetime, AfterValidator(_storable)]
"""A time with its zone, as PostgreSQL can keep it and Python read it back."""


class CallIn(Schema):
    """A finished or a running call with its turns. The same call_sid is stored once."""

    call_sid: Sid
    direction: Direction = "inbound"
    status: Status = "completed"
    source: Source = "real"
    channel_kind: Channel = "voice"
    completion_reason: Reason | None = None
    escalation_status: Escalation = "none"
    started_at: Moment
    ended_at: Moment | None = None
    duration_seconds: Annotated[float, Ge(0), Le(864_000)] | None = None
    caller_id: Phone | None = None
    phone_number: Phone | None = None
    service_id: uuid.UUID | None = None
    service_name: Short | None = None
    configuration: dict[str, Any] = Field(
        default_factory=dict,
        description="What the call was answered with, as the runtime knows it. These keys lead to"
        " what is stored here: agent_id, agent_name, agent_version, context_graph_id,"
        " context_graph_name, context_graph_version, service_version, version_set,"
        " voice_settings_version.",
    )
    final_state: Short | None = None
    quality_score: Annotated[float, Ge(0), Le(1)] | None = None
    error: Annotated[str, MaxLen(2000)] | None = None
    run_id: Short | None = None
    parent_session_id: Short | None = None
    fork_turn_index: Annotated[int, Ge(0), Le(MOST_TURNS)] | None = None
    turns: Annotated[list[TurnIn], MaxLen(MOST_TURNS)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.ended_at is not None and self.ended_at < self.started_at:
            raise ValueError("ended_at is before started_at.")
        if self.ended_at is not None and self.status in RUNNING:
            raise ValueError("A call that has ended cannot be in progress.")
        return self

    def seconds(self) -> float | None:
        """The duration given, or the one from the times."""
        if self.duration_seconds is None and self.ended_at is not None:
            return (self.ended_at - self.started_at).total_seconds()
        return self.duration_seconds


class CallPatch(Schema):
    """How a call goes on or ends; what is left out stays."""

    status: Status | None = None
    ended_at: Moment | None = None
    duration_seconds: Annotated[float, Ge(0), Le(864_000)] | None = None
    completion_reason: Reason | None = None
    escalation_status: Escalation | None = None
    final_state: Short | None = None
    quality_score: Annotated[float, Ge(0), Le(1)] | None = None
    error: Annotated[str, MaxLen(2000)] | None = None


class CallRow(BaseModel):
    """A call in a list."""

    entity_id: uuid.UUID
    call_sid: str
    direction: str
    status: str
    started_at: datetime
    duration_seconds: float | None
    turns: int
    caller_id: str | None
    phone_number: str | None
    service_id: uuid.UUID | None
    quality_score: float | None
    final_state: str | None
    completion_reason: str | None
    escalation_status: str
    has_recording: bool
    source: str
    channel_kind: str
    run_id: str | None
    parent_session_id: str | None
    fork_turn_index: int | None


class CallPage(BaseModel):
    """`total` counts to 10,000 at most when a filter is set, and among the newest 1,000 calls with
    the words when they are searched for."""

    items: list[CallRow]
    total: int
    has_more: bool
    continuation_token: int | None = None


class CallOut(CallRow):
    """A whole call. What was not stored is null, never invented."""

    id: uuid.UUID
    number: int
    workspace_id: uuid.UUID
    start_time: datetime
    end_time: datetime | None
    service_name: str | None
    configuration: dict[str, Any]
    error: str | None
    turn_count: int
    turns: list[TurnOut]  # type: ignore[assignment]
    participants: list[dict[str, str]]
    human_segments: list[TurnOut]


class Imported(BaseModel):
    """What an import did. `errors` lists the first 100 refused lines."""

    stored: int = 0
    duplicates: int = 0
    refused: int = 0
    turns: int = 0
    errors: list[dict[str, Any]] = Field(default_factory=list)
    errors_omitted: int = 0
