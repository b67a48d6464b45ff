"""The world's figures and its connectors as JSON."""

import uuid

from app.core import audit
from app.core.feature import Feature
from app.core.identity import actor

from . import actions, figures, queries
from .figure_schema import (
    Connectors,
    Dashboard,
    EntityCounts,
    EventTypes,
    Lineage,
    ResourceQuery,
    Resources,
    Sources,
)
from .listing import Filters
from .schema import EntityPage, Paged

feature = Feature("world_figures", __name__)
CONNECTOR = "/world/connectors/<uuid:ident>"


@feature.api("GET", "/world/dashboard", permission="World.view", response=Dashboard,
             summary="The world model in figures")  # fmt: skip
def dashboard() -> Dashboard:
    """Figures."""
    return figures.dashboard(actor().here.id)


@feature.api("GET", "/world/entity-stats", permission="World.view", response=EntityCounts,
             summary="How many entities and events there are")  # fmt: skip
def entity_stats() -> EntityCounts:
    """Counts."""
    return figures.counts(queries.figures(actor().here.id))


@feature.api("GET", "/world/event-types", permission="World.view", response=EventTypes,
             summary="Event types with their counts, domains and sources")  # fmt: skip
def event_types() -> EventTypes:
    """Event types."""
    return figures.event_types(actor().here.id)


@feature.api("GET", "/world/source-breakdown", permission="World.view", response=Sources,
             summary="Where the entities come from")  # fmt: skip
def source_breakdown() -> Sources:
    """Entities by source system and type."""
    return Sources(sources=figures.sources(actor().here.id))


@feature.api("GET", "/world/entities/<uuid:ident>/lineage", permission="World.view",
             response=Lineage, summary="Where an entity's fields come from and who reviewed them")  # fmt: skip
def lineage(ident: uuid.UUID) -> Lineage:
    """Lineage."""
    place = actor().here.id
    row = actions.opened(actor(), ident)
    return figures.lineage(place, row, queries.events(place, ident))


@feature.api("GET", "/world/connectors", permission="World.view", response=Connectors,
             summary="The data sources and how each stands")  # fmt: skip
def connectors() -> Connectors:
    """Data sources."""
    return figures.connectors(actor().here.id)


@feature.api("GET", CONNECTOR + "/entities", permission="World.view", query=Paged,
             response=EntityPage, summary="Entities that a data source told of")  # fmt: skip
def connector_entities(ident: uuid.UUID, query: Paged) -> EntityPage:
    """Entities of a data source."""
    actions.check_source(actor(), ident)
    return actions.listed(actor(), "entity.list", Filters(data_source=ident.hex), query,
                          data_source=str(ident))  # fmt: skip


@feature.api("GET", CONNECTOR + "/resources", permission="World.view", query=ResourceQuery,
             response=Resources, summary="Records of a data source by type and id")  # fmt: skip
def connector_resources(ident: uuid.UUID, query: ResourceQuery) -> Resources:
    """Records of a data source."""
    actions.check_source(actor(), ident)
    audit.record("fhir.list", "data_source", ident, phi=True)
    return figures.resources(actor().here.id, ident, query.resource_type, query.limit,
                             query.offset)  # fmt: skip
