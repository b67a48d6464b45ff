"""Webhooks: who may send, what is taken, and that nothing is taken twice."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.core import database, jobs, tenancy
from app.data_sources import signatures
from app.sync import arrivals
from tests.setup import Maker
from tests.support import Cast, Keys, Place, post, sign_in, text

SECRET = "a-shared-secret-of-the-tests"
OTHER = "another-secret-of-the-tests"
PATIENT = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Okafor"}]}
MAPPED = {"name": "who.first + who.last", "birth_date": {"source": "dob", "type": "date_dmy"}}


class Sender:
    """The other system."""

    def __init__(self, api: Any, place: Place, ident: str) -> None:
        self.api, self.path = api, f"/v1/hooks/{place.id}/{ident}"

    def __call__(self, body: Any, secret: str = SECRET, at: str = "", path: str = "",
                 **headers: str) -> Any:  # fmt: skip
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        at = at or str(int(time.time()))
        signed = {"X-Ward-Timestamp": at,
                  "X-Ward-Signature": "sha256=" + signatures.sign(secret, at, content)}  # fmt: skip
        more = {f"X-Ward-{name.title()}": value for name, value in headers.items()}
        return self.api.post(path or self.path, data=content, headers=signed | more)


@pytest.fixture
def hook(maker: Maker, workspace: Place, api: Any) -> Callable[..., Sender]:
    def make(mapping: Any = None, more: Any = None, **config: Any) -> Sender:
        made = maker.make("data-sources", {
            "name": "Booking", "source_type": "webhook", "sync_strategy": "webhook",
            "connection_config": {"secret": SECRET, **config}, "field_mappings": mapping or {},
            **(more or {}),
        })  # fmt: skip
        return Sender(api, workspace, made["id"])

    return make


def names(sql: Any, place: Place) -> set[str]:
    return {row[0] for row in sql("select display_name from entity where workspace_id = %s"
                                  " and has_projection", (place.id,))}  # fmt: skip


def counts(answer: Any) -> tuple[int, ...]:
    return tuple(answer.json[n] for n in ("created", "changed", "unchanged", "refused", "ignored"))


def test_a_signed_resource_comes_in_once_and_shows_as_a_reading(
    hook: Any, sql: Any, workspace: Place, api: Any, keys: Keys, as_viewer: Any
) -> None:
    send = hook()
    assert counts(taken := send(PATIENT)) == (1, 0, 0, 0, 0) and taken.status_code == 202
    assert counts(send(PATIENT, at=f"{time.time():.0f}000")) == (0, 0, 1, 0, 0)
    bundle = {"resourceType": "Bundle", "entry": [
        {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "id": "p2", "name": [{"text": "Mia"}]}},
        {"resource": {"resourceType": "Condition", "id": "c1", "code": {"text": "Gout"},
                      "subject": {"reference": "urn:uuid:1"}}},
        {"resource": {"resourceType": "Patient", "id": "no good"}},
    ]}  # fmt: skip
    told = send(bundle)
    assert told.status_code == 202 and counts(told) == (2, 0, 0, 1, 0)
    assert "entry 3" in told.json["errors"][0]["place"]
    assert names(sql, workspace) == {"Okafor", "Mia"}
    ident = send.path.rpartition("/")[2]
    url = f"/v1/{workspace.id}/data-sources/{ident}"
    status = api.get(f"{url}/status", headers=keys.viewer).json
    assert (status["health_status"], status["is_stale"], status["failed_count"]) == (
        "healthy",
        False,
        1,
    )
    runs = sql("select started_by, pages, created, unchanged, refused from sync_run where"
               " data_source_id = %s", (ident,))  # fmt: skip
    assert runs == [("Webhook", 3, 3, 1, 1)]
    page = text(as_viewer.get(f"/w/{workspace.slug}/data-sources/{ident}"))
    assert send.path in page and "X-Ward-Signature" in page and SECRET not in page
    assert "set aside" in page.lower() and "Read now" not in page


def test_class_18_no_other_sender_gets_in_and_all_are_told_the_same(
    hook: Any, cast: Cast, keys: Keys, api: Any, sql: Any
) -> None:
    send = hook()
    ident = send.path.rpartition("/")[2]
    theirs = Maker(api, cast.other, keys.stranger).make("data-sources", {
        "name": "Booking", "source_type": "webhook", "sync_strategy": "webhook",
        "connection_config": {"secret": OTHER},
    })["id"]  # fmt: skip
    nowhere = "0190aaaa-0000-7000-8000-00000000000f"
    off = hook(more={"name": "Off", "is_active": False})
    fhir = Maker(api, cast.workspace, keys.admin).make("data-sources", {
        "name": "F", "source_type": "fhir_store", "connection_config": {"base_url": "https://f.example"},
    })["id"]  # fmt: skip
    here = cast.workspace.id
    refused = [
        send(PATIENT, OTHER), send(PATIENT, path=f"/v1/hooks/{here}/{theirs}"),
        send(PATIENT, OTHER, path=f"/v1/hooks/{here}/{theirs}"), send(PATIENT, path=f"/v1/hooks/{cast.other.id}/{ident}"),
        send(PATIENT, path=f"/v1/hooks/{cast.other.id}/{theirs}"), send(PATIENT, path=f"/v1/hooks/{nowhere}/{nowhere}"),
        off(PATIENT), send(PATIENT, path=f"/v1/hooks/{here}/{fhir}"),
        api.post(send.path, json=PATIENT), api.post(send.path, json=PATIENT, headers=keys.owner),
        api.post(send.path, json=PATIENT, headers={"X-Ward-Signature": "a" * 64, "X-Ward-Timestamp": "NaN"}),
        send(PATIENT, signature="ü" * 64),
    ]  # fmt: skip
    told = {
        (r.status_code, r.data.replace(r.headers["X-Request-Id"].encode(), b"")) for r in refused
    }
    assert len(told) == 1 and refused[0].status_code == 401
    assert sql(
        "select count(*) from event where workspace_id = any(%s)", ([here, cast.other.id],)
    ) == [(0,)]
    sql("update workspace set archived_at = now() where id = %s", (here,))
    assert send(PATIENT).data.replace(b"x", b"")[:60] == refused[0].data.replace(b"x", b"")[:60]


def test_class_18_a_delivery_is_taken_once_whatever_is_changed_about_it(
    hook: Any, sql: Any, workspace: Place
) -> None:
    send = hook()
    at = str(int(time.time()))
    assert send(PATIENT, at=at, delivery="d-1").status_code == 202
    made = signatures.sign(SECRET, at, json.dumps(PATIENT).encode())
    for headers in (
        {},
        {"delivery": "d-2"},
        {"signature": made.upper()},
        {"signature": f" {made} "},
    ):
        again = send(PATIENT, at=at, **headers)
        assert again.status_code == 409 and "came in before" in again.json["detail"]
    later = {**PATIENT, "active": True}
    assert send(later, delivery="d-1").status_code == 409
    assert send(later, delivery="d-2").status_code == 202
    sql("update webhook_delivery set received_at = now() - interval '25 hours' where workspace_id = %s",
        (workspace.id,))  # fmt: skip
    assert send(later, delivery="d-3").status_code == 202
    assert sql(
        "select count(*) from webhook_delivery where workspace_id = %s", (workspace.id,)
    ) == [(2,)]


@pytest.mark.parametrize("form", ["{0:.0f}", "{1:.0f}", "{2}"])
def test_a_time_stamp_may_be_five_minutes_off_in_any_form(hook: Any, form: str) -> None:
    from datetime import UTC, datetime

    send = hook()
    for off, status in ((-290, 202), (290, 202), (-310, 401), (310, 401)):
        moment = time.time() + off
        at = form.format(moment, moment * 1000, datetime.fromtimestamp(moment, UTC).isoformat())
        told = send(PATIENT, at=at)
        assert told.status_code == status, (off, told.data)
    assert "clocks" in told.json["detail"]


@pytest.mark.parametrize(("body", "status", "said"), [
    (b"", 411, "Content-Length"), (b"{", 400, "no JSON"), (b"\xff\xfe", 400, "no JSON"), (b"[NaN]", 400, "no JSON"),
    (b"[" * 5000, 400, "no JSON"), ({"resourceType": "Patient"}, 400, "Resource 1: This Patient has no valid id"),
    ([[], 1], 400, "no FHIR resource"), ({"resourceType": "Bundle", "entry": 5}, 202, ""),
    (b'{"resourceType":"Patient","id":"a","x":"\\ud800"}', 400, ""),
    (b'{"resourceType":"Patient","id":"a","x":"\\u0000"}', 400, "cannot be stored"),
])  # fmt: skip
def test_bad_bodies_are_refused_with_place_and_reason(
    hook: Any, body: Any, status: int, said: str
) -> None:
    told = hook()(body)
    assert told.status_code == status and said in told.data.decode()


def test_a_large_body_is_refused_and_too_many_requests_wait(
    app: Flask, hook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dataclasses

    send = hook()
    assert send(b" " * (8 * 1024 * 1024 + 1)).status_code == 413
    few = dataclasses.replace(app.config["WARD"], api_rate_per_minute=2)
    monkeypatch.setitem(app.config, "WARD", few)
    answers = [send(PATIENT, delivery=str(n)) for n in range(3)]
    assert answers[-1].status_code == 429 and int(answers[-1].headers["Retry-After"]) >= 1


def test_records_of_its_own_form_become_entities_by_the_mapping(
    hook: Any, sql: Any, workspace: Place
) -> None:
    send = hook(MAPPED | {"appointment.status": "state", "appointment.person": {"source": "who.id", "type": "person"}},
                accepts="records", id_path="id", records_path="data", event_path="event",
                events=[{"event": "patient.*", "entity_type": "person"},
                        {"event": "visit.booked", "entity_type": "appointment"}])  # fmt: skip
    person = {"id": "7/a", "who": {"first": "Ana", "last": "Núñez"}, "dob": "12.4.1987"}
    assert counts(send({"event": "patient.created", "data": person})) == (1, 0, 0, 0, 0)
    assert counts(send({"event": "patient.updated", "data": [person]})) == (0, 0, 1, 0, 0)
    mixed = [person | {"dob": "1.1.1990"}, person | {"id": "8", "dob": "soon"}, {"event": "other", "id": "9"},
             {"event": "visit.booked", "id": "v1", "state": "booked", "who": {"id": "7/a"}}]  # fmt: skip
    told = send({"event": "patient.updated", "data": mixed})
    assert counts(told) == (1, 1, 0, 1, 1)
    assert told.json["errors"][0]["place"].endswith("record 2")
    assert told.json["errors"][0]["detail"] == (
        "“dob” is no date of this form, so “birth_date” cannot be filled.")  # fmt: skip
    state = sql("select state, external_ids ->> 'Booking', confidence from entity where workspace_id = %s"
                " and entity_type = 'person'", (workspace.id,))  # fmt: skip
    assert state == [({"name": "Ana Núñez", "birth_date": "1990-01-01"}, "7/a", 1.0)]
    linked = sql("select s.entity_type, r.relationship, t.display_name from relationship r join entity s"
                 " on s.id = r.source_entity_id join entity t on t.id = r.target_entity_id"
                 " where r.workspace_id = %s", (workspace.id,))  # fmt: skip
    assert linked == [("appointment", "person", "Ana Núñez")]
    assert send({"event": "patient.created"}).status_code == 400
    assert "soon" not in str(
        sql("select metadata::text from audit_event where workspace_id = %s", (workspace.id,))
    )


def test_what_was_refused_is_tried_again_as_it_was_sent_or_leaves_when_it_is_sent_right(
    hook: Any, app: Flask, sql: Any, workspace: Place, api: Any, keys: Keys, as_admin: Any
) -> None:
    send = hook(MAPPED, accepts="records", id_path="id")
    person = {"id": "7", "who": {"first": "Ana", "last": "Ng"}, "dob": "1987-04-12"}
    bad = send([person, person | {"id": "8"}, {"who": {}}], delivery="d-1")
    assert bad.status_code == 400 and bad.json["detail"].startswith("Nothing was taken. Record 1: ")
    assert send([person | {"id": "8", "dob": "1.1.1990"}], delivery="d-1").status_code == 202
    source = send.path.rpartition("/")[2]
    url, page = (
        f"/v1/{workspace.id}/data-sources/{source}",
        f"/w/{workspace.slug}/data-sources/{source}",
    )
    listed = api.get(f"{url}/set-aside", headers=keys.viewer).json["items"]
    assert {one["fhir_resource_id"] for one in listed} == {"7", None}
    shown = text(as_admin.get(f"{page}/set-aside"))
    assert (
        shown.count("Try again</button>") == 2
        and "is put right in its own system and sent" in shown
    )
    mapping = MAPPED | {"birth_date": {"source": "dob", "type": "date"}}
    api.patch(url, json={"field_mappings": mapping}, headers=keys.admin)
    again = api.post(f"{url}/set-aside/retry", json={}, headers=keys.admin)
    assert (again.status_code, again.json["waiting"]) == (202, 2)
    with app.app_context():
        jobs.work(wait=False)
    assert sql("select state ->> 'birth_date' from entity where workspace_id = %s and state ->> 'name'"
               " = 'Ana Ng' order by 1", (workspace.id,)) == [("1987-04-12",), ("1990-01-01",)]  # fmt: skip
    assert sql("select external_id, times from set_aside where data_source_id = %s", (source,)) == [
        (None, 2)
    ]


def test_a_resource_that_is_sent_right_is_set_aside_no_more(hook: Any, sql: Any) -> None:
    send = hook()
    assert send(PATIENT | {"birthDate": "soon"}).status_code == 400
    assert send(PATIENT | {"birthDate": "1990"}).status_code == 202
    assert sql("select count(*) from set_aside where data_source_id = %s",
               (send.path.rpartition("/")[2],)) == [(0,)]  # fmt: skip


def test_a_sample_is_shown_as_what_it_becomes(hook: Any, api: Any, keys: Keys, sql: Any) -> None:
    send = hook({"name": "who.first"}, accepts="records", id_path="id", records_path="data",
                event_path="event", events=[{"event": "in", "entity_type": "person"}])  # fmt: skip
    place, ident = send.path.split("/")[-2:]
    url = f"/v1/{place}/data-sources/{ident}/preview"
    sample = {
        "data": [{"id": 1, "event": "in", "who": {"first": "Ana"}}, {"id": 2, "event": "out"}]
    }
    shown = api.post(url, json={"sample": json.dumps(sample)}, headers=keys.admin).json
    assert [line["problem"] for line in shown["lines"]] == [
        None,
        "Events of this type are not taken.",
    ]
    assert shown["names"] == ["id", "event", "who.first"] and shown["lines"][0]["fields"] == {
        "name": "Ana"
    }
    for bad, said in (("", "Paste a body"), ("{", "no JSON"), ('{"x": 1}', "Nothing stands at")):
        assert said in api.post(url, json={"sample": bad}, headers=keys.admin).json["sentence"]
    assert api.post(url, json={}, headers=keys.viewer).status_code == 403
    assert sql("select count(*) from event where workspace_id = %s", (place,)) == [(0,)]


def test_a_source_without_a_mapping_takes_nothing_and_says_so(hook: Any) -> None:
    told = hook(accepts="records", id_path="id")({"id": 1})
    assert told.status_code == 409 and "No fields are mapped" in told.json["detail"]


def test_two_of_the_same_delivery_at_once_are_one(
    app: Flask, hook: Any, workspace: Place, sql: Any
) -> None:
    """The slower one finds the mark of the faster at its commit."""
    send = hook()
    ident = send.path.rpartition("/")[2]
    import uuid

    seen = arrivals.seen
    try:

        def faster(*args: Any) -> bool:
            arrivals.seen = seen
            assert send(PATIENT, at=at).status_code == 202
            return False

        at = str(int(time.time()))
        arrivals.seen = faster
        assert send(PATIENT, at=at).status_code == 409
    finally:
        arrivals.seen = seen
    assert sql("select pages, created from sync_run where data_source_id = %s", (ident,)) == [
        (1, 1)
    ]
    with app.app_context(), tenancy.inside(workspace.id):
        assert arrivals.find(workspace.id, uuid.UUID(ident)) is not None
        database.rollback()


def test_a_new_secret_is_shown_once_and_the_one_before_counts_for_a_while(
    app: Flask, hook: Any, api: Any, keys: Keys, cast: Cast, sql: Any
) -> None:
    send = hook()
    ident = send.path.rpartition("/")[2]
    url = f"/v1/{cast.workspace.id}/data-sources/{ident}/rotate-secret"
    assert api.post(url, headers=keys.member, json={}).status_code == 403
    made = api.post(url, headers=keys.admin, json={}).json
    assert (
        send(PATIENT).status_code == 202
        and send({**PATIENT, "id": "p9"}, made["secret"]).status_code == 202
    )
    sql("update webhook_rotation set expires_at = now() where data_source_id = %s", (ident,))
    assert send({**PATIENT, "id": "p3"}).status_code == 401
    admin = sign_in(app, cast.people["admin"])
    home = f"/w/{cast.workspace.slug}/data-sources/{ident}"
    page = text(post(admin, f"{home}/rotate-secret", {"at_once": "true"}))
    shown = page.partition('id="issued-secret">')[2].partition("<")[0]
    assert len(shown) > 30 and shown not in text(admin.get(home))
    assert send({**PATIENT, "id": "p4"}, made["secret"]).status_code == 401
    assert send({**PATIENT, "id": "p5"}, shown).status_code == 202
    kept = str(sql("select t::text from webhook_rotation t")) + str(
        sql("select t::text from audit_event t")
    )
    assert made["secret"] not in kept and shown not in kept and SECRET not in kept


@pytest.mark.skipif(not shutil.which("openssl"), reason="the example signs with openssl")
@pytest.mark.parametrize("accepts", ["fhir", "records"])
def test_the_example_on_the_page_works_as_it_stands(
    hook: Any, api: Any, as_admin: Any, workspace: Place, tmp_path: Path, accepts: str
) -> None:
    send = hook(MAPPED | {"phone": {"source": "phones[1].number", "type": "phone"}},
                accepts=accepts, id_path="id", records_path="data.items", event_path="event",
                events=[{"event": "patient.*", "entity_type": "person"}])  # fmt: skip
    page = text(as_admin.get(f"/w/{workspace.slug}/data-sources/{send.path.rpartition('/')[2]}"))
    # There is nobody to ask: it waits for requests.
    assert "Test connection" not in page and "Where to send" in page
    example = unescape(page.partition('aria-label="Example with curl">')[2].partition("</pre>")[0])
    script = tmp_path / "try.sh"
    fake = 'curl() { for given in "$@"; do printf \'%s\\0\' "$given"; done; }\n'
    script.write_text(fake + example.replace("SECRET='…'", f"SECRET='{SECRET}'"))
    given = (
        subprocess.run(["sh", str(script)], capture_output=True, check=True)
        .stdout.decode()
        .split("\0")
    )
    headers = dict(given[n + 1].split(": ", 1) for n, word in enumerate(given) if word == "-H")
    body = given[given.index("--data-binary") + 1]
    assert given[0].endswith(send.path)
    told = api.post(given[0].partition("localhost")[2], data=body, headers=headers)
    assert told.status_code == 202 and told.json["created"] == 1
