"""Who is who, as the API takes and gives it."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.schema import Schema
from app.world.schema import Entity, Kind, Paged

CANONICAL = r"^[A-Za-z0-9._-]+:[A-Za-z0-9._-]+:[A-Za-z0-9._-]+$"
Identifier = Literal["entity_id", "canonical_id", "external_id", "email", "phone"]


class ExternalId(Schema):
    """An identifier and the system that gave it."""

    system: Annotated[str, MinLen(1), MaxLen(256)]
    value: Annotated[str, MinLen(1), MaxLen(256)]


class ResolveIn(Schema):
    """What is known of somebody; an entity that any of it fits is found."""

    entity_type: Kind
    phone: Annotated[str, MinLen(3), MaxLen(40)] | None = None
    email: Annotated[str, MinLen(3), MaxLen(254)] | None = None
    canonical_id: Annotated[str, MaxLen(256), Field(pattern=CANONICAL)] | None = None
    external_id: ExternalId | None = None
    entity_id: uuid.UUID | None = None
    limit: Annotated[int, Ge(1), Le(50)] = 25

    @model_validator(mode="after")
    def _says_something(self) -> "ResolveIn":
        if not self.model_dump(exclude={"entity_type", "limit"}, exclude_none=True):
            raise PydanticCustomError(
                "empty", "Give a phone, email, canonical_id, external_id or entity_id."
            )
        return self


class ResolvedOut(BaseModel):
    """An entity that fits, how sure that is, and which of what was given it has."""

    entity: Entity
    confidence: float
    matched_on: list[Identifier]


class Resolved(BaseModel):
    """The surest first; between equals, the one with more in common."""

    matches: list[ResolvedOut]


class DuplicatesQuery(Paged):
    """Pairs of at most this confidence; `status` is suspected (to be decided), linked or apart."""

    confidence_max: Annotated[float, Ge(0), Le(1)] = 1.0
    status: Literal["suspected", "linked", "apart"] = "suspected"


class DuplicateOut(BaseModel):
    """Two records that may be one person. `decision` is what a person said of them."""

    source_entity_id: uuid.UUID
    source_display_name: str | None
    target_entity_id: uuid.UUID
    target_display_name: str | None
    relationship: str = "same_as"
    confidence: float
    matched_on: list[str]
    status: str
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None


class Duplicates(BaseModel):
    """Pairs, the least sure first."""

    duplicates: list[DuplicateOut]
    has_more: bool
    next_offset: int | None = None


class DecisionIn(Schema):
    """Whether two records are the same person; null takes a decision back."""

    decision: Literal["same", "different"] | None


class MergedRecord(BaseModel):
    """A record that is linked. Of one that is linked through others only, the link is not named."""

    entity: Entity
    confidence: float | None
    matched_on: list[str]
    discovered_by: str | None


class Merged(BaseModel):
    """An entity with all records linked to it, and what they say together.

    `state` takes each field from the most trusted event of all records, and the entries of all
    their lists; `origins` names the entity behind each field.
    """

    entity_id: uuid.UUID
    merged: list[MergedRecord]
    state: dict[str, Any]
    origins: dict[str, uuid.UUID]


class Metrics(BaseModel):
    """How resolution goes in a workspace."""

    total_same_as_edges: int
    recent_merges_24h: int
    merges_last_tick: int
    last_tick_at: datetime | None
    loop_status: Literal["idle", "running", "behind"]
