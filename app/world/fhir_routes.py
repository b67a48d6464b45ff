"""FHIR as JSON: resources with their history, and the people they tell of."""

import uuid
from typing import Any

from flask import request

from app.core import audit, database
from app.core.errors import BadRequest, Conflict, Invalid, NotFound
from app.core.feature import MIB, Feature
from app.core.identity import actor

from . import actions, answers, fhir_queries, fhir_search, imports, listing, queries, r4, views
from .events import AUTHORITATIVE
from .fhir_schema import (
    Found,
    Patient,
    PatientQuery,
    Patients,
    Record,
    ResourceIn,
    Search,
    Summary,
)
from .imports import Origin
from .listing import Filters
from .schema import Timeline, TimelineQuery

feature = Feature("fhir", __name__)
TYPE = "/fhir/resources/<kind>"
ONE = TYPE + "/<ident>"
PERSON = "/fhir/patients/<ident>"
LISTS = ("conditions", "medications", "allergies", "appointments", "encounters", "coverage",
         "immunizations", "observations", "procedures")  # fmt: skip
WRITES = "World.import"
DEFAULT_KEY = "fhir_import"


def _listed(what: str, shown: int) -> None:
    audit.record("fhir.search", "entity", phi=True, metadata={"type": what, "shown": shown})


def _read(row: database.Row, action: str = "fhir.read") -> None:
    audit.record(action, "entity", row[3], phi=True,
                 metadata={"resource": f"{row[0]}/{row[1]}"})  # fmt: skip


@feature.api("GET", TYPE, permission="World.view", query=Search, response=Found,
             summary="Search FHIR resources of a type",
             description="Types that are entities of their own are found by name, identifier,"
             " birthdate and q; every type by patient (a FHIR id or an entity's id), date and"
             " status. Only versions that count now are found.")  # fmt: skip
def search(kind: str, query: Search) -> Found:
    """Search resources."""
    place = actor().here.id
    wanted = fhir_search.wanted(place, r4.check(kind), query)
    rows = fhir_queries.search(place, wanted, query.count + 1, query.offset)
    found = fhir_search.found(request.path, kind, query, rows)
    _listed(kind, len(found.entries))
    return found


@feature.api("GET", ONE, permission="World.view", response=Record,
             summary="A FHIR resource as it is now")  # fmt: skip
def get(kind: str, ident: str) -> Record:
    """One resource."""
    row = fhir_queries.one(actor().here.id, r4.check(kind), ident)
    _read(row)
    return fhir_search.record(row)


@feature.api("GET", ONE + "/history", permission="World.view", response=Found,
             summary="The versions of a FHIR resource, newest first, a hundred at most")  # fmt: skip
def history(kind: str, ident: str) -> Found:
    """Versions of a resource."""
    place = actor().here.id
    row = fhir_queries.one(place, r4.check(kind), ident)
    _read(row)
    entries = [fhir_search.record(r) for r in fhir_queries.versions(place, row)]
    whole = len(entries) < fhir_queries.MOST_VERSIONS
    return Found(resource_type=kind, entries=entries, total=len(entries) if whole else None)


@feature.api("POST", TYPE, permission=WRITES, body=ResourceIn, response=Record, status=201,
             max_body=4 * MIB, summary="Store a FHIR resource",
             description="Without an id one is given. A Patient becomes a person of its own.",
             also={409: "There is a resource of this type and id; PUT a new version of it."})  # fmt: skip
def create(kind: str, body: ResourceIn) -> Record:
    """Store a resource."""
    place = actor().here.id
    resource = _of_type(r4.check(kind), body.root)
    ident = resource.setdefault("id", str(uuid.uuid4()))
    if isinstance(ident, str) and _known(place, kind, ident):
        raise Conflict(f"There is a {kind} with this id. PUT a new version of it.")
    return _store(place, DEFAULT_KEY, resource)


@feature.api("PUT", ONE, permission=WRITES, body=ResourceIn, response=Record, max_body=4 * MIB,
             summary="Store a new version of a FHIR resource",
             description="The version before is superseded and stays in the history. The same"
             " content again changes nothing.")  # fmt: skip
def update(kind: str, ident: str, body: ResourceIn) -> Record:
    """Store a new version."""
    place = actor().here.id
    resource = _of_type(r4.check(kind), body.root)
    row = fhir_queries.one(place, kind, ident)
    if resource.setdefault("id", ident) != ident:
        raise BadRequest("The id of the resource is not the one of the address.")
    return _store(place, row[13], resource)


def _known(place: uuid.UUID, kind: str, ident: str) -> bool:
    try:
        fhir_queries.one(place, kind, ident)
    except NotFound:
        return False
    return True


def _of_type(kind: str, resource: dict[str, Any]) -> dict[str, Any]:
    if resource.get("resourceType", kind) != kind:
        raise BadRequest("The resourceType is not the one of the address.")
    return {**resource, "resourceType": kind}


def _store(place: uuid.UUID, key: str, resource: dict[str, Any]) -> Record:
    origin = Origin(key, "api", confidence=AUTHORITATIVE)
    done = imports.run(place, origin, [("body", None, resource)])
    if done.errors:
        raise Invalid([{"loc": ["body"], "msg": done.errors[0]["detail"], "type": "fhir"}])
    row = fhir_queries.one(place, resource["resourceType"], resource["id"])
    _read(row, "fhir.write")
    return fhir_search.record(row)


@feature.api("GET", "/fhir/patients", permission="World.view", query=PatientQuery,
             response=Patients, summary="Find people")  # fmt: skip
def patients(query: PatientQuery) -> Patients:
    """People in short."""
    place = actor().here.id
    if query.q:
        wanted = Filters(q=query.q, entity_type=("person",))
        rows = listing.entities(place, wanted, query.limit + 1, query.offset)
    else:
        rows = views.patients(place, query.sort_by, query.limit + 1, query.offset)
    shown, paging = views.paged(Patient, rows, query.limit, query.offset)
    _listed("Patient", len(shown))
    return Patients(patients=shown, **paging)


def _person(ident: str) -> uuid.UUID:
    """The person that an entity's id or a FHIR id means. Raises NotFound."""
    found = fhir_queries.people(actor().here.id, ident)
    if not found:
        raise NotFound.of("patient")
    return found[0]


@feature.api("GET", PERSON + "/summary", permission="World.view", response=Summary,
             summary="A person's summary", description="By the entity's id or the FHIR id.")  # fmt: skip
def summary(ident: str) -> Summary:
    """A person's summary."""
    row = actions.opened(actor(), _person(ident))
    state = row[5]
    lists = {name: [e for e in state.get(name) or [] if isinstance(e, dict)] for name in LISTS}
    counts = state.get("counts") or {}
    return Summary(patient=views.flat(Patient, row), counts=counts, **lists)


@feature.api("GET", PERSON + "/timeline", permission="World.view", query=TimelineQuery,
             response=Timeline, summary="A person's events by when they were so",
             description="By the entity's id or the FHIR id.")  # fmt: skip
def timeline(ident: str, query: TimelineQuery) -> Timeline:
    """A person's timeline."""
    person = _person(ident)
    actions.opened(actor(), person)
    rows = queries.timeline(actor().here.id, person, query.limit + 1, query.offset,
                            domain=query.domain, kind=query.event_type)  # fmt: skip
    return answers.timeline(rows, query.limit, query.offset)
