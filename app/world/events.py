"""Events of the world model: facts about entities, never changed.

An event that corrects another names it in `supersedes`; the corrected one is no longer current.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

AUTHORITATIVE = 1.0
ENTERED_HERE = 0.9
FROM_A_FILE = 0.8
"""Confidence by where a fact comes from (domain 6.4)."""


class Event(NamedTuple):
    """One fact; `seq` counts the workspace's events in the order they came in."""

    seq: int
    id: uuid.UUID
    event_type: str
    data: dict[str, Any]
    confidence: float
    source: str
    effective_at: datetime | None
    ingested_at: datetime
    fhir_resource_type: str | None = None
    fhir_resource_id: str | None = None
    supersedes: uuid.UUID | None = None
    domain: str = "clinical"
    author: str | None = None
    source_system: str | None = None
    data_source_id: uuid.UUID | None = None


def current(events: Iterable[Event]) -> list[Event]:
    """The events that count, oldest first: not superseded, of some confidence, each once."""
    known = {event.id: event for event in events}
    gone = {event.supersedes for event in known.values()}
    kept = [event for event in known.values() if event.id not in gone and event.confidence > 0]
    return sorted(kept, key=lambda event: event.seq)


def known_at(events: Sequence[Event], moment: datetime) -> list[Event]:
    """The events that were known at a moment."""
    return [event for event in events if event.ingested_at <= moment]
