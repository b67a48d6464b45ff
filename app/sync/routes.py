"""Reading a source now, and what its readings did."""

import uuid
from datetime import UTC, date, datetime
from typing import Annotated

from annotated_types import Ge, Le
from flask import Response, flash, request
from pydantic import BaseModel

from app.core import audit, database
from app.core import collection_store as store
from app.core.errors import Conflict
from app.core.feature import Feature
from app.core.identity import Actor, actor
from app.core.pages import redirect_to
from app.data_sources.declaration import DATA_SOURCES

from . import fhir, jobs, queries
from .gates import hooks  # noqa: F401  its routes come with this module
from .run_pages import feature as runs_feature  # noqa: F401  its routes come with this module

feature = Feature("sync", __name__)
ONE = "/data-sources/<uuid:ident>"
WHOLE = (*fhir.KINDS, "rest_api")
"""The kinds that are usually asked for what changed only."""


class Started(BaseModel):
    """A run that was queued."""

    status: str
    data_source_id: uuid.UUID
    triggered_at: datetime


class StartQuery(BaseModel):
    """How much is read: with `whole` all that a server has, not only what changed."""

    whole: bool = False


class StatusOut(BaseModel):
    """How a source stands."""

    event_count: int
    synced_count: int
    failed_count: int
    health_status: str
    consecutive_errors: int
    last_sync_at: datetime | None
    last_sync_status: str | None
    last_sync_event_count: int
    last_error: str | None
    next_run_at: datetime | None
    is_stale: bool


class Day(BaseModel):
    """What the runs of a day did."""

    date: date
    event_count: int
    synced_count: int
    failed_count: int


class Failure(BaseModel):
    """A record that was set aside."""

    place: str
    fhir_resource_type: str | None
    fhir_resource_id: str | None
    sync_error: str
    created_at: datetime


class History(BaseModel):
    """What the runs did by day, and the last records that were set aside."""

    timeline: list[Day]
    recent_failures: list[Failure]


class HistoryQuery(BaseModel):
    """How far back."""

    days: Annotated[int, Ge(1), Le(90)] = 30


def start(who: Actor, ident: uuid.UUID, whole: bool = False) -> None:
    """Queue a run. Raises Conflict."""
    record = store.one(DATA_SOURCES, who, ident)
    if record.value.source_type not in queries.READ:
        raise Conflict("Ward does not read sources of this kind yet.")
    if whole and record.value.source_type not in WHOLE:
        raise Conflict("Sources of this kind cannot be read anew as a whole.")
    if not record.value.is_active:
        raise Conflict("This source is paused. Resume it first.")
    with database.advisory(f"sync {ident}") as free:
        pass
    if not free:
        raise Conflict("This source is being read right now.")
    jobs.queue(who.here.id, ident, who.label, whole)
    audit.record("data_source.sync_now", "data_source", ident, resource_name=record.value.name,
                 metadata={"whole": True} if whole else None)  # fmt: skip


@feature.page(ONE + "/sync", permission="DataSource.update", methods=["POST"])
def sync(ident: uuid.UUID) -> Response:
    """Read the source now."""
    whole = request.form.get("whole") == "1"
    start(actor(), ident, whole)
    flash("Reading of all records begins." if whole else "Reading begins.")
    return redirect_to("data_sources.show", ident=ident)


@feature.api("POST", ONE + "/sync", permission="DataSource.update", query=StartQuery,
             response=Started, status=202, summary="Read a data source now",
             description="With `whole=true` every record of a FHIR server is compared as well, and"
             " what it no longer has is taken out of the world; every record of a REST API is read,"
             " not only what changed.",
             also={409: "It is being read right now, or cannot be read."})  # fmt: skip
def api_sync(ident: uuid.UUID, query: StartQuery) -> Started:
    """Queue a run."""
    start(actor(), ident, query.whole)
    return Started(status="started", data_source_id=ident, triggered_at=datetime.now(UTC))


@feature.api("GET", ONE + "/status", permission="DataSource.view", response=StatusOut,
             summary="How a data source stands")  # fmt: skip
def api_status(ident: uuid.UUID) -> StatusOut:
    """Status."""
    who = actor()
    store.one(DATA_SOURCES, who, ident)
    found = queries.state(who.here.id, ident)
    count = queries.events(who.here.id, ident)
    return StatusOut(
        event_count=count, synced_count=count, failed_count=found.aside,
        health_status=found.health, consecutive_errors=found.errors,
        last_sync_at=found.success_at, last_sync_status=found.status,
        last_sync_event_count=found.count, last_error=found.error, next_run_at=found.next_at,
        is_stale=found.stale,
    )  # fmt: skip


@feature.api("GET", ONE + "/sync-history", permission="DataSource.view", query=HistoryQuery,
             response=History, summary="What the readings of a data source did")  # fmt: skip
def api_history(ident: uuid.UUID, query: HistoryQuery) -> History:
    """History."""
    who = actor()
    store.one(DATA_SOURCES, who, ident)
    return History(
        timeline=[Day(date=d, event_count=r, synced_count=s, failed_count=f)
                  for d, s, r, f in queries.days(who.here.id, ident, query.days)],
        recent_failures=[Failure(place=p, fhir_resource_type=k, fhir_resource_id=i, sync_error=r,
                                 created_at=at)
                         for p, r, at, k, i in queries.set_aside(who.here.id, ident)],
    )  # fmt: skip
