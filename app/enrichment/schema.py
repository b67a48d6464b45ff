"""Enrichment (domain 7.4): which keys there are, and the values that entities have for them."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from annotated_types import Ge, Le, Len, MaxLen
from pydantic import BaseModel, model_validator

from app.calls.schema import Moment
from app.core.schema import UI, Between, Distinct, Json, Matching, Schema, at
from app.world.schema import Part

KINDS = ("person", "appointment", "encounter", "practitioner", "organization", "place", "call")
KEY = r"^[a-z0-9][a-z0-9_\-]*$"
ValueType = Literal["string", "number", "boolean", "date", "enum", "json"]
TYPES = {
    "string": "Text", "number": "Number", "boolean": "Yes or no", "date": "Date",
    "enum": "One of a list", "json": "JSON",
}  # fmt: skip


class EnrichmentKeyIn(Schema):
    """A fact that entities of a type may have beyond what their records tell."""

    entity_type: Annotated[
        str, Matching(r"^[a-z0-9_]{1,64}$", "Use small letters, digits and _, such as person."),
        UI("About", "The kind of record that has it, such as person or appointment.",
           suggestions=KINDS),
    ]  # fmt: skip
    key: Annotated[
        str, Len(1, 128),
        Matching(KEY, "Use small letters, digits, _ and -, such as preferred_pharmacy."),
        UI("Key", "Such as preferred_pharmacy. It cannot be changed later.", widget="mono"),
    ]  # fmt: skip
    value_type: Annotated[
        ValueType, UI("Values are", "It cannot be changed later.", options=TYPES)
    ] = "string"
    allowed_values: Annotated[
        list[Annotated[str, Len(1, 256)]], MaxLen(200), Distinct,
        UI("Allowed values", "The list that a value is chosen from.", when=("enum",)),
    ] = []  # fmt: skip
    description: Annotated[
        str | None, MaxLen(256), UI("What it means", "In words that staff understand.")
    ] = None
    source_hint: Annotated[
        str | None, MaxLen(256), UI("Where it comes from", "Such as the intake form.")
    ] = None
    min_confidence: Annotated[
        float, Between(0, 1, 0.05),
        UI("Least confidence", "From 0 to 1. A value that is less sure is refused."),
    ] = 0.0  # fmt: skip
    is_pii: Annotated[
        bool, UI("Tells who somebody is", "Marked where it is shown, such as a passport number.")
    ] = False

    @model_validator(mode="after")
    def _a_list_has_values(self) -> Self:
        if self.value_type == "enum" and not self.allowed_values:
            raise at("allowed_values", "Enter at least one value to choose from.")
        return self


class ValueIn(Schema):
    """A value for a key; null takes away what the same source said before."""

    value: Json
    value_type: ValueType | None = None
    confidence: Annotated[float, Ge(0), Le(1)] = 1.0
    source: Part = "manual"
    source_system: Annotated[str, Len(1, 128)] | None = None
    effective_at: Moment | None = None


class Value(BaseModel):
    """A value and where it comes from."""

    key: str
    value: Any
    value_type: ValueType
    confidence: float
    source: str
    source_system: str | None
    event_id: uuid.UUID
    effective_at: datetime | None
    ingested_at: datetime


class Values(BaseModel):
    """What an entity has, by key: of several sources the surest, then the last."""

    entity_id: uuid.UUID
    values: list[Value]
    has_more: bool
    next_offset: int | None = None


class Said(BaseModel):
    """A value that was given at some time."""

    event_id: uuid.UUID
    value: Any
    value_type: ValueType
    confidence: float
    source: str
    source_system: str | None
    author: str | None
    supersedes: uuid.UUID | None
    is_current: bool
    effective_at: datetime | None
    ingested_at: datetime


class History(BaseModel):
    """Everything that was said about a key, newest first."""

    entity_id: uuid.UUID
    key: str
    history: list[Said]


class ValuesQuery(BaseModel):
    """Which of the values."""

    limit: Annotated[int, Ge(1), Le(500)] = 200
    offset: Annotated[int, Ge(0), Le(10_000)] = 0


class HistoryQuery(BaseModel):
    """How many, newest first."""

    limit: Annotated[int, Ge(1), Le(200)] = 50
