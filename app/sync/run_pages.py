"""What a run changed, what was set aside and is tried again, and pausing a source."""

import uuid
from datetime import datetime
from typing import Any

from flask import Response, flash, request
from pydantic import BaseModel

from app.core import audit, database
from app.core import collection_store as store
from app.core.errors import Conflict, NotFound
from app.core.feature import Feature
from app.core.identity import actor
from app.core.pages import redirect_to, render
from app.data_sources.declaration import DATA_SOURCES
from app.world import pages as world

from . import aside, fhir, jobs, runs

feature = Feature("runs", __name__)
ONE = "/data-sources/<uuid:ident>"


class SetAside(BaseModel):
    """A record that could not be taken; `times` it was tried."""

    id: uuid.UUID
    place: str
    sync_error: str
    fhir_resource_type: str | None
    fhir_resource_id: str | None
    times: int
    created_at: datetime
    last_tried_at: datetime


class SetAsidePage(BaseModel):
    """Newest first; `before` the last one's id there are more when `has_more`."""

    items: list[SetAside]
    total: int
    has_more: bool


class Before(BaseModel):
    """Where the page before ended."""

    before: uuid.UUID | None = None


class Again(BaseModel):
    """Which record to try again; null for all."""

    id: uuid.UUID | None = None


class Queued(BaseModel):
    """Another try that was queued."""

    status: str
    waiting: int


def _given(name: str, kind: Any) -> Any:
    try:
        return kind(request.args[name]) if name in request.args else None
    except ValueError:
        return None


@feature.page(ONE + "/runs", permission="DataSource.view")
def listed(ident: uuid.UUID) -> Response:
    """All readings of a source."""
    me = actor()
    record = store.one(DATA_SOURCES, me, ident)
    found = runs.page(me.here.id, ident, _given("before", datetime.fromisoformat))
    return render("data_sources/runs.html", record=record, runs=found[: runs.PAGE],
                  older=len(found) > runs.PAGE)  # fmt: skip


@feature.page(ONE + "/runs/<uuid:run>", permission="World.view")
def show(ident: uuid.UUID, run: uuid.UUID) -> Response:
    """What changed in this run: the records it wrote, and whom they are about."""
    me = actor()
    record = store.one(DATA_SOURCES, me, ident)
    found = runs.one(me.here.id, ident, run)
    if found is None:
        raise NotFound("There is no such reading.")
    changes = runs.changes(me.here.id, ident, found, _given("before", int))
    audit.record("data_source.run.read", "data_source", ident, phi=True,
                 resource_name=record.value.name, metadata={"run": str(run)})  # fmt: skip
    return render("data_sources/run.html", record=record, run=found, words=world.words, told=world.record,
                  changes=changes[: runs.PAGE], older=len(changes) > runs.PAGE)  # fmt: skip


@feature.page(ONE + "/set-aside", permission="DataSource.view")
def set_aside(ident: uuid.UUID) -> Response:
    """The records that could not be taken."""
    me = actor()
    record = store.one(DATA_SOURCES, me, ident)
    asks = record.value.source_type in fhir.KINDS
    found = aside.page(me.here.id, ident, asks, _given("before", uuid.UUID))
    audit.record("data_source.set_aside.read", "data_source", ident, phi=True,
                 resource_name=record.value.name)  # fmt: skip
    return render("data_sources/set_aside.html", record=record, lines=found[: aside.PAGE],
                  older=len(found) > aside.PAGE, total=aside.count(me.here.id, ident))  # fmt: skip


def _again(ident: uuid.UUID, one: uuid.UUID | None) -> int:
    """Queue another try; of how many. Raises Conflict, also while the source is read."""
    me = actor()
    record = store.one(DATA_SOURCES, me, ident)
    if not record.value.is_active:
        raise Conflict("This source is paused. Resume it first.")
    with database.advisory(f"sync {ident}") as free:
        pass
    if not free:
        raise Conflict("This source is being read right now. Try again when that is done.")
    asks = record.value.source_type in fhir.KINDS
    waiting = aside.can_be_tried(me.here.id, ident, asks, one)
    if not waiting:
        raise Conflict("There is nothing here that can be tried again: it must come in again.")
    jobs.queue_retry(me.here.id, ident, me.label, one)
    audit.record("data_source.retry_now", "data_source", ident, resource_name=record.value.name,
                 metadata={"record": str(one) if one else "all"})  # fmt: skip
    return waiting


@feature.page(ONE + "/set-aside", permission="DataSource.update", methods=["POST"])
def again(ident: uuid.UUID) -> Response:
    """Try one record again, or all."""
    try:
        one = uuid.UUID(request.form["one"]) if request.form.get("one") else None
    except ValueError:
        raise NotFound("There is no such record.") from None
    _again(ident, one)
    flash("Ward tries again. Reload the page in a moment: what went in is gone from this list.")
    return redirect_to("runs.set_aside", ident=ident)


@feature.page(ONE + "/pause", permission="DataSource.update", methods=["POST"])
def pause(ident: uuid.UUID) -> Response:
    """Read the source no more until it is resumed."""
    return _switch(ident, False, "Paused. What came in is kept; a reading that is going on stops"
                   " after its present page.")  # fmt: skip


@feature.page(ONE + "/resume", permission="DataSource.update", methods=["POST"])
def resume(ident: uuid.UUID) -> Response:
    """Read the source again, from where it stopped."""
    return _switch(ident, True, "Resumed. Reading goes on from where it stopped.")


def _switch(ident: uuid.UUID, active: bool, said: str) -> Response:
    me = actor()
    version = store.one(DATA_SOURCES, me, ident).version
    store.update(DATA_SOURCES, me, ident, {"is_active": active}, version)
    flash(said, "ok")
    return redirect_to("data_sources.show", ident=ident)


@feature.api("GET", ONE + "/set-aside", permission="DataSource.view", query=Before,
             response=SetAsidePage, summary="Records of a data source that were set aside")  # fmt: skip
def api_set_aside(ident: uuid.UUID, query: Before) -> SetAsidePage:
    """Newest first, 50 at a time."""
    me = actor()
    record = store.one(DATA_SOURCES, me, ident)
    asks = record.value.source_type in fhir.KINDS
    found = aside.page(me.here.id, ident, asks, query.before)
    audit.record("data_source.set_aside.read", "data_source", ident, phi=True,
                 resource_name=record.value.name)  # fmt: skip
    items = [SetAside(id=a.id, place=a.place, sync_error=a.reason, fhir_resource_type=a.kind,
                      fhir_resource_id=a.ident, times=a.times, created_at=a.first_at,
                      last_tried_at=a.last_at) for a in found[: aside.PAGE]]  # fmt: skip
    return SetAsidePage(items=items, total=aside.count(me.here.id, ident),
                        has_more=len(found) > aside.PAGE)  # fmt: skip


@feature.api("POST", ONE + "/set-aside/retry", permission="DataSource.update", body=Again,
             response=Queued, status=202, summary="Try records that were set aside again",
             also={409: "The source is paused or being read right now."})  # fmt: skip
def api_again(ident: uuid.UUID, body: Again) -> Queued:
    """One record or all; what goes in leaves the list."""
    return Queued(status="started", waiting=_again(ident, body.id))
