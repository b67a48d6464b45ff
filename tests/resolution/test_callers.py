"""A call's caller is a person by number, through linked records; a household stays ambiguous."""

import uuid
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.core import tenancy
from app.resolution.callers import Callers, callers, same
from app.resolution.scoring import MOST_HOLDERS
from tests.support import Keys, Place, text

from .test_resolver import Look, look, patient, put_decision, put_in

__all__ = ["look"]
NUMBER = "+14155550142"


def who(app: Flask, place: Place, number: str | None = NUMBER) -> Callers:
    with app.app_context(), tenancy.inside(place.id):
        return callers(place.id, number)


def call_page(api: FlaskClient, client: FlaskClient, place: Place, key: Any) -> str:
    call = {"call_sid": "CA1", "started_at": "2026-11-20T09:14:00Z", "caller_id": NUMBER}
    made = api.post(f"/v1/{place.id}/calls", headers=key, json=call).json["id"]
    return text(client.get(f"/w/{place.slug}/calls/{made}"))


def test_a_number_of_one_record_leads_to_the_person_of_all_linked_records(
    app: Flask, api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place,
    other: Place, look: Look,
) -> None:  # fmt: skip
    visit = {"resourceType": "Encounter", "id": "v", "subject": {"reference": "Patient/ehr"}}
    ids = put_in(api, workspace, keys.admin, patient("ehr", "Ana Silva", email="a@b.org"))
    put_in(api, workspace, keys.admin,
           patient("web", "Ana Silva", email="a@b.org", phone=NUMBER))  # fmt: skip
    api.post(f"/v1/{workspace.id}/fhir/import", headers=keys.admin,
             json={"bundle": {"entry": [{"resource": visit}]}, "source": "ehr"})  # fmt: skip
    look()
    (one,) = who(app, workspace).people
    assert (one.id, one.name, one.records) == (ids["ehr"], "Ana Silva", 2)
    page = call_page(api, as_viewer, workspace, keys.member)
    assert "Who has this number" in page and "2 records" in page
    assert not who(app, other).people and not who(app, workspace, "anonymous").people


def test_a_households_number_is_shown_as_such(
    app: Flask, api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place, look: Look
) -> None:
    put_in(api, workspace, keys.admin, patient("a", "Ana Silva", born="1987-04-12", phone=NUMBER),
           patient("b", "Ben Silva", born="2015-01-01", phone=NUMBER),
           patient("again", "Ben Silva", born="2015-01-01", phone=NUMBER))  # fmt: skip
    look()
    found = who(app, workspace).people
    assert sorted((one.name, one.records) for one in found) == [("Ana Silva", 1), ("Ben Silva", 2)]
    page = call_page(api, as_viewer, workspace, keys.member)
    assert "2 people have this number, as a household may." in page
    assert "born 1987-04-12" in page and "born 2015-01-01" in page


def test_a_number_of_very_many_tells_nobody_apart(
    app: Flask, api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    many = [patient(f"m{n}", f"Many{n} X", phone=NUMBER) for n in range(MOST_HOLDERS + 3)]
    put_in(api, workspace, keys.admin, *many)
    assert who(app, workspace).many
    assert "tells nobody apart" in call_page(api, as_viewer, workspace, keys.member)


def test_two_that_were_told_apart_are_two_even_when_a_third_is_like_both(
    app: Flask, api: FlaskClient, keys: Keys, workspace: Place, look: Look
) -> None:
    ids = put_in(api, workspace, keys.admin, patient("a", "Ana X", email="a@b.org", phone=NUMBER),
                 patient("b", "Ana X", email="a@b.org"),
                 patient("c", "Ana X", email="a@b.org", phone=NUMBER))  # fmt: skip
    look()
    assert len(who(app, workspace).people) == 1
    put_decision(api, workspace, keys.member, ids["a"], ids["c"], "different")
    assert {one.id for one in who(app, workspace).people} == {ids["a"], ids["c"]}


def test_groups_hold_only_those_that_all_reach_each_other() -> None:
    a, b, c, d = (uuid.UUID(int=n) for n in range(1, 5))
    assert same({a: {a, b}, c: {c, b}, d: {d}}) == [{a, b}, {c, b}, {d}]
    assert same({a: {a, b, c}, c: {a, b, c}}) == [{a, b, c}]
    assert same({}) == []


def called(sql: Any, place: Place) -> dict[str, uuid.UUID]:
    """call_sid -> the person that the call is related to."""
    return dict(sql("select c.call_sid, r.target_entity_id from relationship r join call c"
                    " on c.id = r.source_entity_id where r.relationship = 'caller'"
                    " and r.workspace_id = %s", (place.id,)))  # fmt: skip


def test_a_call_is_related_to_its_caller_when_that_is_one_person(
    api: FlaskClient, keys: Keys, workspace: Place, look: Look, sql: Any
) -> None:
    def put(sid: str, **more: Any) -> None:
        call = {"call_sid": sid, "started_at": "2026-11-20T09:14:00Z", "caller_id": NUMBER, **more}
        assert (
            api.post(f"/v1/{workspace.id}/calls", headers=keys.member, json=call).status_code == 201
        )

    put("BEFORE")
    put("TEST", source="simulated")
    put("OTHER", caller_id="+14155550999")
    look()
    assert called(sql, workspace) == {}
    ids = put_in(api, workspace, keys.admin,
                 patient("a", "Ana Silva", born="1987-04-12", phone="(415) 555-0142"))  # fmt: skip
    put("AFTER")
    look()
    assert called(sql, workspace) == {"BEFORE": ids["a"], "AFTER": ids["a"]}
    # A second record of hers changes nobody; a child with the same number leaves it open.
    ids |= put_in(api, workspace, keys.admin,
                  patient("b", "Ana Silva", born="1987-04-12", phone=NUMBER, email="a@b.org"),
                  patient("a", "Ana Silva", born="1987-04-12", phone=NUMBER, email="a@b.org"))  # fmt: skip
    look()
    assert set(called(sql, workspace)) == {"BEFORE", "AFTER"}
    put_decision(api, workspace, keys.member, ids["a"], ids["b"], "different")
    assert called(sql, workspace) == {}
    put_decision(api, workspace, keys.member, ids["a"], ids["b"], "same")
    assert set(called(sql, workspace)) == {"BEFORE", "AFTER"}
    # The number was never hers.
    put_in(api, workspace, keys.admin, *(
        patient(name, "Ana Silva", born="1987-04-12", phone="+14155550111", email="a@b.org")
        for name in "ab"))  # fmt: skip
    look()
    assert called(sql, workspace) == {}
