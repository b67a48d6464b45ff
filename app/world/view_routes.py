"""FHIR views as JSON: people, places and bookings as flat rows, and how reading stands."""

from typing import Any

from pydantic import BaseModel

from app.core import audit
from app.core.feature import Feature
from app.core.identity import actor

from . import fhir_queries, queries, views
from .fhir_schema import (
    Appointments,
    Booking,
    Locations,
    Organizations,
    Patient,
    Patients,
    Place,
    Practitioner,
    Practitioners,
    SlotQuery,
    Slots,
    Status,
    SyncFailure,
    SyncFailures,
    ViewQuery,
)
from .schema import Paged

feature = Feature("fhir_views", __name__)


def _shown(kind: str, shape: Any, rows: Any, query: ViewQuery) -> tuple[Any, dict[str, Any]]:
    shown, paging = views.paged(shape, rows, query.limit, query.offset)
    audit.record("fhir.view", "entity", phi=True, metadata={"type": kind, "shown": len(shown)})
    return shown, paging


def _declare(name: str, kind: str, shape: type[BaseModel], answer: type[BaseModel]) -> None:
    def view(query: ViewQuery) -> BaseModel:
        found = views.things(actor().here.id, kind, query.data_source_id, query.limit + 1,
                             query.offset)  # fmt: skip
        rows, paging = _shown(kind, shape, found, query)
        return answer(**{name: rows}, **paging)

    summary = f"{'People' if kind == 'Patient' else name.capitalize()} as flat rows"
    feature.api("GET", f"/fhir/views/{name}", permission="World.view", query=ViewQuery,
                response=answer, summary=summary, endpoint=name)(view)  # fmt: skip


_declare("patients", "Patient", Patient, Patients)
_declare("practitioners", "Practitioner", Practitioner, Practitioners)
_declare("organizations", "Organization", Place, Organizations)
_declare("locations", "Location", Place, Locations)


@feature.api("GET", "/fhir/views/appointments", permission="World.view", query=ViewQuery,
             response=Appointments, summary="Appointments as flat rows, the latest first")  # fmt: skip
def appointments(query: ViewQuery) -> Appointments:
    """Appointments."""
    found = views.appointments(actor().here.id, query.data_source_id, query.limit + 1,
                               query.offset)  # fmt: skip
    rows, paging = _shown("Appointment", Booking, found, query)
    return Appointments(appointments=rows, **paging)


@feature.api("GET", "/fhir/views/slots", permission="World.view", query=SlotQuery,
             response=Slots, summary="Slots of the next days as flat rows, the next first")  # fmt: skip
def slots(query: SlotQuery) -> Slots:
    """Slots."""
    found = views.slots(actor().here.id, query.data_source_id, query.days, query.limit + 1,
                        query.offset)  # fmt: skip
    rows, paging = _shown("Slot", Booking, found, query)
    return Slots(slots=rows, **paging)


@feature.api("GET", "/fhir/status", permission="World.view", response=Status,
             summary="How reading FHIR stands")  # fmt: skip
def status() -> Status:
    """Counts."""
    place = actor().here.id
    counts = {name: n for name, n in queries.counts(place, "event").items() if name[:1].isupper()}
    sources, active, last, failing, aside = fhir_queries.sources(place)
    return Status(
        status="degraded" if failing else "ready" if counts else "empty",
        total_events=sum(counts.values()), by_resource_type=counts, data_sources=sources,
        active_data_sources=active, failing_data_sources=failing, failed_count=aside,
        last_sync_at=last,
    )  # fmt: skip


@feature.api("GET", "/fhir/sync-failures", permission="World.view", query=Paged,
             response=SyncFailures, summary="Records that could not be stored")  # fmt: skip
def sync_failures(query: Paged) -> SyncFailures:
    """Records that were set aside."""
    rows = fhir_queries.failures(actor().here.id, query.limit + 1, query.offset)
    more = len(rows) > query.limit
    failures = [
        SyncFailure(id=r[0], data_source_id=r[1], data_source_name=r[2], place=r[3],
                    sync_error=r[4], created_at=r[5])
        for r in rows[: query.limit]
    ]  # fmt: skip
    audit.record("fhir.failures", "data_source", phi=True, metadata={"shown": len(failures)})
    return SyncFailures(
        failures=failures, has_more=more,
        next_offset=query.offset + query.limit if more else None,
        total=None if more or query.offset else len(failures),
    )  # fmt: skip
