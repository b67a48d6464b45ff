"""The figures that the write keeps, the filters of the reads, and where things come from."""

import random
import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import database, tenancy
from app.world import listing, projecting, store, tally
from app.world.store import NewEvent
from tests.support import Keys, Place

from .data import GOUT, PATIENT, WHOLE, bundle
from .test_fhir import Reader
from .test_import import put_in
from .test_projection import START


@pytest.fixture
def read(api: FlaskClient, workspace: Place, keys: Keys) -> Reader:
    put_in(api, workspace, keys.admin, WHOLE, source_system="ehr north")
    return Reader(api, workspace, keys.viewer)


def _tell(place: Place, fields: dict[str, Any], kind: str = "person", confidence: float = 0.5,
          name: str = "demo:Patient:x", **more: Any) -> None:  # fmt: skip
    """Store one event about one entity."""
    store.lock(place.id)
    entities, _made = store.ensure(place.id, {name: kind}, "test")
    store.append(place.id, [NewEvent("entity.enriched", {"fields": fields}, (entities[name],),
                                     confidence, more.pop("source", "test"), **more)])  # fmt: skip


def test_the_figures_are_what_the_events_say_whatever_was_written(
    app: Flask, workspace: Place, read: Reader, api: FlaskClient, keys: Keys
) -> None:
    """What the writes kept is what a fresh computation from the events gives."""
    dice = random.Random(7)
    with app.app_context(), tenancy.inside(workspace.id):
        for n in range(30):
            with database.transaction():
                _tell(workspace, {"name": dice.choice(["Ana", "Eve", None]), "n": n},
                      kind=f"kind{n % 3}", name=f"demo:Thing:{n % 5}-{n % 3}",
                      confidence=dice.choice([0, 0.3333, 0.5, 0.95, 1.0]),
                      source=dice.choice(["call", "form"]),
                      source_system=dice.choice([None, "ehr\tnorth", "crm"]))  # fmt: skip
    moved = bundle({**GOUT, "note": [{"text": "x"}]}, {**PATIENT, "gender": "other"})
    put_in(api, workspace, keys.admin, moved)
    put_in(api, workspace, keys.admin, WHOLE)
    with app.app_context(), tenancy.inside(workspace.id):
        assert tally.differences(workspace.id) == []


def test_what_changed_last_comes_first_in_a_list(app: Flask, workspace: Place) -> None:
    with app.app_context(), tenancy.inside(workspace.id):
        for name in ("a", "b", "c", "b"):
            with database.transaction():
                _tell(workspace, {"name": f"Ana {name}"}, name=f"demo:Patient:{name}")
        for filters in (listing.Filters(), listing.Filters(q="ana"), listing.Filters(q="an")):
            for read in (listing.entities, listing.brief):
                found = read(workspace.id, filters, 2)
                assert [row[4] for row in found] == ["Ana b", "Ana c"]


ODD = (
    -0.0,
    1e16,
    -1e22,
    1e-7,
    1.10,
    2**63 - 1,
    float("nan"),
    True,
    START,
    uuid.UUID(int=7),
    (1, 2),
)


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_a_state_is_the_same_from_memory_and_from_what_the_database_kept(
    app: Flask, workspace: Place, odd: Any
) -> None:
    seen = {"resourceType": "Observation", "valueQuantity": {"value": odd, "unit": "cm"}}
    with app.app_context(), tenancy.inside(workspace.id), database.transaction():
        _tell(workspace, {"name": odd, "kind": "x", "n": odd})
        (entity,) = store.known(workspace.id, ["demo:Patient:x"]).values()
        store.append(workspace.id, [NewEvent("Observation", seen, (entity,), 1.0, "test",
                                             fhir_resource_type="Observation")])  # fmt: skip
        assert list(projecting.differences(workspace.id, [entity])) == []


def test_verify_names_a_wrong_figure_and_rebuild_restores_it(
    app: Flask, workspace: Place, read: Reader, sql: Any
) -> None:
    run = app.test_cli_runner().invoke
    place = ["--workspace", workspace.slug]
    sql("update world_count set count = count + 2 where workspace_id = %s and kind in ('event',"
        " 'source') and name in ('Patient', 'person' || chr(9) || 'ehr north')", (workspace.id,))  # fmt: skip
    sql("delete from entity_source where workspace_id = %s and entity_id in (select id from entity"
        " where entity_type = 'encounter')", (workspace.id,))  # fmt: skip
    found = run(args=["world", "verify", *place])
    assert found.exit_code == 1
    assert "event Patient is 3, the events say 1" in found.output
    assert "source person, ehr north is 3, the events say 1" in found.output
    assert "origin ehr north" in found.output and "3 differences" in found.output
    assert run(args=["world", "rebuild", *place]).exit_code == 0
    assert run(args=["world", "verify", *place]).exit_code == 0


