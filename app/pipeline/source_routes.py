"""One source in the pipeline: how it stands, what came from it and when."""

import uuid
from typing import Any

from flask import Response, request
from pydantic import ValidationError

from app.core import audit
from app.core import collection_store as store
from app.core.errors import NotFound
from app.core.feature import Feature
from app.core.identity import actor
from app.core.pages import render
from app.data_sources.declaration import DATA_SOURCES
from app.sync import queries as sync
from app.world import pages as world

from . import of_source
from .schema import Bucket, EventsQuery, HistoryQuery, Outbound, Overview, SourceEvents

feature = Feature("pipeline_sources", __name__)
ONE = "/pipeline/sources/<uuid:ident>"
SHOWN = 50


@feature.api("GET", ONE + "/overview", permission="DataSource.view", response=Overview,
             summary="One source: how it stands and what came from it")  # fmt: skip
def overview(ident: uuid.UUID) -> Overview:
    """Overview."""
    who = actor()
    record = store.one(DATA_SOURCES, who, ident)
    place, value, state = who.here.id, record.value, sync.state(who.here.id, ident)
    return Overview.model_validate({
        "id": ident, "name": value.name, "display_name": value.display_name,
        "source_type": value.source_type, "is_active": value.is_active,
        "health_status": state.health, "created_at": record.created_at,
        "event_count": sync.events(place, ident), "entity_count": of_source.entities(place, ident),
        "last_sync_at": state.success_at, "last_sync_status": state.status,
        "last_sync_event_count": state.count, "last_poll": of_source.last_poll(place, ident),
        "outbound": Outbound(), "recent_failures": of_source.failures(place, ident),
    })  # fmt: skip


def _listed(ident: uuid.UUID, query: EventsQuery) -> tuple[Any, list[Any]]:
    """The source and its events; that somebody reads whom they are about is noted."""
    who = actor()
    record = store.one(DATA_SOURCES, who, ident)
    rows = of_source.events(who.here.id, ident, query)
    audit.record("data_source.events.read", "data_source", ident, phi=True,
                 resource_name=record.value.name,
                 metadata={"shown": len(rows[: query.limit])})  # fmt: skip
    return record, rows


@feature.api("GET", ONE + "/events", permission="World.view", query=EventsQuery,
             response=SourceEvents, summary="The events that came from a source")  # fmt: skip
def api_events(ident: uuid.UUID, query: EventsQuery) -> SourceEvents:
    """Events."""
    return of_source.page(_listed(ident, query)[1], query.limit)


@feature.api("GET", ONE + "/history", permission="DataSource.view", query=HistoryQuery,
             response=list[Bucket], summary="How many events came from a source, and when")  # fmt: skip
def history(ident: uuid.UUID, query: HistoryQuery) -> list[Bucket]:
    """History."""
    who = actor()
    record = store.one(DATA_SOURCES, who, ident)
    return of_source.history(who.here.id, ident, record.value.name, query)


@feature.page("/data-sources/<uuid:ident>/events", permission="World.view")
def events(ident: uuid.UUID) -> Response:
    """Everything that came from a source, newest first."""
    given = {name: text for name in ("event_type", "continuation_token")
             if (text := request.args.get(name))}  # fmt: skip
    try:
        query = EventsQuery.model_validate({**given, "limit": SHOWN})
    except ValidationError:
        raise NotFound("There is no such page.") from None
    record, rows = _listed(ident, query)
    return render("data_sources/events.html", record=record, rows=rows[:SHOWN], words=world.words, told=world.record,
                  kind=query.event_type, older=len(rows) > SHOWN)  # fmt: skip
