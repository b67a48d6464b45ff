"""Conversations by text, as they come in and go out."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel

from app.calls.spoken import TurnOut
from app.core.schema import Schema

TextChannel = Literal["sms", "whatsapp", "web", "email"]
Status = Literal["active", "frozen", "closed", "completed", "in-progress", "failed"]
MOST_OFFSET = 10_000


class ConversationIn(Schema):
    """A conversation that begins now. `entity_id` is whom it is with, in the world model."""

    service_id: uuid.UUID
    entity_id: uuid.UUID | None = None
    auto_greet: bool = True
    channel_kind: TextChannel = "web"


class MessageIn(Schema):
    """What the other side writes."""

    message: Annotated[str, MinLen(1), MaxLen(10_000)]


class ConversationQuery(BaseModel):
    """A page of conversations, the one that began last first.

    `in-progress` is the same as `active`, `completed` the same as `closed`; none is ever frozen.
    """

    channel_kind: TextChannel | None = None
    status: Status | None = None
    limit: Annotated[int, Ge(1), Le(100)] = 20
    offset: Annotated[int, Ge(0), Le(MOST_OFFSET)] = 0


class ConversationOut(BaseModel):
    """A conversation. It is a call as well: `id` and `call_sid` are the call's."""

    id: uuid.UUID
    workspace_id: uuid.UUID
    call_sid: str
    number: int
    service_id: uuid.UUID | None
    service_name: str | None
    entity_id: str | None
    auto_greet: bool
    channel_kind: str
    status: Literal["active", "closed", "failed"]
    lifecycle: Literal["active", "closed"]
    started_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    turn_count: int


class ConversationWhole(ConversationOut):
    """A conversation with all that was written."""

    turns: list[TurnOut]


class ConversationPage(BaseModel):
    """`total` counts to 10,000 at most."""

    items: list[ConversationOut]
    total: int
    has_more: bool


class TurnAnswer(BaseModel):
    """A message that was stored, and what the agent has answered to it until then."""

    turn_id: str
    input: TurnOut
    output: list[TurnOut]
    tool_calls: list[dict[str, Any]]
    conversation: ConversationOut
