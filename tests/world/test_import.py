"""Importing FHIR resources: once each, changed ones as new events, wrong ones by themselves."""

import gzip
import io
import json
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.core import database
from tests.support import Keys, Place, post, text

from .data import DOCTOR, GOUT, PATIENT, VISIT, WHOLE, bundle


def put_in(api: FlaskClient, place: Place, key: Any, content: dict[str, Any], **more: Any) -> Any:
    return api.post(f"/v1/{place.id}/fhir/import", headers=key, json={"bundle": content, **more})


def stream(api: FlaskClient, place: Place, key: Any, *lines: Any) -> Any:
    body = b"\n".join(
        line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines
    )
    return api.post(f"/v1/{place.id}/fhir/import-stream", headers=key, data=body)


def find(api: FlaskClient, place: Place, key: Any, words: str) -> list[Any]:
    found = api.get(f"/v1/{place.id}/world/search", headers=key, query_string={"q": words})
    assert found.status_code == 200, found.data
    return list(found.json["entities"])


def ana(api: FlaskClient, place: Place, key: Any) -> dict[str, Any]:
    (found,) = find(api, place, key, "silva")
    return dict(found)


def test_a_bundle_becomes_people_visits_and_what_joins_them(
    api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    done = put_in(api, workspace, keys.admin, WHOLE)
    assert done.status_code == 200, done.data
    assert done.json == {"entities_created": 3, "entities_updated": 0, "events_created": 4,
                         "events_updated": 0, "events_skipped": 0, "refused": 0, "errors": []}  # fmt: skip
    person = ana(api, workspace, keys.viewer)
    assert (
        person["display_name"] == "Ana Silva" and person["canonical_id"] == "fhir_import:Patient:p1"
    )
    assert person["state"]["birth_date"] == "1987-04-12" and person["state"]["mrn"] == "MRN-77"
    assert [c["what"] for c in person["state"]["conditions"]] == ["Gout"]
    assert [e["kind"] for e in person["state"]["encounters"]] == ["Check up"]
    one = f"/v1/{workspace.id}/world/entities/{person['id']}"
    joined = api.get(f"{one}/relationships", headers=keys.viewer).json["relationships"]
    assert [(r["relationship"], r["source_entity_type"]) for r in joined] == [
        ("subject", "encounter")
    ]


def test_the_same_bundle_again_changes_nothing_and_says_so(
    api: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    put_in(api, workspace, keys.admin, WHOLE)
    count = "select (select count(*) from event where workspace_id = %s), (select last_seq from world_counter where workspace_id = %s)"
    before = sql(count, (workspace.id, workspace.id))
    again = put_in(api, workspace, keys.admin, WHOLE).json
    stamped = {**PATIENT, "meta": {"versionId": "7", "lastUpdated": "2026-11-20T00:00:00Z"}}
    once_more = put_in(api, workspace, keys.admin, bundle(stamped)).json
    assert (again["events_created"], again["events_skipped"]) == (0, 4)
    assert (once_more["events_created"], once_more["events_skipped"]) == (0, 1)
    assert sql(count, (workspace.id, workspace.id)) == before


def test_a_changed_record_supersedes_what_was_known(
    api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    put_in(api, workspace, keys.admin, WHOLE)
    moved = {**GOUT, "clinicalStatus": {"coding": [{"code": "resolved"}]}}
    assert put_in(api, workspace, keys.admin, bundle(moved)).json["events_updated"] == 1
    person = ana(api, workspace, keys.viewer)
    assert [c["status"] for c in person["state"]["conditions"]] == ["resolved"]
    one = f"/v1/{workspace.id}/world/entities/{person['id']}/timeline"
    events = api.get(one, headers=keys.viewer, query_string={"event_type": "Condition"}).json[
        "events"
    ]
    assert [(e["is_current"], e["supersedes"] is None) for e in events] == [
        (True, False),
        (False, True),
    ]


def test_a_wrong_resource_is_refused_by_itself_with_its_place(
    api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    odd = {
        **PATIENT,
        "id": "p2",
        "unknownField": {"x": 1},
        "extension": [{"url": "u", "valueFoo": 1}],
    }
    done = stream(
        api, workspace, keys.admin, PATIENT, b"{no json", b"[1, 2]", {"resourceType": "Patient"},
        {"resourceType": "Patient", "id": "has space"}, {**PATIENT, "id": "p3", "birthDate": "soon"},
        {"resourceType": "Bundle", "id": "b"}, {**PATIENT, "id": "p4", "x": "nul \x00 here"},
        odd, b"",
    ).json  # fmt: skip
    assert done["events_created"] == 2 and done["refused"] == 7
    places = {error["place"]: error["detail"] for error in done["errors"]}
    assert places["line 2"] == "This is no FHIR resource."
    assert places["line 5"] == "This Patient has no valid id."
    assert places["line 6"] == "The birthDate is no date."


def test_a_reference_to_what_comes_later_leads_there(
    api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    visit = {**VISIT, "subject": {"reference": "Patient/p1"}}
    assert stream(api, workspace, keys.admin, visit).json["entities_created"] == 3
    assert stream(api, workspace, keys.admin, PATIENT, DOCTOR).json["entities_created"] == 0
    person = ana(api, workspace, keys.viewer)
    assert person["event_count"] == 2 and len(person["state"]["encounters"]) == 1


def test_ids_that_differ_in_case_are_two_people(
    api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    other = {**PATIENT, "id": "P1"}
    assert stream(api, workspace, keys.admin, PATIENT, other).json["entities_created"] == 2
    assert len(find(api, workspace, keys.viewer, "Ana")) == 2


def test_a_broken_bundle_is_told_in_words_and_a_zipped_one_is_read(
    as_admin: FlaskClient, workspace: Place
) -> None:
    address = f"/w/{workspace.slug}/world/import"
    whole = json.dumps(WHOLE).encode()
    files = [(io.BytesIO(gzip.compress(whole)), "a.json.gz"), (io.BytesIO(whole[:-40]), "cut.json"),
             (io.BytesIO(b"<html></html>"), "page.html"),
             (io.BytesIO(gzip.compress(whole)[:-30]), "cut.json.gz")]  # fmt: skip
    page = text(post(as_admin, address, {"files": files}, content_type="multipart/form-data"))
    assert page.count("The bundle breaks off or is no JSON") == 1
    assert "The compressed file is damaged." in page
    assert 'data-l="New" class="num">4' in page
    assert "This is no FHIR resource." in page
    none = post(as_admin, address, {}, content_type="multipart/form-data")
    assert none.status_code == 422 and "Choose at least one file." in text(none)


def test_only_admins_import(api: FlaskClient, keys: Keys, workspace: Place) -> None:
    assert put_in(api, workspace, keys.member, WHOLE).status_code == 403
    foreign = {"data_source_id": "0190aaaa-0000-7000-8000-000000000001"}
    assert put_in(api, workspace, keys.admin, WHOLE, **foreign).status_code == 404
    assert find(api, workspace, keys.viewer, "silva") == []


def test_another_workspace_knows_nothing_of_it(
    api: FlaskClient, keys: Keys, workspace: Place, other: Place
) -> None:
    put_in(api, workspace, keys.admin, WHOLE)
    person = ana(api, workspace, keys.viewer)["id"]
    assert find(api, other, keys.stranger, "silva") == []
    for path in ("", "/timeline", "/relationships", "/provenance"):
        address = f"/v1/{other.id}/world/entities/{person}{path}"
        assert api.get(address, headers=keys.stranger).status_code == 404
    note = api.post(f"/v1/{other.id}/world/entities/{person}/notes", headers=keys.stranger,
                    json={"text": "Hello"})  # fmt: skip
    assert note.status_code == 404


def test_commands_import_rebuild_and_name_what_differs(
    app: Flask, workspace: Place, sql: Any, tmp_path: Any, api: FlaskClient, keys: Keys
) -> None:
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps(WHOLE))
    run = app.test_cli_runner().invoke
    done = run(args=["world", "import", "--workspace", workspace.slug, str(file)])
    assert "bundle.json: 4 new, 0 changed, 0 there already, 0 refused" in done.output
    place = ["--workspace", workspace.slug]
    assert run(args=["world", "verify", *place]).exit_code == 0
    sql("update entity set state = state || '{\"name\": \"Nobody\"}' where workspace_id = %s"
        " and entity_type = 'person'", (workspace.id,))  # fmt: skip
    found = run(args=["world", "verify", *place])
    assert found.exit_code == 1 and "differs in state" in found.output
    assert run(args=["world", "rebuild", *place]).exit_code == 0
    assert run(args=["world", "verify", *place]).exit_code == 0
    assert ana(api, workspace, keys.viewer)["name"] == "Ana Silva"


def test_the_app_role_cannot_change_or_remove_an_event(
    app: Flask, api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    import psycopg
    import pytest

    from app.core import tenancy

    put_in(api, workspace, keys.admin, WHOLE)
    for statement in ("update event set confidence = 0", "delete from event"):
        with app.app_context(), tenancy.inside(workspace.id):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                database.execute(statement)
            database.rollback()
