"""The JSON shapes of the FHIR reads."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel, ConfigDict, Field, RootModel

from .schema import MOST_OFFSET, Paged

Text = Annotated[str, MinLen(1), MaxLen(200)]
Moment = Annotated[str, Field(pattern=r"^(eq|ge|gt|le|lt)?\d{4}[0-9T:. Z+-]*$"), MaxLen(40)]


class Search(BaseModel):
    """Search parameters. `date` may be given several times, with a prefix: ge2026-01-01, lt2026-02-01."""

    model_config = ConfigDict(populate_by_name=True)

    name: Text | None = None
    identifier: Text | None = None
    birthdate: Annotated[str, Field(pattern=r"^\d{4}(-\d\d(-\d\d)?)?$")] | None = None
    date: list[Moment] | None = None
    patient: Annotated[str, Field(pattern=r"^(Patient/)?[A-Za-z0-9\-.]{1,64}$")] | None = None
    status: Annotated[str, MinLen(1), MaxLen(64)] | None = None
    q: Text | None = None
    count: Annotated[int, Ge(1), Le(100), Field(alias="_count")] = 20
    offset: Annotated[int, Ge(0), Le(MOST_OFFSET), Field(alias="_offset")] = 0


class ResourceIn(RootModel[dict[str, Any]]):
    """A FHIR R4 resource."""


class Record(BaseModel):
    """A version of a FHIR resource, and the event that holds it."""

    resource_type: str
    id: str
    resource: dict[str, Any]
    entity_id: uuid.UUID | None
    event_id: uuid.UUID
    supersedes: uuid.UUID | None
    is_current: bool
    confidence: float
    source: str
    source_system: str | None
    data_source_id: uuid.UUID | None
    effective_at: datetime | None
    ingested_at: datetime


class Found(BaseModel):
    """Resources of one type, the latest effective first. `total` is null when it is not known."""

    resource_type: str
    entries: list[Record]
    total: int | None = None
    next_url: str | None = None


class PatientQuery(Paged):
    """People; `sort_by` with - before it is descending."""

    q: Text | None = None
    sort_by: Annotated[str, Field(pattern=r"^[+\- ]?(name|birth_date|last_event_at)$")] = (
        "-last_event_at"
    )


class Patient(BaseModel):
    """One person in short."""

    id: uuid.UUID
    canonical_id: str | None
    name: str | None
    birth_date: str | None
    gender: str | None
    mrn: str | None
    phone: str | None
    email: str | None
    address: str | None
    language: str | None
    confidence: float
    event_count: int
    source: str | None
    last_event_at: datetime


class _Rows(BaseModel):
    has_more: bool
    next_offset: int | None = None
    total: int | None = None
    """Null when it is not known without counting."""


class Patients(_Rows):
    """Some people."""

    patients: list[Patient]


class Summary(BaseModel):
    """What is known of a person; each list newest first, `counts` says how many there are."""

    patient: Patient
    conditions: list[dict[str, Any]]
    medications: list[dict[str, Any]]
    allergies: list[dict[str, Any]]
    appointments: list[dict[str, Any]]
    encounters: list[dict[str, Any]]
    coverage: list[dict[str, Any]]
    immunizations: list[dict[str, Any]]
    observations: list[dict[str, Any]]
    procedures: list[dict[str, Any]]
    counts: dict[str, int]


class ViewQuery(Paged):
    """One source only, if wanted."""

    data_source_id: uuid.UUID | None = None


class SlotQuery(ViewQuery):
    """Slots that begin within so many days."""

    days: Annotated[int, Ge(1), Le(366)] = 7


class Practitioner(BaseModel):
    """One practitioner."""

    id: uuid.UUID
    canonical_id: str | None
    name: str | None
    qualification: str | None
    npi: str | None
    phone: str | None
    email: str | None
    address: str | None
    active: bool | None
    confidence: float
    source: str | None
    last_event_at: datetime


class Practitioners(_Rows):
    """Some practitioners."""

    practitioners: list[Practitioner]


class Place(BaseModel):
    """One organization or location."""

    id: uuid.UUID
    canonical_id: str | None
    name: str | None
    kind: str | None
    status: str | None
    phone: str | None
    email: str | None
    address: str | None
    confidence: float
    source: str | None
    last_event_at: datetime


class Organizations(_Rows):
    """Some organizations."""

    organizations: list[Place]


class Locations(_Rows):
    """Some locations."""

    locations: list[Place]


class Booking(BaseModel):
    """One appointment or slot; `start` and `end` as the source wrote them."""

    id: uuid.UUID
    canonical_id: str | None
    name: str | None
    kind: str | None
    status: str | None
    start: str | None
    end: str | None
    reason: str | None
    description: str | None
    confidence: float
    source: str | None
    last_event_at: datetime


class Appointments(_Rows):
    """Some appointments, the latest first."""

    appointments: list[Booking]


class Slots(_Rows):
    """Some slots, the next first."""

    slots: list[Booking]


class Status(BaseModel):
    """How reading FHIR stands: events by resource type, versions counted each; `failed_count` counts
    to 10,000."""

    status: str
    total_events: int
    by_resource_type: dict[str, int]
    data_sources: int
    active_data_sources: int
    failing_data_sources: int
    failed_count: int
    last_sync_at: datetime | None


class SyncFailure(BaseModel):
    """A record that could not be stored and waits for somebody."""

    id: uuid.UUID
    data_source_id: uuid.UUID
    data_source_name: str
    place: str
    sync_error: str
    created_at: datetime


class SyncFailures(_Rows):
    """Records that were set aside, newest first."""

    failures: list[SyncFailure]
