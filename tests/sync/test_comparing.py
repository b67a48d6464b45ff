"""What a search by the last change does not tell: shifted pages, deletions, servers of their own
kind. The world ends with exactly the records that the server has."""

import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.core import tenancy
from app.world import projecting, tally
from tests.support import Keys, Place, post, text

from .server import Fhir, fill, people

FAR = (datetime.now(UTC) + timedelta(days=365)).isoformat()


def family(*numbers: int) -> set[str]:
    return {f"Family{n}" for n in numbers}


def overdue(sql: Any, ident: str) -> None:
    """As if the last comparison were long ago."""
    sql("update sync_state set cursor = (select jsonb_object_agg(key, case jsonb_typeof(value)"
        " when 'object' then value || '{\"compared\": \"2020-01-01T00:00:00+00:00\"}' else value end)"
        " from jsonb_each(cursor)) where data_source_id = %s returning 1", (ident,))  # fmt: skip


def test_what_pages_passed_over_when_they_shifted_comes_in_all_the_same(
    fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any
) -> None:
    fill(fhir)

    def change() -> None:
        if len(fhir.asked) == 2:
            fhir.put("Patient", "p1", FAR, name=[{"family": "Moved"}])

    fhir.meanwhile = change
    assert read(source())["status"] == "success"
    assert people(sql, workspace) == {"Moved", *family(2, 3, 4, 5)}


def test_what_is_deleted_there_counts_no_more_here_and_its_history_stays(
    app: Flask, fhir: Fhir, source: Any, read: Any, workspace: Place, keys: Keys, api: Any, sql: Any,
    as_viewer: Any,
) -> None:  # fmt: skip
    fill(fhir)
    ident = source()
    read(ident)
    record = f"/v1/{workspace.id}/fhir/resources/Patient/p2"
    assert api.get(record, headers=keys.viewer).status_code == 200
    fhir.delete("Patient", "p2")
    fhir.delete("Condition", "c1")
    read(ident)
    assert people(sql, workspace) == family(1, 2, 3, 4, 5)
    overdue(sql, ident)
    assert (read(ident)["changed"], read(ident)["changed"]) == (0, 0)
    page = f"/w/{workspace.slug}/data-sources/{ident}"
    runs = sql("select id, removed from sync_run where data_source_id = %s order by started_at desc"
               " limit 2", (ident,))  # fmt: skip
    assert [removed for _, removed in runs] == [0, 2]
    told = text(as_viewer.get(f"{page}/runs/{runs[1][0]}"))
    assert "<dt>Taken out</dt><dd>2</dd>" in told and "<dt>Changed</dt><dd>0</dd>" in told
    assert '<td data-l="Taken out" class="num">2</td>' in text(as_viewer.get(page))
    assert text(as_viewer.get(f"{page}/events")).count("Taken out") == 2
    history = api.get(f"/v1/{workspace.id}/data-sources/{ident}/sync-history", headers=keys.viewer)
    assert history.json["timeline"][0]["synced_count"] == 8
    assert people(sql, workspace) == family(1, 3, 4, 5)
    assert api.get(record, headers=keys.viewer).status_code == 404
    found = sql("select n.id, n.state, (select count(*) from event e where e.workspace_id = %s and"
                " e.fhir_resource_id = 'p2') from entity n where n.workspace_id = %s and"
                " n.canonical_id like '%%:Patient:p2'", (workspace.id, workspace.id))  # fmt: skip
    assert found[0][1:] == ({}, 2)
    shown = text(as_viewer.get(f"/w/{workspace.slug}/world/{found[0][0]}"))
    assert "Its source no longer has this record" in shown and "Taken out: its source" in shown
    assert "<h1" in shown and "Family2" in shown.split("<h1")[1].split("</h1>")[0]
    page = text(api.get(f"/v1/{workspace.id}/world/entities/{found[0][0]}/timeline",
                        headers=keys.viewer))  # fmt: skip
    assert "Family2" in page
    with app.app_context(), tenancy.inside(workspace.id):
        every = [one for ids in projecting.batches(workspace.id) for one in ids]
        assert not list(projecting.differences(workspace.id, every))
        assert not tally.differences(workspace.id)
    fhir.put("Patient", "p2", "20", name=[{"family": "Back"}])
    read(ident)
    assert "Back" in people(sql, workspace)


def test_a_server_that_lost_its_data_empties_nothing_until_somebody_says_so(
    fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any
) -> None:
    fill(fhir, 22)
    ident = source(page_size=50)
    read(ident)
    fhir.records["Patient"].clear()
    fhir.records["Condition"].clear()
    overdue(sql, ident)
    run = read(ident)
    assert run["status"] == "error"
    assert "no longer lists 22 of the 22 records of the type Patient" in run["error"]
    assert len(people(sql, workspace)) == 22
    assert read(ident, whole=True)["status"] == "success"
    assert not people(sql, workspace)


def test_a_record_that_is_not_listed_but_there_stays(
    fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any
) -> None:
    fill(fhir)
    ident = source()
    read(ident)
    kept = fhir.search
    fhir.search = lambda kind, query: kept(kind, query) | {"entry": []}  # type: ignore[method-assign]
    assert read(ident, whole=True)["changed"] == 0
    assert people(sql, workspace) == family(1, 2, 3, 4, 5)


