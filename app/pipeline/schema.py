"""The pipeline's figures of one source, in their JSON shapes (domain 6.8)."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel

from app.calls.schema import Moment

MOST_HOURS = 720
Word = Annotated[str, MaxLen(64)]


class LastPoll(BaseModel):
    """The last reading; `duration_ms` is null while it is going on."""

    at: datetime | None
    duration_ms: int | None
    event_count: int
    error: str | None


class Failed(BaseModel):
    """A record that was set aside; `event_id` is its id among those (`…/set-aside`)."""

    event_id: uuid.UUID
    event_type: str
    fhir_resource_type: str | None
    ingested_at: datetime
    sync_error: str


class Outbound(BaseModel):
    """What was sent back to the source."""

    total: int = 0
    pending: int = 0
    synced: int = 0
    failed: int = 0


class Overview(BaseModel):
    """A source, how it stands and what came from it; entities of its first million records."""

    id: uuid.UUID
    name: str
    display_name: str | None
    source_type: str
    is_active: bool
    health_status: Literal["unknown", "healthy", "degraded"]
    created_at: datetime
    event_count: int
    entity_count: int
    last_sync_at: datetime | None
    last_sync_status: Literal["success", "error"] | None
    last_sync_event_count: int
    last_poll: LastPoll | None
    outbound: Outbound
    recent_failures: list[Failed]


class SourceEvent(BaseModel):
    """An event that came from a source, and the first entity it is about."""

    id: uuid.UUID
    event_type: str
    entity_id: uuid.UUID | None
    entity_type: str | None
    confidence: float
    source: str
    source_system: str | None
    ingested_at: datetime


class SourceEvents(BaseModel):
    """A page of events. `continuation_token` leads to the next one."""

    items: list[SourceEvent]
    has_more: bool
    continuation_token: int | None = None


class Bucket(BaseModel):
    """Events that came in within the hour or day (UTC) that begins at `bucket`."""

    bucket: datetime
    event_count: int
    source_system: str | None


class EventsQuery(BaseModel):
    """Which events, and in which order they are listed: the newest first unless said otherwise."""

    event_type: Word | None = None
    entity_type: Word | None = None
    date_from: Moment | None = None
    date_to: Moment | None = None
    sort_by: Literal["ingested_at", "+ingested_at", "-ingested_at"] = "-ingested_at"
    limit: Annotated[int, Ge(1), Le(100)] = 20
    continuation_token: Annotated[int, Ge(0), Le(2**62)] = 0


class HistoryQuery(BaseModel):
    """Which hours, 720 at most: the last ones, or those from a time to another."""

    interval: Literal["1h", "1d"] = "1h"
    hours: Annotated[int, Ge(1), Le(MOST_HOURS)] | None = None
    date_from: Moment | None = None
    date_to: Moment | None = None
