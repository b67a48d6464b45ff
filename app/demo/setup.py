"""The demo's configuration: agents, a graph, services, numbers, safety, data sources, branding."""

import uuid
from typing import Any

from app.agents.declaration import AGENT_VERSIONS, AGENTS
from app.core import collection_store as store
from app.core import settings, versions
from app.core.identity import Actor
from app.data_sources.declaration import DATA_SOURCES
from app.escalation.declaration import GENERAL
from app.graphs.declaration import GRAPH_VERSIONS, GRAPHS
from app.phone_numbers.declaration import PHONE_NUMBERS, TEST_CALLERS
from app.safety import applying
from app.services.declaration import SERVICES
from app.workspaces.declaration import BRANDING

from . import flow
from .generate import AGENTS_OF, GRAPH_NAME, Clinic, agent_id, graph_id, service_id

ZONE = "America/Los_Angeles"
COLORS = {"riverside-pediatrics": "violet", "lakeside-dental": "blue"}
WORDS = {"Appointment line": ["telehealth", "MyChart"], "Refill line": ["lisinopril", "metformin"]}
SOURCES: tuple[dict[str, Any], ...] = (
    {"name": "Records system", "source_type": "fhir_store", "sync_strategy": "scheduled",
     "sync_schedule": "every 15 minutes",
     "connection_config": {"base_url": "https://fhir.riverside.example/r4",
                           "auth_type": "bearer_token", "auth_token": "demo-token-that-opens-nothing",
                           "resource_types": ["Patient", "Appointment", "Practitioner"]}},
    {"name": "Nightly export", "source_type": "file_drop", "sync_strategy": "scheduled",
     "sync_schedule": "0 2 * * *", "is_active": False,
     "connection_config": {"path": "exports", "format": "csv", "id_path": "Patient no"},
     "field_mappings": {"name": "First name + Last name",
                        "birth_date": {"source": "Born", "type": "date_mdy"},
                        "phone": {"source": "Mobile | Home phone", "type": "phone"}}},
    {"name": "Patient portal", "source_type": "rest_api", "sync_strategy": "scheduled",
     "sync_schedule": "every hour", "is_active": False,
     "connection_config": {"base_url": "https://portal.riverside.example/api", "endpoints": [
         {"path": "/v2/patients", "entity_type": "person", "id_path": "id",
          "records_path": "data", "cursor": "paging.next", "cursor_param": "cursor",
          "since_param": "updated_since"}]},
     "field_mappings": {"name": "given + family", "email": {"source": "email", "type": "email"}}},
    {"name": "Online booking", "source_type": "webhook", "sync_strategy": "webhook",
     "connection_config": {"secret": "demo-secret-that-signs-nothing", "accepts": "records",
                           "entity_type": "appointment", "id_path": "booking.id",
                           "event_path": "event", "events": [
                               {"event": "booking.*", "entity_type": "appointment"}]},
     "field_mappings": {"start": {"source": "booking.starts_at", "type": "time"},
                        "status": "booking.state", "reason": "booking.note",
                        "patient": {"source": "booking.patient_id", "type": "person"}}},
)  # fmt: skip


def _add(of: Any, who: Actor, content: dict[str, Any], ident: uuid.UUID | None = None) -> uuid.UUID:
    made, _ = store.create(of, who, of.parse(content), ident)
    return made.id


def _answering(clinic: Clinic, kind: str, who: Actor) -> list[uuid.UUID]:
    agent = _add(
        AGENTS,
        who,
        {"name": AGENTS_OF[kind], "description": "The voice of the front desk."},
        uuid.UUID(agent_id(clinic.slug)),
    )
    for words in ("Knows the opening hours.", f"Knows {clinic.name}, its doctors and its hours."):
        content = flow.agent(AGENTS_OF[kind], clinic.name, words)
        versions.create(AGENT_VERSIONS, who, agent, AGENT_VERSIONS.parse(content))
    graph = _add(
        GRAPHS, who, {"name": GRAPH_NAME, "description": "What callers usually want."},
        uuid.UUID(graph_id(clinic.slug)),
    )  # fmt: skip
    for content in (flow.FIRST, flow.GRAPH):
        versions.create(GRAPH_VERSIONS, who, graph, GRAPH_VERSIONS.parse(content))
    return [
        _add(SERVICES, who, {
            "name": name, "agent_id": agent, "context_graph_id": graph,
            "keyterms": WORDS.get(name, []), "tags": [{"key": "team", "value": "front desk"}],
            "version_sets": {"release": {"agent_version_number": 2}} if name == clinic.services[0]
            else {},
        }, uuid.UUID(service_id(clinic.slug, name)))
        for name in clinic.services
    ]  # fmt: skip


def _numbers(clinic: Clinic, who: Actor, services: list[uuid.UUID]) -> None:
    for place, number in enumerate(clinic.numbers):
        service = services[place] if place < len(services) else None
        staging = clinic.slug.endswith("staging")
        _add(PHONE_NUMBERS, who, {
            "phone_number": number, "display_name": clinic.services[place] if service else "",
            "inbound_service_id": None if staging else service,
            "forwarding": {"forward_to": "+14155550190"} if place == 0 and not staging else None,
        })  # fmt: skip


def configure(clinic: Clinic, kind: str, who: Actor) -> None:
    """Set up everything that answers in one workspace; the development one is left half done."""
    settings.save(who, GENERAL, {"time_zone": ZONE})
    if clinic.slug.endswith("-dev"):
        return
    _numbers(clinic, who, _answering(clinic, kind, who))
    settings.save(who, TEST_CALLERS, {"numbers": ["+14155550177"]})
    settings.save(who, BRANDING, {"mark_color": COLORS.get(clinic.slug, "teal")})
    if not clinic.slug.endswith("staging"):
        applying.apply(who, "healthcare_baseline", False)
        for source in SOURCES if kind == "riverside" else SOURCES[:1]:
            _add(DATA_SOURCES, who, source)
