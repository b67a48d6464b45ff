"""What goes into the world model by hand and through the API, and what comes out."""

import uuid
from datetime import date, datetime
from typing import Annotated, Any

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator, BaseModel, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.core.schema import UI, Schema

from .imports import SOURCE

Kind = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]
Part = Annotated[str, StringConstraints(pattern=f"^{SOURCE.pattern}$")]
MOST_OFFSET = 10_000
CORRECTED = {
    "name": "Name", "birth_date": "Date of birth", "phone": "Phone", "email": "E-mail",
    "address": "Address", "language": "Language",
}  # fmt: skip
"""The fields of a person that staff may correct."""


def _a_day(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise PydanticCustomError("day", "Enter a date such as 1987-04-12.") from None


class Note(Schema):
    """Something staff know about somebody."""

    text: Annotated[str, MinLen(1), MaxLen(4000), UI("Note", widget="textarea")]


class Correction(Schema):
    """Fields of a person as they really are; an empty one stays as it is."""

    name: Annotated[str | None, MinLen(1), MaxLen(256), UI(CORRECTED["name"])] = None
    birth_date: Annotated[
        str | None, AfterValidator(lambda v: v and _a_day(v)),
        UI(CORRECTED["birth_date"], "Such as 1987-04-12."),
    ] = None  # fmt: skip
    phone: Annotated[str | None, MinLen(3), MaxLen(40), UI(CORRECTED["phone"])] = None
    email: Annotated[str | None, MinLen(3), MaxLen(254), UI(CORRECTED["email"])] = None
    address: Annotated[str | None, MinLen(1), MaxLen(512), UI(CORRECTED["address"])] = None
    language: Annotated[str | None, MinLen(1), MaxLen(64), UI(CORRECTED["language"])] = None

    @model_validator(mode="after")
    def _says_something(self) -> "Correction":
        if not self.model_dump(exclude_none=True):
            raise PydanticCustomError("empty", "Enter at least one field.")
        return self


class ImportIn(Schema):
    """A FHIR R4 bundle. `source` keeps the records of different systems apart."""

    bundle: dict[str, Any]
    source: Part = "fhir_import"
    source_system: Annotated[str, MaxLen(128)] | None = None
    data_source_id: uuid.UUID | None = None


class StreamQuery(BaseModel):
    """Where the lines come from."""

    source: Part = "fhir_import"
    source_system: Annotated[str, MaxLen(128)] | None = None


class Paged(BaseModel):
    """A page by offset; more than 10,000 is refused, because it would count through all before."""

    limit: Annotated[int, Ge(1), Le(100)] = 20
    offset: Annotated[int, Ge(0), Le(MOST_OFFSET)] = 0


class TimelineQuery(Paged):
    """Filters of a timeline."""

    domain: Annotated[str, MaxLen(64)] | None = None
    event_type: Annotated[str, MaxLen(64)] | None = None


class AtQuery(BaseModel):
    """`at`: show what was known at that moment."""

    at: datetime | None = None


class Entity(BaseModel):
    """An entity with its computed state."""

    id: uuid.UUID
    workspace_id: uuid.UUID
    entity_type: str
    canonical_id: str | None
    external_ids: dict[str, str]
    display_name: str | None
    name: str | None
    state: dict[str, Any]
    confidence: float
    event_count: int
    has_projection: bool
    tags: list[str] | None
    source: str | None
    first_seen_at: datetime
    last_event_at: datetime


class EntityPage(BaseModel):
    """Some entities."""

    entities: list[Entity]
    has_more: bool
    next_offset: int | None = None


class EventOut(BaseModel):
    """One event."""

    id: uuid.UUID
    event_type: str
    domain: str
    data: dict[str, Any]
    confidence: float
    source: str
    source_system: str | None
    author: str | None
    fhir_resource_type: str | None
    fhir_resource_id: str | None
    supersedes: uuid.UUID | None
    is_current: bool
    effective_at: datetime | None
    ingested_at: datetime


class Timeline(BaseModel):
    """Events by when they were so, newest first."""

    events: list[EventOut]
    has_more: bool
    next_offset: int | None = None


class RelationshipOut(BaseModel):
    """A relationship between two entities."""

    id: uuid.UUID
    relationship: str
    confidence: float
    discovered_by: str
    is_current: bool = True
    source_entity_id: uuid.UUID
    source_entity_type: str
    target_entity_id: uuid.UUID
    target_entity_type: str


class Relationships(BaseModel):
    """Relationships of one entity, a hundred at most."""

    relationships: list[RelationshipOut]


class TypeCount(BaseModel):
    """How many there are of a type."""

    name: str
    count: int


class Types(BaseModel):
    """Types with their counts."""

    items: list[TypeCount]


class FieldOrigin(BaseModel):
    """Where a field of the state comes from."""

    field: str
    value: Any
    event_id: uuid.UUID
    confidence: float
    source: str
    author: str | None
    ingested_at: datetime
