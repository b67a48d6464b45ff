"""Pages of the world are drawn once for what they show: whatever changes shows at once."""

import re
import time
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import database, tenancy
from app.core import drawn as module
from app.resolution import resolver
from app.world import pages, removing, shown, store
from app.world.imports import Origin
from app.world.store import NewEvent
from tests.support import CSRF, Keys, Place, post, text

from .data import DOCTOR, PATIENT, VISIT, WHOLE, bundle
from .test_import import ana, put_in


@pytest.fixture
def person(api: FlaskClient, keys: Keys, workspace: Place) -> str:
    put_in(api, workspace, keys.admin, WHOLE)
    return str(ana(api, workspace, keys.viewer)["id"])


def here(place: Place, path: str = "") -> str:
    return f"/w/{place.slug}/world{path}"


def plain(page: str) -> str:
    """A page without the visitor's tokens, which are signed anew every second."""
    return re.sub('name="csrf_token" value="[^"]+"', "", page)


def twice(client: FlaskClient, address: str) -> str:
    """The page, kept by now."""
    first, second = (text(client.get(address)) for _ in range(2))
    assert plain(first) == plain(second)
    return second


def test_an_entity_is_drawn_once_and_each_reading_is_in_the_audit_log(
    as_member: FlaskClient, workspace: Place, person: str, drawn: list[str], sql: Any
) -> None:
    twice(as_member, here(workspace, f"/{person}"))
    assert drawn.count("world/entity.html") == 1
    read = sql("select count(*) from audit_event where workspace_id = %s and resource_id = %s"
               " and action = 'entity.read' and phi_accessed", (workspace.id, person))  # fmt: skip
    assert read == [(2,)]


def test_notes_and_corrections_show_at_once_now_and_then(
    as_member: FlaskClient, workspace: Place, person: str, sql: Any
) -> None:
    address = here(workspace, f"/{person}")
    before = twice(as_member, address)
    moment = sql("select clock_timestamp()")[0][0].isoformat()
    assert "Prefers mornings" not in before and "3 events" in before
    post(as_member, f"{address}/notes", {"text": "Prefers mornings"})
    noted = text(as_member.get(address))
    assert "Note kept." in noted and "Prefers mornings" in noted and "4 events" in noted
    post(as_member, f"{address}/corrections", {"name": "Ana Costa", "phone": "415 555 0199"})
    fixed = text(as_member.get(address))
    assert "<title>Ana Costa" in fixed and "415 555 0199" in fixed and "Member Person" in fixed
    for at, name in ((moment, "<bdi>Ana Silva</bdi></td>"), ("2001-01-01", "Nothing was known")):
        then = text(as_member.get(address, query_string={"at": at}))
        assert name in then and "Prefers mornings" not in then.partition('id="timeline"')[2], at


def test_moments_apart_by_seconds_of_their_offset_are_kept_apart(
    as_member: FlaskClient, workspace: Place, person: str
) -> None:
    address = here(workspace, f"/{person}")
    now = twice(as_member, address)
    for offset, shown_as in (("06", "10:00:54"), ("04", "10:00:56")):
        at = {"at": f"2126-03-01T10:01:00+00:00:{offset}"}
        then = text(as_member.get(address, query_string=at))
        assert f"<b>2126-03-01 {shown_as}</b>" in then and "Nothing has changed since." in then
    assert plain(text(as_member.get(address))) == plain(now)


def test_what_others_tell_shows_at_once(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place, person: str, app: Flask
) -> None:
    address = here(workspace, f"/{person}")
    assert "Second look" not in twice(as_viewer, address)
    more = VISIT | {"id": "e2", "type": [{"text": "Second look"}],
                    "subject": {"reference": "Patient/p1"}}  # fmt: skip
    put_in(api, workspace, keys.admin, bundle(more))
    assert twice(as_viewer, address).count("Second look") > 1
    put_in(api, workspace, keys.admin, bundle(VISIT | {"type": [{"text": "Renamed"}]}, PATIENT))
    renamed = twice(as_viewer, address)
    assert "Renamed" in renamed and "Check up, 2026-03-01" not in renamed
    assert "superseded" in renamed
    with app.app_context(), tenancy.inside(workspace.id), database.transaction():
        removing.remove(workspace.id, Origin("fhir_import"), [("Patient", "p1")])
    gone = twice(as_viewer, address)
    assert "Its source no longer has this record." in gone and "<title>Ana Silva" in gone


