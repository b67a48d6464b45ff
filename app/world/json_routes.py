"""The world model as JSON."""

import io
import uuid
from datetime import datetime
from typing import Any

import orjson
from flask import request

from app.core.errors import Invalid
from app.core.feature import MIB, Feature
from app.core.identity import actor

from . import actions, answers, bundles, figures, queries
from .figure_schema import Filtered, Provenance, Searched
from .imports import Imported, Origin
from .listing import Filters
from .schema import (
    AtQuery,
    Correction,
    Entity,
    EntityPage,
    EventOut,
    ImportIn,
    Note,
    Paged,
    Relationships,
    StreamQuery,
    Timeline,
    TimelineQuery,
    Types,
)

feature = Feature("world_api", __name__)
ONE = "/world/entities/<uuid:ident>"


@feature.api("GET", "/world/entities", permission="World.view", query=Filtered,
             response=EntityPage, summary="List entities, the ones that changed last first")  # fmt: skip
def list_entities(query: Filtered) -> EntityPage:
    """List entities."""
    return actions.listed(actor(), "entity.list", _filters(query), query)


@feature.api("GET", "/world/search", permission="World.view", query=Searched,
             response=EntityPage, summary="Find people and things",
             description="By the beginning of a name's words, a telephone number, an e-mail"
             " address, a date of birth (1987-04-12) or an identifier.")  # fmt: skip
def search(query: Searched) -> EntityPage:
    """Search."""
    return actions.listed(actor(), "entity.search", _filters(query), query)


def _filters(query: Paged) -> Filters:
    return Filters(**query.model_dump(exclude={"limit", "offset"}))


@feature.api("GET", ONE, permission="World.view", query=AtQuery, response=Entity,
             summary="One entity, now or as it was known at a moment")  # fmt: skip
def get_entity(ident: uuid.UUID, query: AtQuery) -> Entity:
    """One entity."""
    row = actions.opened(actor(), ident)
    return answers.entity(actor().here.id, row, _moment(query.at))


def _moment(at: datetime | None) -> datetime | None:
    if at is not None and at.tzinfo is None:
        raise Invalid([{"loc": ["query", "at"], "msg": "Enter a time with its zone.",
                        "type": "timezone_aware"}])  # fmt: skip
    return at


@feature.api("GET", ONE + "/relationships", permission="World.view", response=Relationships,
             summary="Relationships of an entity")  # fmt: skip
def get_relationships(ident: uuid.UUID) -> Relationships:
    """Relationships."""
    actions.opened(actor(), ident)
    return answers.relationships(queries.related(actor().here.id, ident))


@feature.api("GET", ONE + "/provenance", permission="World.view", response=Provenance,
             summary="Where every field of an entity comes from")  # fmt: skip
def get_provenance(ident: uuid.UUID) -> Provenance:
    """Provenance."""
    place = actor().here.id
    row = actions.opened(actor(), ident)
    return figures.provenance(place, row, queries.events(place, ident))


@feature.api("GET", ONE + "/timeline", permission="World.view", query=TimelineQuery,
             response=Timeline, summary="The events of an entity by when they were so")  # fmt: skip
def get_timeline(ident: uuid.UUID, query: TimelineQuery) -> Timeline:
    """Timeline."""
    actions.opened(actor(), ident)
    rows = queries.timeline(actor().here.id, ident, query.limit + 1, query.offset, domain=query.domain,
                            kind=query.event_type)  # fmt: skip
    return answers.timeline(rows, query.limit, query.offset)


@feature.api("POST", ONE + "/notes", permission="World.update", body=Note, response=EventOut,
             status=201, summary="Keep a note about an entity")  # fmt: skip
def add_note(ident: uuid.UUID, body: Note) -> EventOut:
    """Add a note."""
    made = actions.note(actor(), ident, body.text)
    return answers.event(queries.event(actor().here.id, made))


@feature.api("POST", ONE + "/corrections", permission="World.update", body=Correction,
             response=EventOut, status=201, summary="Correct fields of a person")  # fmt: skip
def add_correction(ident: uuid.UUID, body: Correction) -> EventOut:
    """Correct fields."""
    made = actions.correct(actor(), ident, body.model_dump(exclude_none=True))
    return answers.event(queries.event(actor().here.id, made))


@feature.api("GET", "/world/entity-types", permission="World.view", response=Types,
             summary="Entity types with their counts")  # fmt: skip
def entity_types() -> Types:
    """Entity types."""
    return answers.types(queries.counts(actor().here.id, "entity"))


@feature.api("POST", "/fhir/import", permission="World.import", body=ImportIn, response=Imported,
             max_body=64 * MIB, summary="Import a FHIR R4 bundle",
             description="A resource that cannot be understood is refused by itself, with its place"
             " in the bundle. Importing the same bundle again changes nothing.")  # fmt: skip
def import_bundle(body: ImportIn) -> Imported:
    """Import a bundle."""
    who = actor()
    actions.check_source(who, body.data_source_id)
    file = io.BytesIO(orjson.dumps(body.bundle))
    origin = Origin(body.source, body.source, body.source_system, body.data_source_id)
    if not isinstance(body.bundle.get("entry"), list):
        raise Invalid([{"loc": ["body", "bundle", "entry"], "msg": "This bundle has no entries.",
                        "type": "missing"}])  # fmt: skip
    urls = bundles.urls(file)
    file.seek(0)
    return actions.take_in(who, origin, bundles.items(file), urls)


@feature.api("POST", "/fhir/import-stream", permission="World.import", query=StreamQuery,
             response=Imported, max_body=None, summary="Import FHIR resources as NDJSON",
             description="One resource a line, of any number; stored a thousand at a time.")  # fmt: skip
def import_stream(query: StreamQuery) -> Imported:
    """Import lines."""
    origin = Origin(query.source, query.source, query.source_system)
    stream: Any = request.stream
    return actions.take_in(actor(), origin, bundles.lines(bundles.of_stream(stream)))
