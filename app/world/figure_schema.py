"""The JSON shapes of the world's figures and of where things come from."""

import uuid
from datetime import datetime
from typing import Annotated

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel

from .schema import FieldOrigin, Kind, Paged, TypeCount

Word = Annotated[str, MinLen(1), MaxLen(128)]


class Filtered(Paged):
    """Filters of the entities; of `tags` all must be there."""

    entity_type: list[Kind] | None = None
    q: Annotated[str, MaxLen(200)] | None = None
    has_projection: bool | None = None
    source: Word | None = None
    source_system: Word | None = None
    tags: list[Word] | None = None


class Searched(Paged):
    """A search by name, number, address, date of birth or identifier."""

    q: Annotated[str, MinLen(1), MaxLen(200)]
    entity_type: list[Kind] | None = None
    source: Word | None = None
    confidence_min: Annotated[float, Ge(0), Le(1)] | None = None


class EntityCounts(BaseModel):
    """How many there are. Nothing is written back to sources yet: no event waits for that."""

    total_entities: int
    total_events: int
    by_entity_type: dict[str, int]
    by_event_type: dict[str, int]
    sync_pending: int = 0
    sync_synced: int = 0
    sync_failed: int = 0


class SourceCount(BaseModel):
    """Entities of one type that one source system told of."""

    source_system: str
    entity_type: str
    count: int


class Sources(BaseModel):
    """Where the entities come from, 500 lines at most."""

    sources: list[SourceCount]


class Dashboard(BaseModel):
    """The world model in figures; null is a figure that is not available. Days are counted by whole
    hours."""

    entity_counts: EntityCounts
    events_24h: int | None
    events_7d: int | None
    avg_confidence: float | None
    sources: list[SourceCount]
    event_read_model_status: str


class EventType(BaseModel):
    """A type of event, and where its events are from."""

    name: str
    count: int
    domains: list[str]
    sources: list[str]


class EventTypes(BaseModel):
    """Event types, the most first."""

    items: list[EventType]


class Confidence(BaseModel):
    """How sure one event of an entity is."""

    event_id: uuid.UUID
    event_type: str
    source: str
    confidence: float
    ingested_at: datetime


class Merge(BaseModel):
    """Another entity that this one is the same as."""

    entity_id: uuid.UUID
    display_name: str | None
    confidence: float
    discovered_by: str
    created_at: datetime


class Provenance(BaseModel):
    """Where everything that is known of an entity comes from; the last 100 events."""

    entity_id: uuid.UUID
    sources: list[TypeCount]
    fields: list[FieldOrigin]
    confidence_history: list[Confidence]
    merges: list[Merge]


class Reviewed(BaseModel):
    """What somebody of the staff said about an entity."""

    event_id: uuid.UUID
    event_type: str
    author: str
    fields: list[str]
    ingested_at: datetime


class Lineage(Provenance):
    """Provenance, where it was sent to, and what staff said. Nothing is sent yet."""

    outbound_sinks: list[str]
    review_history: list[Reviewed]


class Connector(BaseModel):
    """A data source and what it brought."""

    id: uuid.UUID
    name: str
    source_type: str
    is_active: bool
    health_status: str
    last_sync_at: datetime | None
    last_error: str | None


class Connectors(BaseModel):
    """The data sources, 500 at most."""

    connectors: list[Connector]


class Resource(BaseModel):
    """A record of a source."""

    resource_type: str
    id: str
    event_id: uuid.UUID
    entity_id: uuid.UUID | None
    seen_at: datetime


class Resources(BaseModel):
    """Records of a source by type and id."""

    resources: list[Resource]
    has_more: bool
    next_offset: int | None = None


class ResourceQuery(Paged):
    """One type of record only, if wanted."""

    resource_type: Annotated[str, MaxLen(64)] | None = None
