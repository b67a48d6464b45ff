"""Live calls as JSON."""

import uuid
from datetime import datetime
from typing import Annotated

from annotated_types import Ge
from pydantic import BaseModel


class LiveQuery(BaseModel):
    """With the `version` that was seen last, an unchanged state answers 204."""

    seen: Annotated[int, Ge(0)] | None = None


class Words(BaseModel):
    """One of the last turns."""

    turn_index: int
    speaker_role: str
    text: str


class LiveOut(BaseModel):
    """A call that is going on; `state` is the one the agent is in, where the runtime tells it."""

    id: uuid.UUID
    call_sid: str
    status: str
    direction: str
    source: str
    channel_kind: str
    started_at: datetime
    updated_at: datetime
    caller_id: str | None
    phone_number: str | None
    service_id: uuid.UUID | None
    service_name: str | None
    escalation_status: str
    turn_count: int
    state: str | None
    last_turns: list[Words]


class LivePage(BaseModel):
    """The newest 100 at most; `has_more` says whether there are others."""

    version: int
    items: list[LiveOut]
    has_more: bool
