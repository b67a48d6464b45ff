"""The JSON shapes of the world model, from what the queries found."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from app.core.database import Row

from . import queries
from .events import Event
from .projection import flat
from .schema import (
    Entity,
    EntityPage,
    EventOut,
    FieldOrigin,
    RelationshipOut,
    Relationships,
    Timeline,
    TypeCount,
    Types,
)


def entity(workspace_id: uuid.UUID, row: Row, at: datetime | None = None) -> Entity:
    """An entity as it is, or as it was known at a moment."""
    state, shown, confidence, count, external = row[5], row[4], row[6], row[7], row[3]
    if at is not None:
        then = queries.at(workspace_id, row[0], row[1], at)
        state, shown, confidence = then.state, then.display_name, then.confidence
        count, external = then.event_count, then.external_ids
    return Entity(
        id=row[0], workspace_id=workspace_id, entity_type=row[1], canonical_id=row[2],
        external_ids=external, display_name=shown, name=_word(state.get("name")), state=state,
        tags=_tags(state.get("tags")),
        confidence=confidence, event_count=count, has_projection=row[8], source=row[9],
        first_seen_at=row[10], last_event_at=row[11],
    )  # fmt: skip


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _tags(value: Any) -> list[str] | None:
    return [tag for tag in value if isinstance(tag, str)] if isinstance(value, list) else None


def page(workspace_id: uuid.UUID, rows: Sequence[Row], limit: int, offset: int) -> EntityPage:
    """Some entities; one more than the limit says that there are more."""
    more = len(rows) > limit
    return EntityPage(
        entities=[entity(workspace_id, row) for row in rows[:limit]], has_more=more,
        next_offset=offset + limit if more else None,
    )  # fmt: skip


def event(row: Row) -> EventOut:
    """One event of a timeline."""
    return EventOut(
        id=row[1], event_type=row[2], domain=row[3], data=row[4], confidence=row[5], source=row[6],
        source_system=row[7], effective_at=row[8], ingested_at=row[9], author=row[10],
        fhir_resource_type=row[11], fhir_resource_id=row[12], supersedes=row[13],
        is_current=row[14],
    )  # fmt: skip


def timeline(rows: Sequence[Row], limit: int, offset: int) -> Timeline:
    """Events; one more than the limit says that there are more."""
    more = len(rows) > limit
    return Timeline(
        events=[event(row) for row in rows[:limit]], has_more=more,
        next_offset=offset + limit if more else None,
    )  # fmt: skip


def relationships(rows: Sequence[Row]) -> Relationships:
    """Both directions."""
    return Relationships(relationships=[
        RelationshipOut(
            id=r[0], relationship=r[1], confidence=r[2], discovered_by=r[3], source_entity_id=r[5],
            source_entity_type=r[6], target_entity_id=r[8], target_entity_type=r[9],
        )
        for r in rows
    ])  # fmt: skip


def types(counts: Mapping[str, int]) -> Types:
    """Names with their counts."""
    return Types(items=[TypeCount(name=name, count=count) for name, count in counts.items()])


def origins(row: Row, events: Sequence[Event]) -> list[FieldOrigin]:
    """The event behind each field of the state."""
    known, state = {str(e.id): e for e in events}, flat(row[5])
    return [
        FieldOrigin(
            field=name, value=state.get(name), event_id=known[ident].id,
            confidence=known[ident].confidence, source=known[ident].source,
            author=known[ident].author, ingested_at=known[ident].ingested_at,
        )
        for name, ident in row[12].items()
        if ident in known
    ]  # fmt: skip
