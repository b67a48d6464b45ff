"""Who is who, as JSON."""

import uuid

from app.core import audit
from app.core.database import Row
from app.core.feature import Feature
from app.core.identity import actor
from app.world import answers

from . import actions, queries
from .schema import (
    DecisionIn,
    DuplicateOut,
    Duplicates,
    DuplicatesQuery,
    Merged,
    MergedRecord,
    Metrics,
    Resolved,
    ResolvedOut,
    ResolveIn,
)
from .together import together

feature = Feature("resolution_api", __name__)
PAIRS = "/world/entities/duplicates"


def _pair(row: Row) -> DuplicateOut:
    return DuplicateOut(
        source_entity_id=row[0], source_display_name=row[1], target_entity_id=row[2],
        target_display_name=row[3], confidence=row[4], matched_on=row[5], status=row[6],
        decision=row[7], decided_by=row[8], decided_at=row[9],
    )  # fmt: skip


@feature.api("POST", "/world/entities/resolve", permission="World.resolve", body=ResolveIn,
             response=Resolved, summary="Find who somebody is by number, address or identifier",
             description="An entity is found when any of what is given fits. The surest come first:"
             " identifiers 1.0, email 0.9, phone 0.6; between equals the one that more fits.")  # fmt: skip
def resolve(body: ResolveIn) -> Resolved:
    """Resolve."""
    place = actor().here.id
    found = queries.fitting(place, body)
    audit.record("entity.search", "entity", phi=True, metadata={"shown": len(found)})
    return Resolved(matches=[
        ResolvedOut(entity=answers.entity(place, row), confidence=sure, matched_on=names)
        for row, sure, names in found
    ])  # fmt: skip


@feature.api("GET", PAIRS, permission="World.view", query=DuplicatesQuery, response=Duplicates,
             summary="Records that may be one person, the least sure first")  # fmt: skip
def duplicates(query: DuplicatesQuery) -> Duplicates:
    """Duplicates."""
    rows = queries.duplicates(
        actor().here.id, query.limit + 1, query.offset, status=query.status,
        most=query.confidence_max,
    )  # fmt: skip
    more = len(rows) > query.limit
    audit.record("entity.list", "entity", phi=True, metadata={"shown": min(len(rows), query.limit)})
    return Duplicates(
        duplicates=[_pair(row) for row in rows[: query.limit]], has_more=more,
        next_offset=query.offset + query.limit if more else None,
    )  # fmt: skip


@feature.api("PUT", PAIRS + "/<uuid:ident>/<uuid:other>", permission="World.update",
             body=DecisionIn, response=DuplicateOut | None,
             summary="Say whether two records are the same person",
             description="What is said here is never changed by itself. Null takes it back; the"
             " answer is null when nothing speaks for the pair then.")  # fmt: skip
def decide(ident: uuid.UUID, other: uuid.UUID, body: DecisionIn) -> DuplicateOut | None:
    """Decide."""
    row = actions.decide(actor(), ident, other, body.decision)
    return _pair(row) if row else None


@feature.api("GET", "/world/entities/<uuid:ident>/merged", permission="World.view",
             response=Merged, summary="The records linked to an entity, and what they say together")  # fmt: skip
def merged(ident: uuid.UUID) -> Merged:
    """Linked records."""
    place = actor().here.id
    row, linked, records = actions.read_together(actor(), ident)
    joint = together(row[1], records)
    return Merged(
        entity_id=ident, state=joint.made.state, origins=joint.of,
        merged=[
            MergedRecord(
                entity=answers.entity(place, other.row), confidence=other.confidence,
                matched_on=other.matched_on,
                discovered_by=(other.by or "resolution") if other.confidence else None,
            )
            for other in linked
        ],
    )  # fmt: skip


@feature.api("GET", "/world/resolution", permission="World.view", response=Metrics,
             summary="How finding duplicates goes")  # fmt: skip
def resolution() -> Metrics:
    """Metrics."""
    return queries.metrics(actor().here.id)
