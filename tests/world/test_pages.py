"""The world model in the browser, and what staff add to it."""

import html
import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.core import database, tenancy
from app.resolution import resolver
from tests.support import Keys, Place, post, text

from .data import GOUT, PATIENT, WHOLE, bundle
from .test_import import ana, put_in


def here(place: Place, path: str = "") -> str:
    return f"/w/{place.slug}/world{path}"


def test_viewer_finds_a_person_and_reads_all_that_is_known(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    put_in(api, workspace, keys.admin, WHOLE)
    for words in ("silva", "an sil", "415 555 0142", "ana@example.org", "1987-04-12", "mrn-77"):
        page = text(as_viewer.get(here(workspace), query_string={"q": words}))
        assert "<bdi>Ana Silva</bdi>" in page, words
    assert "Nobody fits" in text(as_viewer.get(here(workspace), query_string={"q": "silvana"}))
    person = ana(api, workspace, keys.viewer)["id"]
    page = text(as_viewer.get(here(workspace, f"/{person}")))
    assert "Gout" in page and "Check up" in page and "authoritative" in page
    assert "Add a note" not in page and "Correct a field" not in page


def test_a_record_number_of_digits_alone_is_found_as_well_as_a_phone_number(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    numbered = {"resourceType": "Patient", "id": "n", "name": [{"family": "Numbered"}],
                "identifier": [{"system": "urn:mrn", "value": "7741234567"}]}  # fmt: skip
    put_in(api, workspace, keys.admin, {"entry": [{"resource": numbered}]})
    for words in ("7741234567", "774123"):
        page = text(as_viewer.get(here(workspace), query_string={"q": words}))
        assert "<bdi>Numbered</bdi>" in page, words


def test_a_search_runs_one_statement_however_many_it_finds(
    api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    many = [{"resource": {"resourceType": "Patient", "id": f"m{n}", "name": [{"family": "Many"}]}}
            for n in range(40)]  # fmt: skip
    put_in(api, workspace, keys.admin, {"entry": many})
    with database.recorded() as seen:
        found = api.get(f"/v1/{workspace.id}/world/search?q=many&limit=40", headers=keys.viewer)
    assert len(found.json["entities"]) == 40
    assert sum("from entity n" in sql for sql, _ in seen) == 1 and len(seen) < 12


def test_member_notes_and_corrects_and_the_past_stays_readable(
    api: FlaskClient, as_member: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    put_in(api, workspace, keys.admin, WHOLE)
    person = ana(api, workspace, keys.viewer)["id"]
    before = sql("select clock_timestamp()")[0][0]
    assert (
        post(
            as_member, here(workspace, f"/{person}/notes"), {"text": "Prefers mornings"}
        ).status_code
        == 303
    )
    fixed = {"phone": "415 555 0199"}
    assert post(as_member, here(workspace, f"/{person}/corrections"), fixed).status_code == 303
    page = text(as_member.get(here(workspace, f"/{person}")))
    assert "Prefers mornings" in page and "415 555 0199" in page and "Member Person" in page
    then = text(
        as_member.get(here(workspace, f"/{person}"), query_string={"at": before.isoformat()})
    )
    assert "This is what was known at" in then and "(415) 555-0142" in then
    early = text(
        as_member.get(here(workspace, f"/{person}"), query_string={"at": "2001-01-01T00:00"})
    )
    assert "Nothing was known yet." in early
    assert "h-related" in page and "h-related" in then and "h-related" not in early
    wrong = as_member.get(here(workspace, f"/{person}"), query_string={"at": "lately"})
    assert wrong.status_code == 422 and "Enter a time such as" in text(wrong)


def test_a_long_timeline_has_pages_and_kinds(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    many = [GOUT | {"id": f"c{n}", "code": {"text": f"Thing {n}."},
                    "onsetDateTime": f"2020-01-{n:02}"} for n in range(1, 23)]  # fmt: skip
    put_in(api, workspace, keys.admin, bundle(PATIENT, *many))
    address = here(workspace, f"/{ana(api, workspace, keys.viewer)['id']}")

    def listed(query: str) -> list[str]:
        timeline = text(as_viewer.get(address + query)).partition('id="timeline"')[2]
        assert "Condition (22)" in timeline and "Patient (1)" in timeline
        return re.findall(r"<b>(?:Condition|Patient)</b> <bdi>(?:Thing )?(\w+)", timeline)

    assert listed("") == ["Ana", *(str(n) for n in range(22, 3, -1))]
    assert listed("?page=1") == ["3", "2", "1"] and listed("?page=2") == []
    assert listed("?event_type=Condition&page=1") == ["2", "1"]
    assert listed("?event_type=Patient") == ["Ana"]
    assert "page=1" in text(as_viewer.get(address))
    assert "page=2" not in text(as_viewer.get(f"{address}?page=1"))


def test_bad_input_is_told_beside_the_field_and_keeps_what_was_typed(
    api: FlaskClient, as_member: FlaskClient, keys: Keys, workspace: Place
) -> None:
    put_in(api, workspace, keys.admin, WHOLE)
    address = here(workspace, f"/{ana(api, workspace, keys.viewer)['id']}")
    wrong = post(as_member, f"{address}/corrections", {"birth_date": "12 April", "phone": "1"})
    assert wrong.status_code == 422
    assert "Enter a date such as 1987-04-12." in text(wrong) and 'value="12 April"' in text(wrong)
    assert post(as_member, f"{address}/corrections", {}).status_code == 422
    assert post(as_member, f"{address}/notes", {"text": " "}).status_code == 422


def test_hostile_words_of_a_record_stay_words(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    evil = "<script>alert(1)</script>"
    patient = {"resourceType": "Patient", "id": "x", "name": [{"text": evil}]}
    put_in(api, workspace, keys.admin, {"entry": [{"resource": patient}]})
    page = text(as_viewer.get(here(workspace)))
    assert evil not in page and "&lt;script&gt;" in page


def test_reads_and_searches_are_in_the_audit_log(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    put_in(api, workspace, keys.admin, WHOLE)
    person = ana(api, workspace, keys.viewer)["id"]
    as_viewer.get(here(workspace, f"/{person}"))
    as_viewer.get(here(workspace), query_string={"q": "silva"})
    seen = sql("select action, metadata::text from audit_event where workspace_id = %s and"
               " resource_type = 'entity' and phi_accessed", (workspace.id,))  # fmt: skip
    assert {"entity.search", "entity.read"} <= {action for action, _ in seen}
    assert not any("silva" in (told or "").lower() for _, told in seen)


def test_pages_run_few_statements(
    app: Flask, api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    put_in(api, workspace, keys.admin, WHOLE)
    person = ana(api, workspace, keys.viewer)["id"]
    for address in (here(workspace), here(workspace, "?q=silva"), here(workspace, f"/{person}")):
        as_viewer.get(address)
        with database.recorded() as seen:
            assert as_viewer.get(address).status_code == 200
        reads = [sql for sql, _ in seen if not sql.lstrip().startswith(("begin", "set local"))]
        assert len(reads) <= 6, reads


def test_the_dashboard_counts_what_the_write_keeps(
    api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    put_in(api, workspace, keys.admin, WHOLE)
    told = api.get(f"/v1/{workspace.id}/world/dashboard", headers=keys.viewer).json
    assert told["entity_counts"]["by_entity_type"] == {
        "encounter": 1,
        "person": 1,
        "practitioner": 1,
    }
    assert told["entity_counts"]["total_events"] == 4 and told["events_24h"] == 4
    assert told["event_read_model_status"] == "ready"


def test_a_call_leads_to_who_has_the_callers_number_as_known_then(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    put_in(api, workspace, keys.admin, WHOLE)
    call = {"call_sid": "CA1", "started_at": "2026-11-20T09:14:00Z", "caller_id": "+14155550142"}
    made = api.post(f"/v1/{workspace.id}/calls", headers=keys.member, json=call).json["id"]
    page = text(as_viewer.get(f"/w/{workspace.slug}/calls/{made}"))
    person = ana(api, workspace, keys.viewer)["id"]
    assert "Who has this number" in page and "<bdi>Ana Silva</bdi>" in page
    then = as_viewer.get(f"/w/{workspace.slug}/world/{person}?at=2026-11-20T09:14:00%2B00:00")
    assert "This is what was known at" in text(then)


def test_the_page_shows_the_figures_and_each_leads_to_its_list(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    put_in(api, workspace, keys.admin, WHOLE, source_system="EHR <North>")
    sql("update entity set confidence = 0.31 where workspace_id = %s and entity_type = 'encounter'",
        (workspace.id,))  # fmt: skip
    sql("update entity set last_event_at = now() - interval '3 days' where workspace_id = %s and"
        " entity_type = 'practitioner'", (workspace.id,))  # fmt: skip
    page = text(as_viewer.get(here(workspace)))
    assert "Where the data comes from" in page and "EHR &lt;North&gt;" in page
    assert "1 person" in page and "1 visit" in page and "100%" in page
    links = {name: here(workspace, f"?{name}={value}") for name, value in
             (("since", "day"), ("sure", "low"), ("system", "EHR+%3CNorth%3E"))}  # fmt: skip
    lists = {}
    for name, link in links.items():
        assert f'href="{link}"' in page, link
        lists[name] = text(as_viewer.get(link)).partition('id="found"')[2]
    assert "Check up" in lists["since"] and "Dr. Luz Reyes" not in lists["since"]
    assert lists["sure"].index("Check up") < lists["sure"].index("Ana Silva")
    assert all(name in lists["system"] for name in ("Check up", "Ana Silva", "Dr. Luz Reyes"))
    odd = here(workspace, "?since=ever&sure=?&system=nobody")
    assert "Nobody fits" in text(as_viewer.get(odd))


def test_a_call_reads_like_a_call_and_is_linked_both_ways(
    app: Flask, api: FlaskClient, as_member: FlaskClient, keys: Keys, workspace: Place
) -> None:
    put_in(api, workspace, keys.admin, WHOLE)
    call = {"call_sid": "CA1", "started_at": "2026-11-20T09:14:00Z", "caller_id": "+14155550142",
            "duration_seconds": 62, "completion_reason": "caller_hangup"}  # fmt: skip
    made = api.post(f"/v1/{workspace.id}/calls", headers=keys.member, json=call).json["id"]
    with app.app_context(), tenancy.inside(workspace.id), database.transaction():
        while resolver.step(workspace.id).more:
            pass
    page = text(as_member.get(here(workspace, f"/{made}")))
    for words in ("Incoming call, 20 Nov 2026, 09:14", "1 min 02 s", "Caller hangup",
                  "Call started", "Open the call", "Ana Silva", "on the line"):  # fmt: skip
        assert words in page, words
    assert "5550142" not in page.replace("-", "") and "Keep note" not in page
    assert f"/world/{made}" in text(as_member.get(f"/w/{workspace.slug}/calls/{made}"))
    person = text(as_member.get(here(workspace, f"/{ana(api, workspace, keys.viewer)['id']}")))
    assert f'/calls/{made}">Incoming call' in person


def test_calls_do_not_drown_people(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    call = {"call_sid": "CA1", "started_at": "2026-11-20T09:14:00Z", "caller_id": "+14155550142"}
    api.post(f"/v1/{workspace.id}/calls", headers=keys.member, json=call)
    assert "Nobody is known yet" in text(as_viewer.get(here(workspace)))
    put_in(api, workspace, keys.admin, WHOLE)
    for query in ("", "?since=day", "?sure=low", "?q=ana", "?q=4155550142"):
        page = text(as_viewer.get(here(workspace, query)))
        assert "Ana Silva" in page and "Incoming call" not in page, query
    assert "Incoming call" in text(as_viewer.get(here(workspace, "?type=call")))
    dashboard = api.get(f"/v1/{workspace.id}/world/dashboard", headers=keys.viewer).json
    assert dashboard["entity_counts"]["by_entity_type"]["call"] == 1


def test_a_call_of_before_leads_to_its_page(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    call = {"call_sid": "CA1", "started_at": "2026-11-20T09:14:00Z"}
    made = api.post(f"/v1/{workspace.id}/calls", headers=keys.member, json=call).json["id"]
    for table in ("event_entity", "event", "entity_source", "entity"):
        sql(f"delete from {table} where workspace_id = %s", (workspace.id,))
    moved = as_viewer.get(here(workspace, f"/{made}"))
    assert moved.headers["Location"] == f"/w/{workspace.slug}/calls/{made}"


def chart(count: int = 45) -> dict[str, Any]:
    """A person with many conditions, visits to one doctor, and claims of them."""
    who = {"reference": "Patient/busy"}
    entries: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": "busy", "name": [{"family": "Busy"}]},
        {"resourceType": "Practitioner", "id": "doc", "name": [{"family": "Healer"}]},
    ]  # fmt: skip
    for n in range(count):
        day = f"20{n:02}-03-01"
        status = {"coding": [{"code": "active" if n == 3 else "resolved"}]}
        entries += [
            {"resourceType": "Condition", "id": f"c{n}", "code": {"text": f"Illness {n}"},
             "subject": who, "clinicalStatus": status, "onsetDateTime": day},
            {"resourceType": "Encounter", "id": f"v{n}", "status": "finished", "subject": who,
             "type": [{"text": "Round"}], "period": {"start": day}},
            {"resourceType": "Claim", "id": f"k{n}", "status": "active", "patient": who,
             "created": day, "item": [{"encounter": [{"reference": f"Encounter/v{n}"}]}]},
            {"resourceType": "ExplanationOfBenefit", "id": f"b{n}", "status": "active",
             "patient": who, "created": day, "provider": {"reference": "Practitioner/doc"}},
        ]  # fmt: skip
    pressure = {"code": {"text": "Systolic"}, "valueQuantity": {"value": 120, "unit": "mm[Hg]"}}
    entries.append({"resourceType": "Observation", "id": "bp", "status": "final", "subject": who,
                    "code": {"text": "Blood pressure"}, "component": [pressure]})  # fmt: skip
    return {"entry": [{"resource": entry} for entry in entries]}


def busy(api: FlaskClient, place: Place, keys: Keys) -> str:
    """The person of `chart`."""
    put_in(api, place, keys.admin, chart())
    found = api.get(f"/v1/{place.id}/world/search?q=busy", headers=keys.viewer).json
    return str(found["entities"][0]["id"])


def test_every_entry_of_a_chart_leads_to_the_event_behind_it(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    person = busy(api, workspace, keys)
    page = text(as_viewer.get(here(workspace, f"/{person}")))
    near = re.findall(r'href="#(e-[0-9a-f-]{36})"', page)
    far = re.findall(rf'href="(/w/[^"]*/{person}/events/([0-9a-f-]{{36}}))"', page)
    assert near and len(far) > 100 and all(f'id="{anchor}"' in page for anchor in near)
    for path, event in (far[0], far[len(far) // 2], far[-1]):
        led = as_viewer.get(path)
        assert led.status_code == 303 and led.location.endswith(f"#e-{event}")
        assert f'id="e-{event}"' in text(as_viewer.get(led.location))
    now = sql("select clock_timestamp()")[0][0].isoformat()
    then = text(as_viewer.get(here(workspace, f"/{person}"), query_string={"at": now}))
    path = html.unescape(re.findall(rf'href="(/w/[^"]*/{person}/events/[^"]*)"', then)[-1])
    led = as_viewer.get(path)
    assert "at=" in led.location and "This is what was known at" in text(
        as_viewer.get(led.location)
    )
    assert 'name="at"' in then.split('id="timeline"')[1]
    older = re.findall(r'rel="next" href="([^"]*)"', then)[-1]
    assert "This is what was known at" in text(as_viewer.get(html.unescape(older)))
    other = sql("select id from event where workspace_id <> %s limit 1", (workspace.id,))
    for event in [row[0] for row in other] + ["00000000-0000-7000-8000-000000000000"]:
        assert as_viewer.get(here(workspace, f"/{person}/events/{event}")).status_code == 404


def test_a_chart_begins_with_what_lasts_and_speaks_in_words(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    page = text(as_viewer.get(here(workspace, f"/{busy(api, workspace, keys)}")))
    conditions = re.findall(r"<bdi>(Illness \d+)</bdi>", page)
    assert conditions[:3] == ["Illness 3", "Illness 44", "Illness 43"]
    related = page.split('id="h-related"')[1].split("</section>")[0]
    assert related.index("Healer") < related.index("Round") and "benefit statement" in related
    assert "visit, claim" in related
    seen = re.sub(r"<pre.*?</pre>|<option value=[^>]*>|href=\"[^\"]*\"", "", page, flags=re.DOTALL)
    assert "ExplanationOfBenefit" not in seen and "Claim, item" not in seen
    assert "120 mmHg" in page and "Benefit statement (45)" in page


def test_times_are_shown_in_the_zone_of_the_workspace_and_days_stay_days(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    who = {"reference": "Patient/late"}
    put_in(api, workspace, keys.admin, {"entry": [{"resource": one} for one in (
        {"resourceType": "Patient", "id": "late", "name": [{"family": "Late"}]},
        {"resourceType": "Appointment", "id": "a", "status": "booked", "start": "2026-12-05T00:00:00Z",
         "serviceType": [{"text": "Flu shot"}], "participant": [{"actor": who}]},
        {"resourceType": "Condition", "id": "c", "subject": who, "code": {"text": "Gout"},
         "onsetDateTime": "2020-03-01"},
    )]})  # fmt: skip
    general = f"/v1/{workspace.id}/settings/general"
    zone = {"time_zone": "America/Los_Angeles"}
    assert api.put(general, json=zone, headers=keys.admin).status_code == 200
    listed = text(as_viewer.get(here(workspace), query_string={"type": "appointment"}))
    assert "<bdi>Flu shot, 4 Dec 2026, 16:00</bdi>" in listed
    path = re.findall(r'href="([^"]*/world/[0-9a-f-]{36})"', listed)[0]
    appointment = text(as_viewer.get(path))
    assert "<bdi>4 Dec 2026, 16:00</bdi>" in appointment and ">2026-12-05" not in appointment
    assert '<p class="hint">for</p>' in appointment
    path = re.findall(r'href="([^"]*/world/[0-9a-f-]{36})"[^>]*><bdi>Late', appointment)[0]
    person = text(as_viewer.get(path))
    assert ">2026-12-04</a>" in person and ">2020-03-01</a>" in person
    assert "<bdi>Flu shot, 4 Dec 2026, 16:00</bdi>" in person
    assert '<p class="hint">appointment</p>' in person
    assert '<p class="hint">2020-03-01, ' in person and "29 Feb" not in person