def test_what_happens_elsewhere_shows_at_once(
    app: Flask, api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place, person: str,
    sql: Any,
) -> None:  # fmt: skip
    visit, doctor = (
        sql("select id from entity where workspace_id = %s and entity_type = %s",
            (workspace.id, kind))[0][0] for kind in ("encounter", "practitioner")
    )  # fmt: skip
    address = here(workspace, f"/{visit}")
    assert "Dr. Luz Reyes" in twice(as_viewer, address)
    renamed = DOCTOR | {"name": [{"family": "Renamed", "given": ["Luz"]}]}
    put_in(api, workspace, keys.admin, bundle(renamed))
    page = twice(as_viewer, address)
    assert "Luz Renamed" in page and "superseded" not in page
    told = sql("select event_id from event_entity where entity_id = %s", (visit,))[0][0]
    with app.app_context(), tenancy.inside(workspace.id), database.transaction():
        store.lock(workspace.id)
        store.append(workspace.id, [NewEvent("note", {}, (doctor,), 0.9, "test", supersedes=told)])
    assert "superseded" in twice(as_viewer, address)
    sql("update entity set state = state || '{\"reason\": \"Kept anew\"}',"
        " origins = origins || jsonb_build_object('reason', %s::text) where id = %s",
        (str(told), visit))  # fmt: skip
    assert "Kept anew" in text(as_viewer.get(address))


def test_a_decided_duplicate_shows_at_once(
    app: Flask, api: FlaskClient, as_member: FlaskClient, keys: Keys, workspace: Place, person: str
) -> None:
    address = here(workspace, f"/{person}")
    assert "Perhaps the same person" not in twice(as_member, address)
    twin = PATIENT | {"id": "p9", "telecom": [], "identifier": []}
    put_in(api, workspace, keys.admin, bundle(twin))
    with app.app_context(), tenancy.inside(workspace.id), database.transaction():
        while resolver.step(workspace.id).more:
            pass
    suspected = twice(as_member, address)
    assert "Perhaps the same person" in suspected
    pair = suspected.split(f"{here(workspace)}/duplicates/")[1].split('"')[0]
    other = pair.split("/")[1]
    assert post(as_member, here(workspace, f"/duplicates/{pair}"), {"decision": "same"}).location
    linked = text(as_member.get(address))
    assert "Also recorded as" in linked and "Perhaps the same person" not in linked
    post(as_member, here(workspace, f"/{other}/corrections"), {"name": "Anna Renamed"})
    assert "Anna Renamed" in text(as_member.get(address))


def test_each_role_reads_its_own_page(
    as_member: FlaskClient, as_viewer: FlaskClient, workspace: Place, person: str
) -> None:
    address = here(workspace, f"/{person}")
    for _ in range(2):
        assert "Add a note" in text(as_member.get(address))
        assert "Add a note" not in text(as_viewer.get(address))


def test_another_zone_shows_at_once(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place, person: str
) -> None:
    address = here(workspace, f"/{person}")
    visits = here(workspace, "?type=encounter")
    assert "Time (UTC)" in twice(as_viewer, address)
    assert "1 Mar 2026, 09:00" in twice(as_viewer, visits)
    general = {"time_zone": "Asia/Tokyo"}
    api.put(f"/v1/{workspace.id}/settings/general", json=general, headers=keys.admin)
    page = twice(as_viewer, address)
    assert "Time (Asia/Tokyo)" in page and "1 Mar 2026, 18:00" in page
    assert "1 Mar 2026, 18:00" in twice(as_viewer, visits)


def test_the_words_of_times_go_on(
    as_viewer: FlaskClient, workspace: Place, person: str, sql: Any
) -> None:
    sql("update event set ingested_at = now() - interval '50 seconds' where workspace_id = %s",
        (workspace.id,))  # fmt: skip
    address = here(workspace, f"/{person}")
    first = text(as_viewer.get(address))
    time.sleep(1.1)
    told = [re.findall(r"5\d seconds ago", page) for page in (first, text(as_viewer.get(address)))]
    assert told[0] and told[1] and not set(told[0]) & set(told[1])