def test_the_dashboard_has_the_exact_shape(read: Reader, api: FlaskClient, cast: Any) -> None:
    told = read("world/dashboard")
    assert set(told) == {"entity_counts", "events_24h", "events_7d", "avg_confidence", "sources",
                         "event_read_model_status"}  # fmt: skip
    assert told["entity_counts"] == read("world/entity-stats")
    assert told["entity_counts"] | {"by_entity_type": 0} == {
        "total_entities": 3, "total_events": 4, "by_entity_type": 0, "sync_pending": 0,
        "by_event_type": {"Condition": 1, "Encounter": 1, "Patient": 1, "Practitioner": 1},
        "sync_synced": 0, "sync_failed": 0,
    }  # fmt: skip
    assert (told["events_24h"], told["events_7d"], told["avg_confidence"]) == (4, 4, 1.0)
    assert {(s["source_system"], s["entity_type"], s["count"]) for s in told["sources"]} == {
        ("ehr north", "person", 1), ("ehr north", "encounter", 1),
        ("ehr north", "practitioner", 1)}  # fmt: skip
    assert told["sources"] == read("world/source-breakdown")["sources"]
    theirs = Reader(api, cast.other, cast.keys.stranger)("world/dashboard")
    assert theirs["avg_confidence"] is None and theirs["event_read_model_status"] == "empty"
    assert theirs["entity_counts"]["total_events"] == 0


def test_the_figures_are_no_scan_of_the_events(read: Reader) -> None:
    for path in ("dashboard", "entity-stats", "event-types", "source-breakdown", "entity-types"):
        with database.recorded() as seen:
            read(f"world/{path}")
        asked = [text for text, _ in seen if " event" in text or " entity" in text]
        assert not [text for text in asked if "world_count" not in text and "audit" not in text]


def test_event_types_name_their_domains_and_sources(
    app: Flask, workspace: Place, read: Reader
) -> None:
    with app.app_context(), tenancy.inside(workspace.id), database.transaction():
        for source, domain in (("call", "operational"), ("form", "clinical")):
            _tell(workspace, {"name": "Bo"}, source=source, domain=domain)
    items = {item["name"]: item for item in read("world/event-types")["items"]}
    assert items["entity.enriched"]["count"] == 2
    assert sorted(items["entity.enriched"]["sources"]) == ["call", "form"]
    assert sorted(items["entity.enriched"]["domains"]) == ["clinical", "operational"]


def test_entities_are_filtered_by_everything_at_once(
    app: Flask, workspace: Place, read: Reader
) -> None:
    with app.app_context(), tenancy.inside(workspace.id), database.transaction():
        _tell(workspace, {"name": "Ana Bo", "tags": ["VIP", "late"]}, source="call")
        store.ensure(workspace.id, {"demo:Patient:shell": "person"}, "call")

    def names(path: str = "entities", **query: Any) -> list[Any]:
        return [e["name"] for e in read(f"world/{path}", **query)["entities"]]

    assert names(tags="vip") == names(tags=["vip", "LATE"]) == ["Ana Bo"]
    assert names(tags=["vip", "other"]) == []
    assert read("world/entities", tags="vip")["entities"][0]["tags"] == ["VIP", "late"]
    assert names(source_system="ehr north", entity_type="person") == ["Ana Silva"]
    assert names(source_system="call") == ["Ana Bo"]
    assert names(has_projection="false") == [None]
    assert names(q="ana", source="call") == ["Ana Bo"]
    assert names(q="ana", source_system="ehr north", has_projection="true") == ["Ana Silva"]
    assert names(q="ana", tags="late", entity_type=["person", "place"]) == ["Ana Bo"]
    assert names(q="ana", has_projection="false") == []
    assert names("search", q="ana", confidence_min=0.9) == ["Ana Silva"]
    assert names("search", q="ana b", source="call") == ["Ana Bo"]
    page = read("world/search", q="ana", limit=1)
    assert page["next_offset"] == 1 and len(names("search", q="ana", offset=1)) == 1


def test_provenance_and_lineage_name_sources_confidence_and_staff(
    api: FlaskClient, workspace: Place, keys: Keys, read: Reader
) -> None:
    person = read("fhir/patients/p1/summary")["patient"]["id"]
    one = f"world/entities/{person}"
    fixed = api.post(f"/v1/{workspace.id}/{one}/corrections", headers=keys.member,
                     json={"phone": "415 555 0199"})  # fmt: skip
    told = read(f"{one}/lineage")
    assert told["confidence_history"][0]["event_type"] == "correction"
    assert told["merges"] == [] and {f["field"] for f in told["fields"]} >= {"name", "phone"}
    (said,) = told["review_history"]
    assert (said["event_id"], said["fields"]) == (fixed.json["id"], ["phone"])
    shown = read(f"{one}/provenance")
    assert shown["confidence_history"] == told["confidence_history"]
    read("world/entities/00000000-0000-0000-0000-000000000009/lineage", 404)


def test_a_connector_leads_to_its_entities_and_records(
    read: Reader, workspace: Place, sql: Any, maker: Any
) -> None:
    source = maker.make("data-sources", maker.body("data-sources"))
    sql("update source_record set source_key = %s where workspace_id = %s and resource_type <>"
        " 'Practitioner'", (source["id"].replace("-", ""), workspace.id))  # fmt: skip
    (connector,) = read("world/connectors")["connectors"]
    assert (connector["name"], connector["health_status"]) == (source["name"], "unknown")
    one = f"world/connectors/{source['id']}"
    assert {e["entity_type"] for e in read(f"{one}/entities")["entities"]} == {
        "person",
        "encounter",
    }
    assert [r["id"] for r in read(f"{one}/resources")["resources"]] == ["c1", "e1", "p1"]
    found = read(f"{one}/resources", resource_type="Patient")["resources"]
    assert [r["id"] for r in found] == ["p1"]
    for path in ("entities", "resources"):
        read(f"world/connectors/00000000-0000-0000-0000-000000000009/{path}", 404)