@pytest.mark.parametrize("totals", [True, False])
def test_a_server_that_never_names_a_next_page_is_read_to_its_end(
    fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any, totals: bool
) -> None:
    fill(fhir)
    fhir.links, fhir.totals = False, totals
    assert read(source())["status"] == "success"
    assert people(sql, workspace) == family(1, 2, 3, 4, 5)


def test_a_server_without_pages_and_order_is_not_taken_for_read(
    fhir: Fhir, source: Any, read: Any
) -> None:
    fill(fhir)
    fhir.links, fhir.totals, fhir.sorts = False, True, False
    fhir.records["Patient"].reverse()
    assert "there are 5 records, but names no page after the first" in read(source())["error"]


def test_a_type_that_the_server_does_not_have_holds_up_no_other(
    fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any
) -> None:
    fill(fhir)
    fhir.refused = {"Slot": 404, "Coverage": 403}
    chosen = ["Slot", "Coverage", "Patient"]
    run = read(source(resource_types=chosen))
    assert run["status"] == "error"
    assert run["error"].startswith("Slot could not be read: ") and "Coverage." in run["error"]
    assert people(sql, workspace) == family(1, 2, 3, 4, 5)
    fhir.types, fhir.asked = ["Patient", "Slot", "Basic"], []
    every = source(resource_types=[], more={"name": "Every type"})
    assert read(every)["status"] == "success"
    read(every)
    assert {path.split("?")[0].rsplit("/", 1)[-1] for path in fhir.asked} == {
        "metadata", "Patient", "Slot"}  # fmt: skip
    assert sum(path.endswith("/metadata") for path in fhir.asked) == 1


def test_how_far_reading_came_counts_for_its_own_server_only(
    fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any
) -> None:
    fill(fhir)
    ident = source()
    read(ident)
    sql("update data_source set connection_config = connection_config || jsonb_build_object("
        "'base_url', %s::text) where id = %s returning 1", (f"{fhir.url}/v2", ident))  # fmt: skip
    fhir.asked.clear()
    read(ident)
    assert "/v2/Patient" in fhir.asked[0] and "_lastUpdated=" not in fhir.asked[0]


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_changes_and_fails_meanwhile_the_world_ends_as_the_server(
    fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any, seed: int
) -> None:
    chance = random.Random(seed)
    fill(fhir, 12)
    fhir.records["Condition"].clear()

    def change() -> None:
        at = (datetime.now(UTC) + timedelta(seconds=len(fhir.asked))).isoformat()
        known = [r["id"] for r in fhir.records["Patient"]]
        what = chance.choice(("put", "put", "delete", "add", "nothing"))
        if what == "put":
            fhir.put("Patient", chance.choice(known), at, name=[{"family": f"N{len(fhir.asked)}"}])
        elif what == "delete" and len(known) > 5:
            fhir.delete("Patient", chance.choice(known))
        elif what == "add":
            fhir.put("Patient", f"a{len(fhir.asked)}", at, name=[{"family": f"A{len(fhir.asked)}"}])

    fhir.meanwhile, fhir.fail_every = change, 5
    ident = source()
    for _ in range(4):
        read(ident)
    fhir.meanwhile = lambda: None
    for _ in range(20):
        if read(ident, whole=True)["status"] == "success":
            break
    has = {r["name"][0]["family"] for r in fhir.records["Patient"]}
    assert people(sql, workspace) == has


def test_the_page_shows_what_is_read_now_and_compares_on_demand(
    fhir: Fhir, source: Any, read: Any, workspace: Place, as_viewer: Any, as_admin: Any, sql: Any
) -> None:
    fill(fhir)
    ident = source()
    page = f"/w/{workspace.slug}/data-sources/{ident}"
    seen: list[str] = []

    def look() -> None:
        if len(fhir.asked) == 3:
            seen.append(text(as_viewer.get(page)))
            seen.append(text(as_viewer.get(f"/w/{workspace.slug}/data-sources")))

    fhir.meanwhile = look
    read(ident)
    assert "Reading now" in seen[0] and "4 read so far, 4 new or changed" in seen[0]
    assert "Reading now" in seen[1] and "for the first time" in seen[1]
    part = as_viewer.get(page, headers={"HX-Request": "true"})
    assert "Healthy" in text(part) and "<html" not in text(part) and "Read now" not in text(part)
    stamp = re.search(r"seen=(\w+)", text(part))
    assert stamp is not None
    same = as_viewer.get(f"{page}?seen={stamp[1]}", headers={"HX-Request": "true"})
    assert same.status_code == 204
    assert "Compare now" in text(as_admin.get(page)) and "Compare now" not in text(
        as_viewer.get(page)
    )
    assert post(as_admin, f"{page}/sync", {"whole": "1"}).status_code == 303
    queued = sql("select args ->> 'whole' from procrastinate_jobs where task_name = 'sync.run' and"
                 " args ->> 'data_source_id' = %s", (ident,))  # fmt: skip
    assert queued == [("true",)]
