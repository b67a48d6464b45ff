"""Flattened rows of people, places and bookings: what the FHIR views list."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel

from app.core import database

from . import reading
from .queries import ENTITY_N

_SORTED = {
    "last_event_at": ("entity n", "n.last_event_at", "n.id", "and n.entity_type = 'person'"),
    "name": ("entity n", "n.display_name", "n.id",
             "and n.entity_type = 'person' and n.display_name is not null"),
    "birth_date": (
        "entity_key k join entity n on n.workspace_id = %(workspace_id)s and n.id = k.entity_id",
        "k.value", "k.entity_id",
        "and k.workspace_id = %(workspace_id)s and k.kind = 'birth_date'"
        " and n.entity_type = 'person'",
    ),
}  # fmt: skip
_PATIENTS = {
    (name, way): f"""
select {ENTITY_N} from {tables} where n.workspace_id = %(workspace_id)s {also}
order by {column} {way}, {tie} {way} limit %(take)s offset %(skip)s
"""
    for name, (tables, column, tie, also) in _SORTED.items()
    for way in ("asc", "desc")
}
_ALL = f"""
select {ENTITY_N} from entity n
where n.workspace_id = %(workspace_id)s and n.entity_type = %(entity_type)s
order by n.last_event_at desc, n.id desc limit %(take)s offset %(skip)s
"""
_OF_SOURCE = f"""
select {ENTITY_N} from source_record r
join entity n on n.workspace_id = %(workspace_id)s and n.id = r.entity_id
where r.workspace_id = %(workspace_id)s and r.source_key = %(source)s
  and r.resource_type = %(kind)s
order by r.external_id limit %(take)s offset %(skip)s
"""
_BOOKED = f"""
select {ENTITY_N} from event e
cross join lateral (
  select entity_id, source_key from source_record
  where workspace_id = %(workspace_id)s and event_id = e.id limit 1) r
join entity n on n.workspace_id = %(workspace_id)s and n.id = r.entity_id
where e.workspace_id = %(workspace_id)s and e.fhir_resource_type = %(kind)s
  and (%(source)s::text is null or r.source_key = %(source)s) {{0}}
limit %(take)s offset %(skip)s
"""
_APPOINTMENTS = _BOOKED.format("order by e.effective_at desc nulls last, e.seq desc")
_SLOTS = _BOOKED.format(
    "and e.effective_at >= %(first)s and e.effective_at < %(last)s order by e.effective_at, e.seq"
)
Shape = TypeVar("Shape", bound=BaseModel)


def patients(workspace_id: uuid.UUID, sort_by: str, take: int, skip: int) -> list[database.Row]:
    """People by last_event_at, name or birth_date; - before it is descending."""
    way = "desc" if sort_by.startswith("-") else "asc"
    params = {"workspace_id": workspace_id, "take": take, "skip": skip}
    return database.rows(_PATIENTS[sort_by.lstrip("+- "), way], params)


def things(
    workspace_id: uuid.UUID, kind: str, source: uuid.UUID | None, take: int, skip: int
) -> list[database.Row]:
    """Entities of a resource type, the ones that changed last first; of one source, by its ids."""
    params: dict[str, Any] = {"workspace_id": workspace_id, "take": take, "skip": skip}
    if source is not None:
        return database.rows(_OF_SOURCE, params | {"source": source.hex, "kind": kind})
    return database.rows(_ALL, params | {"entity_type": reading.ENTITY_TYPES[kind]})


def appointments(
    workspace_id: uuid.UUID, source: uuid.UUID | None, take: int, skip: int
) -> list[database.Row]:
    """Appointments, the latest first."""
    return database.rows(_APPOINTMENTS, {
        "workspace_id": workspace_id, "kind": "Appointment", "take": take, "skip": skip,
        "source": source.hex if source else None,
    }, prepare=False)  # fmt: skip


def slots(
    workspace_id: uuid.UUID, source: uuid.UUID | None, days: int, take: int, skip: int
) -> list[database.Row]:
    """Slots that begin within so many days from now, the next first."""
    now = datetime.now(UTC)
    return database.rows(_SLOTS, {
        "workspace_id": workspace_id, "kind": "Slot", "take": take, "skip": skip,
        "source": source.hex if source else None, "first": now,
        "last": now + timedelta(days=days),
    }, prepare=False)  # fmt: skip


def flat(shape: type[Shape], row: database.Row) -> Shape:
    """A row in a shape: the fields of its state that the shape names."""
    state = {name: value for name, value in row[5].items() if _fits(name, value)}
    known = {"id": row[0], "canonical_id": row[2], "confidence": row[6], "event_count": row[7],
             "source": row[9], "last_event_at": row[11]}  # fmt: skip
    return shape(**dict.fromkeys(shape.model_fields) | state | known)


def _fits(name: str, value: Any) -> bool:
    return isinstance(value, bool if name == "active" else str)


def paged(
    shape: type[Shape], rows: Sequence[database.Row], limit: int, offset: int
) -> tuple[list[Shape], dict[str, Any]]:
    """(rows in a shape, paging); one more than the limit says that there are more."""
    more = len(rows) > limit
    total = None if more or (offset and not rows) else offset + len(rows)
    shown = [flat(shape, row) for row in rows[:limit]]
    return shown, {"has_more": more, "next_offset": offset + limit if more else None,
                   "total": total}  # fmt: skip
