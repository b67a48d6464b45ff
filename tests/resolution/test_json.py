"""Who is who as JSON: resolving, duplicates, linked records read together."""

from typing import Any

from flask.testing import FlaskClient

from tests.support import Keys, Place

from .test_resolver import Look, look, patient, put_decision, put_in

__all__ = ["look"]


def resolve(api: FlaskClient, place: Place, key: Any, **asked: Any) -> Any:
    return api.post(f"/v1/{place.id}/world/entities/resolve", headers=key,
                    json={"entity_type": "person", **asked})  # fmt: skip


def test_resolving_ranks_who_fits_any_of_what_is_given(
    api: FlaskClient, keys: Keys, workspace: Place, other: Place
) -> None:
    ids = put_in(api, workspace, keys.admin, patient("a", "Ana S", email="a@b.org", phone="4155550001"),
                 patient("b", "Ben S", phone="4155550001"), patient("c", "Cem S", email="a@b.org"),
                 patient("d", "Dia S", mrn="M-9"))  # fmt: skip
    told = resolve(api, workspace, keys.viewer, phone="+1 (415) 555-0001", email="A@B.org",
                   external_id={"system": "MR", "value": "m-9"}).json["matches"]  # fmt: skip
    assert [(m["entity"]["id"], m["confidence"], m["matched_on"]) for m in told] == [
        (str(ids["d"]), 1.0, ["external_id"]), (str(ids["a"]), 0.9, ["email", "phone"]),
        (str(ids["c"]), 0.9, ["email"]), (str(ids["b"]), 0.6, ["phone"]),
    ]  # fmt: skip
    few = resolve(api, workspace, keys.viewer, phone="4155550001", limit=1).json["matches"]
    assert [m["entity"]["id"] in (str(ids["a"]), str(ids["b"])) for m in few] == [True]
    assert resolve(api, other, keys.stranger, entity_id=str(ids["a"])).json == {"matches": []}
    both = resolve(api, workspace, keys.viewer, entity_id=str(ids["b"]),
                   canonical_id="ehr:Patient:b").json["matches"]  # fmt: skip
    assert [m["matched_on"] for m in both] == [["entity_id", "canonical_id"]]


def test_resolving_says_what_is_wrong_with_a_request(
    api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    for wrong in ({}, {"limit": 51, "phone": "4155550001"}, {"canonical_id": "Ana Silva 1987"},
                  {"external_id": {"value": "1"}}):  # fmt: skip
        assert resolve(api, workspace, keys.viewer, **wrong).status_code == 422, wrong


def test_duplicates_come_the_least_sure_first_up_to_a_confidence(
    api: FlaskClient, keys: Keys, workspace: Place, other: Place, look: Look
) -> None:
    ids = put_in(api, workspace, keys.admin, patient("a", "Ana Silva", born="1987-04-12"),
                 patient("b", "Ana Silva", born="1987-04-12"), patient("c", "Cem S", phone="4155550001"),
                 patient("d", "", phone="4155550001"))  # fmt: skip
    look()
    address = f"/v1/{workspace.id}/world/entities/duplicates"
    told = api.get(address, headers=keys.viewer).json
    assert [(d["confidence"], d["matched_on"]) for d in told["duplicates"]] == [
        (0.6, ["phone"]), (0.8, ["name_birth_date"])
    ]  # fmt: skip
    one = api.get(f"{address}?confidence_max=0.7&limit=1", headers=keys.viewer).json
    assert (len(one["duplicates"]), one["has_more"]) == (1, False)
    assert api.get(f"{address}?limit=1", headers=keys.viewer).json["next_offset"] == 1
    assert put_decision(api, other, keys.stranger, ids["a"], ids["b"], "same").status_code == 404
    assert put_decision(api, workspace, keys.viewer, ids["a"], ids["b"], "same").status_code == 403
    assert put_decision(api, workspace, keys.member, ids["a"], ids["c"], "same").status_code == 404


def test_linked_records_are_read_together_and_neither_is_changed(
    api: FlaskClient, keys: Keys, workspace: Place, look: Look, sql: Any
) -> None:
    allergy = {"resourceType": "AllergyIntolerance", "id": "x", "patient": {"reference": "Patient/a"},
               "code": {"text": "Latex"}}  # fmt: skip
    nuts = {**allergy, "code": {"text": "Nuts"}}
    ids = put_in(api, workspace, keys.admin, patient("a", "Ana Silva", email="a@b.org"))
    put_in(api, workspace, keys.admin, patient("a", "Ana Silva", email="a@b.org", phone="4155550001"),
           source="lab")  # fmt: skip
    for source, found in (("ehr", allergy), ("lab", nuts)):
        sent = {"bundle": {"entry": [{"resource": found}]}, "source": source}
        api.post(f"/v1/{workspace.id}/fhir/import", headers=keys.admin, json=sent)
    look()
    one = f"/v1/{workspace.id}/world/entities/{ids['a']}"
    before = api.get(one, headers=keys.viewer).json
    told = api.get(f"{one}/merged", headers=keys.viewer).json
    (record,) = told["merged"]
    assert record["entity"]["canonical_id"] == "lab:Patient:a"
    assert (record["confidence"], record["matched_on"]) == (0.9, ["email"])
    assert {a["what"] for a in told["state"]["allergies"]} == {"Latex", "Nuts"}
    assert (
        told["state"]["phone"] == "4155550001"
        and told["origins"]["phone"] == record["entity"]["id"]
    )
    (noted,) = sql("select metadata from audit_event where workspace_id = %s and phi_accessed"
                   " and action = 'entity.read' and metadata ? 'linked'", [workspace.id])  # fmt: skip
    assert noted[0]["linked"] == [record["entity"]["id"]]
    assert "phone" not in before["state"] and len(before["state"]["allergies"]) == 1