def test_people_grow_older(
    as_viewer: FlaskClient, workspace: Place, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Later(date):
        @classmethod
        def today(cls) -> date:
            return date.today() + timedelta(days=366)

    address = here(workspace, f"/{person}")
    years = int(re.findall(r"(\d+) years", twice(as_viewer, address))[0])
    for told in (pages, shown):
        monkeypatch.setattr(told, "date", Later)
    assert f"{years + 1} years" in text(as_viewer.get(address))


def test_another_workspace_has_its_own(
    api: FlaskClient, as_viewer: FlaskClient, as_both: FlaskClient, as_stranger: FlaskClient,
    keys: Keys, workspace: Place, other: Place, person: str, drawn: list[str],
) -> None:  # fmt: skip
    address = f"/{person}"
    twice(as_viewer, here(workspace, address))
    assert as_stranger.get(here(other, address)).status_code == 404
    assert as_both.get(here(other, address)).status_code == 404
    put_in(api, other, keys.stranger, WHOLE)
    theirs = str(ana(api, other, keys.stranger)["id"])
    drawn.clear()
    page = text(as_both.get(here(other, f"/{theirs}")))
    assert here(other) in page and here(workspace, "/") not in page and person not in page
    assert drawn.count("world/entity.html") == 1


def test_the_list_is_drawn_once_and_what_changes_shows_at_once(
    api: FlaskClient, as_member: FlaskClient, as_viewer: FlaskClient, as_stranger: FlaskClient,
    keys: Keys, workspace: Place, other: Place, person: str, drawn: list[str], sql: Any,
) -> None:  # fmt: skip
    twice(as_viewer, here(workspace))
    assert drawn.count("world/found.html") == 1
    post(as_member, here(workspace, f"/{person}/corrections"), {"name": "Ana Costa"})
    renamed = twice(as_viewer, here(workspace))
    assert "Ana Costa" in renamed and "Ana Silva" not in renamed
    sql("update entity set display_name = 'Ana Costa Reis' where id = %s", (person,))
    assert "Ana Costa Reis" in text(as_viewer.get(here(workspace)))
    for kind, of_calls in (("slot", False), ("call", True)):
        page = text(as_viewer.get(here(workspace, f"?type={kind}")))
        assert ("search the calls" in page) is of_calls, kind
    put_in(api, workspace, keys.admin, bundle(PATIENT | {"id": "p2"}), source_system="Clinic B")
    more = twice(as_viewer, here(workspace))
    assert "Ana Silva" in more and "Ana Costa" in more and "Clinic B" in more
    sql("update entity set last_event_at = now() - interval '50 seconds' where workspace_id = %s",
        (workspace.id,))  # fmt: skip
    first = text(as_viewer.get(here(workspace)))
    time.sleep(1.1)
    later = text(as_viewer.get(here(workspace)))
    told = [set(re.findall(r"5\d seconds ago", page)) for page in (first, later)]
    assert told[0] and told[1] and not told[0] & told[1]
    assert "Ana" not in text(as_stranger.get(here(other)))
    fragment = text(as_viewer.get(here(workspace), headers={"HX-Request": "true"}))
    assert fragment.lstrip().startswith('<div id="found">') and "Ana Costa" in fragment
    assert "Where the data comes from" not in fragment


def test_the_words_of_a_search_are_not_kept(
    as_viewer: FlaskClient, workspace: Place, person: str
) -> None:
    for _ in range(2):
        page = text(as_viewer.get(here(workspace, "?q=Anaxagoras")))
        assert "Nobody fits" in page and "Anaxagoras" in page
    kept = module._kept.parts
    assert kept and not any("Anaxagoras" in f"{key}{part}" for key, part in kept.items())


def test_a_refused_form_is_never_kept_and_each_visitor_has_their_own_token(
    as_member: FlaskClient, as_admin: FlaskClient, workspace: Place, person: str
) -> None:
    address = here(workspace, f"/{person}")
    before = twice(as_member, address)
    for _ in range(2):
        wrong = text(post(as_member, f"{address}/corrections", {"birth_date": "12 April"}))
        assert 'value="12 April"' in wrong and "<details open><summary>Fields" in wrong
        assert 'name="csrf_token"' in wrong and "<!--csrf-->" not in wrong
        assert "12 April" not in text(as_member.get(address))
    late = text(as_member.get(address, query_string={"at": "lately"}))
    assert 'value="lately"' in late and "lately" not in text(as_member.get(address))
    assert plain(text(as_member.get(address))) == plain(before)
    with as_admin.session_transaction() as cookie:
        cookie["csrf_token"] = "another" + CSRF
    mine, theirs = (set(re.findall('name="csrf_token" value="([^"]+)"', page))
                    for page in (before, text(as_admin.get(address))))  # fmt: skip
    assert len(mine) == len(theirs) == 1 and mine != theirs


def test_hostile_words_are_no_place_for_a_token(
    api: FlaskClient, as_member: FlaskClient, keys: Keys, workspace: Place
) -> None:
    patient = {"resourceType": "Patient", "id": "x", "name": [{"text": "<!--csrf--><b>Silva"}]}
    put_in(api, workspace, keys.admin, {"entry": [{"resource": patient}]})
    page = twice(as_member, here(workspace, f"/{ana(api, workspace, keys.viewer)['id']}"))
    assert "&lt;!--csrf--&gt;&lt;b&gt;Silva" in page and "<b>Silva" not in page
