"""FHIR reads and writes of single resources, and the flat views."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import database, tenancy
from app.world import fhir_queries, fhir_search, views
from app.world.fhir_schema import Search
from tests.support import Keys, Place

from .data import GOUT, PATIENT, VISIT, WHOLE, bundle
from .test_import import ana, put_in

SOON = (datetime.now(UTC) + timedelta(days=2)).isoformat()
LATER = (datetime.now(UTC) + timedelta(days=20)).isoformat()
CLINIC = {"resourceType": "Location", "id": "l1", "name": "North Clinic", "status": "active"}
SLOTS = [{"resourceType": "Slot", "id": f"s{n}", "status": "free", "start": at, "end": at}
         for n, at in enumerate((SOON, LATER))]  # fmt: skip
VISITS = bundle(*SLOTS, CLINIC, {
    "resourceType": "Appointment", "id": "a1", "status": "booked", "start": SOON, "end": SOON,
    "participant": [{"actor": {"reference": "Patient/p1"}}],
})  # fmt: skip


class Reader:
    """Reads of one workspace as JSON."""

    def __init__(self, api: FlaskClient, place: Place, key: dict[str, str]) -> None:
        self.api, self.place, self.key = api, place, key

    def __call__(self, path: str, code: int = 200, /, **query: Any) -> Any:
        found = self.api.get(f"/v1/{self.place.id}/{path}", headers=self.key, query_string=query)
        assert found.status_code == code, found.data
        return found.json

    def ids(self, kind: str, **query: Any) -> list[str]:
        return [entry["id"] for entry in self(f"fhir/resources/{kind}", **query)["entries"]]


@pytest.fixture
def read(api: FlaskClient, workspace: Place, keys: Keys) -> Reader:
    put_in(api, workspace, keys.admin, WHOLE)
    return Reader(api, workspace, keys.viewer)


def test_resources_are_found_by_what_fhir_searches_by(read: Reader) -> None:
    for asked in ({"name": "silv"}, {"name": "ana silva"}, {"birthdate": "1987-04-12"},
                  {"birthdate": "1987"}, {"identifier": "http://mrn|MRN-77"}, {"q": "4155550142"},
                  {"patient": "p1"}, {"name": "ana", "identifier": "mrn-77"}, {}):  # fmt: skip
        assert read.ids("Patient", **asked) == ["p1"], asked
    for asked in ({"name": "ana", "identifier": "MRN-7"}, {"birthdate": "1988"}, {"name": "?!"},
                  {"patient": "nobody"}, {"q": "reyes"}):  # fmt: skip
        assert read.ids("Patient", **asked) == [], asked
    person = read("fhir/resources/Patient/p1")["entity_id"]
    for asked in ({"patient": "Patient/p1"}, {"patient": person}, {"status": "active"},
                  {"date": "2020"}, {"date": ["ge2020-01-01", "lt2020-01-02"]}, {"date": "le2020"},
                  {"patient": "p1", "q": "GOUT", "status": "active"}):  # fmt: skip
        assert read.ids("Condition", **asked) == ["c1"], asked
    for asked in ({"status": "resolved"}, {"date": "gt2020"}, {"date": "lt2020"},
                  {"patient": "p1", "q": "asthma"}, {"patient": "p1", "identifier": "x"}):  # fmt: skip
        assert read.ids("Condition", **asked) == [], asked
    assert read.ids("Encounter", patient="p1", date="2026-03-01") == ["e1"]


def test_what_is_no_type_or_not_searched_so_is_told(read: Reader) -> None:
    for path in ("Gout", "patient", "Gout/1", "Gout/1/history"):
        assert read(f"fhir/resources/{path}", 400)["error_code"] == "bad_request"
    told = read("fhir/resources/Condition", 400, name="gout")["detail"]
    assert told.startswith("Search Condition by patient, date or status")
    read("fhir/resources/Condition", 422, date="2020-13")
    read("fhir/resources/Condition", 422, date="ge9999")
    read("fhir/resources/Patient", 422, _count=0)
    read("fhir/resources/Patient/nobody", 404)
    read("fhir/resources/Patient/nobody/history", 404)


def test_pages_lead_on_to_the_end(
    api: FlaskClient, workspace: Place, keys: Keys, read: Reader
) -> None:
    more = [{**GOUT, "id": f"g{n}", "onsetDateTime": f"201{n}-01-01"} for n in range(4)]
    put_in(api, workspace, keys.admin, bundle(*more))
    seen, page = [], read("fhir/resources/Condition", patient="p1", _count=2)
    while True:
        seen += [entry["id"] for entry in page["entries"]]
        if not page["next_url"]:
            break
        page = api.get(page["next_url"], headers=keys.viewer).json
    assert seen == ["c1", "g3", "g2", "g1", "g0"] and page["total"] == 5


def test_a_put_supersedes_and_the_history_keeps_both(
    api: FlaskClient, workspace: Place, keys: Keys, read: Reader
) -> None:
    one = f"/v1/{workspace.id}/fhir/resources/Condition/c1"
    moved = {**GOUT, "clinicalStatus": {"coding": [{"code": "resolved"}]}}
    assert api.put(one, headers=keys.viewer, json=moved).status_code == 403
    done = api.put(one, headers=keys.admin, json=moved).json
    assert api.put(one, headers=keys.admin, json=moved).json["event_id"] == done["event_id"]
    versions = read("fhir/resources/Condition/c1/history")
    assert [(e["event_id"], e["is_current"]) for e in versions["entries"]] == [
        (done["event_id"], True), (done["supersedes"], False)]  # fmt: skip
    assert read.ids("Condition", status="active") == []
    assert read.ids("Condition", status="resolved") == ["c1"]
    assert ana(api, workspace, keys.viewer)["state"]["conditions"][0]["status"] == "resolved"
    assert api.put(one, headers=keys.admin, json={**moved, "id": "c2"}).status_code == 400
    assert api.put(f"{one}x", headers=keys.admin, json={}).status_code == 404


def test_a_posted_patient_becomes_a_person(
    api: FlaskClient, workspace: Place, keys: Keys, read: Reader
) -> None:
    kind = f"/v1/{workspace.id}/fhir/resources/Patient"
    made = api.post(kind, headers=keys.admin, json={"name": [{"family": "Okafor"}]})
    assert made.status_code == 201, made.data
    assert made.json["resource"]["resourceType"] == "Patient" and made.json["confidence"] == 1.0
    assert read(f"world/entities/{made.json['entity_id']}")["display_name"] == "Okafor"
    for status, body in ((409, PATIENT), (400, VISIT), (422, {"id": "no good"}),
                         (422, {"birthDate": "soon"})):  # fmt: skip
        assert api.post(kind, headers=keys.admin, json=body).status_code == status, body


def test_a_person_is_summed_up_by_either_id(read: Reader) -> None:
    (found,) = read("fhir/patients", q="silva")["patients"]
    assert (found["name"], found["birth_date"]) == ("Ana Silva", "1987-04-12")
    for ident in ("p1", found["id"]):
        told = read(f"fhir/patients/{ident}/summary")
        assert told["patient"] == found and told["counts"] == {"conditions": 1, "encounters": 1}
        assert [c["what"] for c in told["conditions"]] == ["Gout"]
        events = read(f"fhir/patients/{ident}/timeline", event_type="Condition")["events"]
        assert [e["fhir_resource_id"] for e in events] == ["c1"]
    read("fhir/patients/nobody/summary", 404)


def test_people_are_sorted_and_paged(
    api: FlaskClient, workspace: Place, keys: Keys, read: Reader
) -> None:
    more = [{"resourceType": "Patient", "id": f"o{n}", "name": [{"family": name}],
             "birthDate": born} for n, (name, born) in enumerate(
                 (("Zorn", "1950-01-01"), ("Abel", "1999-01-01")))]  # fmt: skip
    put_in(api, workspace, keys.admin, bundle(*more))
    names = {
        by: [p["name"] for p in read("fhir/patients", sort_by=by)["patients"]]
        for by in ("name", "-name", "birth_date", "-birth_date")
    }
    assert names["name"] == ["Abel", "Ana Silva", "Zorn"] == names["-name"][::-1]
    assert names["birth_date"] == ["Zorn", "Ana Silva", "Abel"] == names["-birth_date"][::-1]
    page = read("fhir/patients", sort_by="name", limit=2)
    assert page["next_offset"] == 2 and page["total"] is None
    first, second = (read("fhir/patients", q="a", limit=1, offset=n) for n in (0, 1))
    assert first["has_more"] and not second["has_more"]
    assert first["patients"][0]["name"] != second["patients"][0]["name"]
    read("fhir/patients", 422, sort_by="mrn")


def test_views_are_flat_rows(
    api: FlaskClient, workspace: Place, keys: Keys, read: Reader, maker: Any
) -> None:
    put_in(api, workspace, keys.admin, VISITS)
    found = {name: read(f"fhir/views/{name}")[name] for name in
             ("patients", "appointments", "practitioners", "organizations", "locations")}  # fmt: skip
    assert {name: len(rows) for name, rows in found.items()} == {
        "patients": 1, "appointments": 1, "practitioners": 1, "organizations": 0, "locations": 1}  # fmt: skip
    assert found["appointments"][0]["status"] == "booked"
    assert found["locations"][0]["name"] == "North Clinic"
    assert len(read("fhir/views/slots")["slots"]) == 1
    assert len(read("fhir/views/slots", days=30)["slots"]) == 2
    source = maker.make("data-sources", maker.body("data-sources"))["id"]
    for name in ("patients", "appointments", "slots"):
        assert read(f"fhir/views/{name}", data_source_id=source)[name] == []


def test_status_and_what_was_set_aside(
    read: Reader, workspace: Place, sql: Any, maker: Any
) -> None:
    source = maker.make("data-sources", maker.body("data-sources"))["id"]
    sql("insert into set_aside (workspace_id, data_source_id, place, reason) values (%s, %s, 'page"
        " 3', 'No id') returning 1", (workspace.id, source))  # fmt: skip
    told = read("fhir/status")
    assert told["by_resource_type"] == {"Condition": 1, "Encounter": 1, "Patient": 1,
                                        "Practitioner": 1}  # fmt: skip
    assert (told["data_sources"], told["failed_count"], told["status"]) == (1, 1, "ready")
    (failure,) = read("fhir/sync-failures")["failures"]
    assert (failure["place"], failure["sync_error"]) == ("page 3", "No id")


def test_another_workspace_has_none_of_it(
    api: FlaskClient, cast: Any, keys: Keys, read: Reader
) -> None:
    theirs = Reader(api, cast.other, keys.stranger)
    theirs("fhir/resources/Patient/p1", 404)
    theirs("fhir/patients/p1/summary", 404)
    assert theirs.ids("Patient") == [] and theirs("fhir/views/patients")["patients"] == []


def test_every_read_is_in_the_audit_log(read: Reader, workspace: Place, sql: Any) -> None:
    paths = ("resources/Patient", "resources/Patient/p1", "resources/Patient/p1/history",
             "patients", "patients/p1/summary", "patients/p1/timeline", "views/patients",
             "views/slots", "sync-failures")  # fmt: skip
    count = "select count(*) from audit_event where workspace_id = %s and phi_accessed"
    for path in paths:
        before = sql(count, (workspace.id,))[0][0]
        read(f"fhir/{path}")
        assert sql(count, (workspace.id,))[0][0] == before + 1, path


def test_every_search_is_ranges_of_indexes(app: Flask, workspace: Place, read: Reader) -> None:
    """With scans forbidden, a plan that still has one says that no index fits."""
    searches = [("Patient", Search(name="ana")), ("Patient", Search(q="4155550142")),
                ("Condition", Search(status="active")), ("Condition", Search(date=["ge2020"])),
                ("Condition", Search(patient="p1")), ("Observation", Search())]  # fmt: skip
    with app.app_context(), tenancy.inside(workspace.id), database.recorded() as seen:
        for kind, query in searches:
            wanted = fhir_search.wanted(workspace.id, kind, query)
            fhir_queries.search(workspace.id, wanted, 20, 0)
        for by in ("name", "-birth_date", "-last_event_at"):
            views.patients(workspace.id, by, 20, 0)
        for kind in ("Patient", "Location"):
            views.things(workspace.id, kind, None, 20, 0)
        views.slots(workspace.id, None, 7, 20, 0)
        asked = [(text, params) for text, params in seen if "entity" in text or "event" in text]
        database.execute("set local enable_seqscan = off")
        for text, params in asked:
            plan = "\n".join(row[0] for row in database.rows(f"explain {text}", params))
            assert "Seq Scan" not in plan, plan
