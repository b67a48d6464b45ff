"""The figures of the world and where things come from, in their JSON shapes."""

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from app.core import database
from app.core.database import Row

from . import answers, queries
from .events import Event
from .figure_schema import (
    Confidence,
    Connector,
    Connectors,
    Dashboard,
    EntityCounts,
    EventType,
    EventTypes,
    Lineage,
    Merge,
    Provenance,
    Resource,
    Resources,
    Reviewed,
    SourceCount,
)
from .schema import TypeCount

LATEST = 100
SURE = 10_000
_CONNECTORS = """
select d.id, d.name, d.source_type, d.is_active, s.last_run_at, s.consecutive_errors,
  s.last_success_at, s.last_error
from data_source d
left join sync_state s on s.workspace_id = %(workspace_id)s and s.data_source_id = d.id
where d.workspace_id = %(workspace_id)s order by d.name, d.id limit 500
"""
_RESOURCES = """
select resource_type, external_id, event_id, entity_id, seen_at from source_record
where workspace_id = %(workspace_id)s and source_key = %(source)s
  and (%(kind)s::text is null or resource_type = %(kind)s)
order by resource_type, external_id limit %(take)s offset %(skip)s
"""
_SAME = """
select case when r.source_entity_id = %(id)s then r.target_entity_id else r.source_entity_id end,
  n.display_name, r.confidence, r.discovered_by, r.created_at
from relationship r
join entity n on n.workspace_id = %(workspace_id)s and n.id =
  case when r.source_entity_id = %(id)s then r.target_entity_id else r.source_entity_id end
where r.workspace_id = %(workspace_id)s and r.relationship = 'same_as'
  and (r.source_entity_id = %(id)s or r.target_entity_id = %(id)s)
order by r.created_at desc limit 100
"""


def counts(kept: dict[str, dict[str, int]]) -> EntityCounts:
    """Totals and counts by type."""
    entities, events = kept.get("entity", {}), kept.get("event", {})
    return EntityCounts(
        total_entities=sum(entities.values()), total_events=sum(events.values()),
        by_entity_type=entities, by_event_type=events,
    )  # fmt: skip


def since(kept: dict[str, dict[str, int]], days: int) -> int:
    """Events that came in within so many days, from the beginning of the hour on."""
    first = f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H}"
    return sum(n for hour, n in kept.get("hour", {}).items() if hour >= first)


def average(kept: dict[str, dict[str, int]]) -> float | None:
    """The average confidence of what is known, or None where nothing is.

    Calls do not count: nothing about them is unsure, and there are very many.
    """
    known, sure = (
        sum(count for name, count in kept.get(kind, {}).items() if name != "call")
        for kind in ("projected", "confidence")
    )
    return round(sure / SURE / known, 4) if known else None


def sources(workspace_id: uuid.UUID) -> list[SourceCount]:
    """Entities by the system that told of them and by type, the most first."""
    return [
        SourceCount(source_system=name[1], entity_type=name[0], count=count)
        for name, count in queries.top(workspace_id, "source")
    ]


def dashboard(workspace_id: uuid.UUID) -> Dashboard:
    """All of it."""
    kept = queries.figures(workspace_id)
    return Dashboard(
        entity_counts=counts(kept), events_24h=since(kept, 1), events_7d=since(kept, 7),
        avg_confidence=average(kept), sources=sources(workspace_id),
        event_read_model_status="ready" if kept.get("event") else "empty",
    )  # fmt: skip


def event_types(workspace_id: uuid.UUID) -> EventTypes:
    """Event types with their domains and sources."""
    found: dict[str, EventType] = {}
    for (name, domain, source), count in queries.top(workspace_id, "fact", 5000):
        one = found.setdefault(name, EventType(name=name, count=0, domains=[], sources=[]))
        one.count += count
        one.domains += [] if domain in one.domains else [domain]
        one.sources += [] if source in one.sources else [source]
    return EventTypes(items=sorted(found.values(), key=lambda one: (-one.count, one.name)))


def same(workspace_id: uuid.UUID, ident: uuid.UUID) -> list[Merge]:
    """What an entity is the same as."""
    rows = database.rows(_SAME, {"workspace_id": workspace_id, "id": ident})
    return [Merge(entity_id=r[0], display_name=r[1], confidence=r[2], discovered_by=r[3],
                  created_at=r[4]) for r in rows]  # fmt: skip


def provenance(workspace_id: uuid.UUID, row: Row, events: Sequence[Event]) -> Provenance:
    """Sources by how many events they gave, the origin of each field, and how sure each event is."""
    counted = Counter(e.source for e in events)
    latest = sorted(events, key=lambda e: e.seq, reverse=True)[:LATEST]
    return Provenance(
        entity_id=row[0], fields=answers.origins(row, events), merges=same(workspace_id, row[0]),
        sources=[TypeCount(name=name, count=count) for name, count in counted.most_common()],
        confidence_history=[
            Confidence(event_id=e.id, event_type=e.event_type, source=e.source,
                       confidence=e.confidence, ingested_at=e.ingested_at) for e in latest
        ],
    )  # fmt: skip


def lineage(workspace_id: uuid.UUID, row: Row, events: Sequence[Event]) -> Lineage:
    """Provenance with what staff said, newest first."""
    said = sorted((e for e in events if e.author), key=lambda e: e.seq, reverse=True)[:LATEST]
    whole = provenance(workspace_id, row, events).model_dump()
    return Lineage(**whole, outbound_sinks=[], review_history=[
        Reviewed(event_id=e.id, event_type=e.event_type, author=e.author or "",
                 fields=sorted(map(str, e.data.get("fields") or ())), ingested_at=e.ingested_at)
        for e in said
    ])  # fmt: skip


def connectors(workspace_id: uuid.UUID) -> Connectors:
    """The data sources and how each stands."""
    rows = database.rows(_CONNECTORS, {"workspace_id": workspace_id})
    return Connectors(connectors=[
        Connector(
            id=r[0], name=r[1], source_type=r[2], is_active=r[3], last_sync_at=r[6],
            health_status="unknown" if r[4] is None else "degraded" if r[5] else "healthy",
            last_error=r[7],
        )
        for r in rows
    ])  # fmt: skip


def resources(
    workspace_id: uuid.UUID, source: uuid.UUID, kind: str | None, limit: int, offset: int
) -> Resources:
    """Records of a source by type and id."""
    rows = database.rows(_RESOURCES, {
        "workspace_id": workspace_id, "source": source.hex, "kind": kind, "take": limit + 1,
        "skip": offset,
    }, prepare=False)  # fmt: skip
    more = len(rows) > limit
    return Resources(
        resources=[Resource(resource_type=r[0], id=r[1], event_id=r[2], entity_id=r[3],
                            seen_at=r[4]) for r in rows[:limit]],
        has_more=more, next_offset=offset + limit if more else None,
    )  # fmt: skip
