"""The filter of the audit log, one for page, JSON and export, and the JSON shapes."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from annotated_types import Ge, Le, MaxLen
from pydantic import ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from app.core.schema import UI, Schema

Word = Annotated[str, MaxLen(500)]


class AuditFilter(Schema):
    """Which events. Dates are whole days in UTC, both included."""

    actor: Annotated[Word | None, UI("Who", "A user's or account's id, or a key's handle.")] = None
    action: Annotated[Word | None, UI("Action", "Such as call.read.")] = None
    service: Annotated[Word | None, UI("Area", "The part of the action before the dot.")] = None
    resource_type: Word | None = None
    resource_id: Word | None = None
    outcome: Annotated[Literal["ok", "denied", "failed"] | None, UI("Outcome")] = None
    phi_only: bool = False
    date_from: Annotated[date | None, UI("From")] = None
    date_to: Annotated[date | None, UI("To")] = None

    @field_validator("date_to")
    @classmethod
    def _not_before_date_from(cls, value: date | None, info: ValidationInfo) -> date | None:
        start = info.data.get("date_from")
        if value and start and value < start:
            raise PydanticCustomError("date_order", "This day is before the first one.")
        return value

    def given(self) -> dict[str, str]:
        """What is set, as it stands in the address."""
        asked = self.model_dump(include=set(AuditFilter.model_fields), mode="json")
        return {
            name: "true" if value is True else str(value) for name, value in asked.items() if value
        }


class AuditQuery(AuditFilter):
    """A page of the log: newest first.

    `offset` passes over that many of the newest events of the chain, counted before the
    filter; `next_offset` continues exactly where the page ended. `continuation_token` does the
    same and does not move when new events arrive meanwhile.
    """

    limit: Annotated[int, Ge(1), Le(100)] = 50
    offset: Annotated[int, Ge(0), Le(2**53)] = 0
    continuation_token: Annotated[int, Ge(0), Le(2**53)] = 0


class EventOut(Schema):
    """One event. `service` is the part of `action` before the dot."""

    id: UUID
    seq: int
    workspace_id: UUID
    timestamp: datetime
    service: str
    action: str
    outcome: str
    resource_type: str
    resource_id: str | None = None
    resource_name: str | None = None
    actor_label: str
    actor_entity_id: UUID | None = None
    actor_credential_id: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    phi_accessed: bool = False
    before: Any = None
    after: Any = None
    metadata: Any = None
    hash: str
    previous_hash: str


class AuditPage(Schema):
    """Events, newest first. `total` is exact up to 10,000 when filtered, and stops there."""

    events: list[EventOut]
    total: int
    has_more: bool
    limit: int
    offset: int
    next_offset: int | None = None
    continuation_token: int | None = None


class AuditSummary(Schema):
    """Figures of the events that the filter lets through."""

    total_events: int
    unique_actors: int
    services_with_events: int
    phi_access_events: int
