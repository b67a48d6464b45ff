"""What a run tells afterwards, and what becomes of records that were set aside."""

import re
import uuid
from typing import Any

import pytest
from flask import Flask

from app.core import database, jobs, tenancy
from app.sync import advice, runner
from tests.support import Keys, Place, post, text

from .server import Fhir, fill, people


def ill(fhir: Fhir, count: int) -> None:
    """Patients nobody can understand."""
    for n in range(count):
        fhir.put("Patient", f"ill{n}", "06", birthDate="soon", name=[{"family": f"Ill{n}"}])


@pytest.fixture
def aside(api: Any, workspace: Place, keys: Keys) -> Any:
    def ask(ident: str, **query: str) -> Any:
        path = f"/v1/{workspace.id}/data-sources/{ident}/set-aside"
        return api.get(path, headers=keys.viewer, query_string=query).json

    return ask


def test_every_record_set_aside_is_kept_once_and_listed_by_pages(
    fhir: Fhir, source: Any, read: Any, aside: Any
) -> None:
    ill(fhir, 130)
    ident = source(page_size=50)
    assert [read(ident)["refused"], read(ident)["refused"]] == [130, 130]
    seen: list[str] = []
    found = aside(ident)
    while True:
        assert found["total"] == 130 and {a["times"] for a in found["items"]} == {2}
        seen += [a["fhir_resource_id"] for a in found["items"]]
        if not found["has_more"]:
            break
        found = aside(ident, before=found["items"][-1]["id"])
    assert sorted(seen) == sorted(f"ill{n}" for n in range(130))
    assert found["items"][0]["sync_error"] == "The birthDate is no date."


def test_what_is_put_right_leaves_the_list_when_it_is_tried_or_read_again(
    app: Flask, fhir: Fhir, source: Any, read: Any, aside: Any, api: Any, keys: Keys,
    workspace: Place, sql: Any,
) -> None:  # fmt: skip
    ill(fhir, 3)
    ident = source()
    read(ident)
    address = f"/v1/{workspace.id}/data-sources/{ident}/set-aside/retry"
    assert api.post(address, json={}, headers=keys.member).status_code == 403
    one = next(a for a in aside(ident)["items"] if a["fhir_resource_id"] == "ill1")
    fhir.put("Patient", "ill1", "06", birthDate="1990-01-02", name=[{"family": "Well1"}])
    started = api.post(address, json={"id": one["id"]}, headers=keys.admin)
    assert (started.status_code, started.json["waiting"]) == (202, 1)
    with app.app_context():
        jobs.work(wait=False)
    left = {a["fhir_resource_id"]: a["times"] for a in aside(ident)["items"]}
    assert left == {"ill0": 1, "ill2": 1} and people(sql, workspace) == {"Well1"}
    api.post(address, json={}, headers=keys.admin)
    with app.app_context():
        jobs.work(wait=False)
    assert {a["times"] for a in aside(ident)["items"]} == {2}
    fhir.put("Patient", "ill0", "07", birthDate="1990", name=[{"family": "Well0"}])
    read(ident)
    assert [a["fhir_resource_id"] for a in aside(ident)["items"]] == ["ill2"]
    told = sql("select action, phi_accessed from audit_event where workspace_id = %s and action like"
               " 'data_source.retry%%' order by 1", (workspace.id,))  # fmt: skip
    assert [action for action, _ in told] == ["data_source.retry"] * 2 + [
        "data_source.retry_now"
    ] * 2


def test_a_run_whose_time_is_over_goes_on_later_where_it_stopped(
    app: Flask, fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any
) -> None:
    fill(fhir, 7)
    ident = source()
    with app.app_context(), tenancy.inside(workspace.id):
        assert runner.run(workspace.id, uuid.UUID(ident), "a test", seconds=0)
        database.rollback()
    first = sql("select status, created from sync_run where data_source_id = %s", (ident,))
    assert first == [("continues", 2)]
    fhir.asked.clear()
    with app.app_context():
        jobs.work(wait=False)
    assert "skip=2" in fhir.asked[0] and len(people(sql, workspace)) == 7
    runs = sql("select status, created from sync_run where data_source_id = %s order by started_at",
               (ident,))  # fmt: skip
    assert runs == [("continues", 2), ("success", 6)]


def test_pausing_stops_a_reading_after_its_page_and_resuming_goes_on(
    app: Flask, fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any, as_admin: Any
) -> None:
    fill(fhir, 7)
    ident = source()
    page = f"/w/{workspace.slug}/data-sources/{ident}"
    search = fhir.search

    def pausing(kind: str, query: Any) -> Any:
        if "skip" in query:
            post(as_admin, f"{page}/pause")
        return search(kind, query)

    fhir.search = pausing  # type: ignore[method-assign]
    assert (read(ident)["status"], len(people(sql, workspace))) == ("stopped", 4)
    fhir.search = search  # type: ignore[method-assign]
    shown = text(as_admin.get(page))
    assert "is paused" in shown and "Resume" in shown and "Read now" not in shown
    with app.app_context(), tenancy.inside(workspace.id):
        assert runner.run(workspace.id, uuid.UUID(ident), "a test") is False
        database.rollback()
    post(as_admin, f"{page}/resume")
    assert (read(ident)["status"], len(people(sql, workspace))) == ("success", 7)


def test_a_run_shows_what_it_wrote_and_nothing_of_others(
    fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any, as_viewer: Any
) -> None:
    fill(fhir)
    ident, another = source(), source(more={"name": "Other"})
    for one in (ident, another, ident):
        if one == ident:
            fhir.put("Patient", "p2", "20", name=[{"family": f"Moved{len(fhir.asked)}"}])
        read(one)
    runs = sql("select id from sync_run where data_source_id = %s order by started_at", (ident,))
    page = f"/w/{workspace.slug}/data-sources/{ident}"
    first, second = (text(as_viewer.get(f"{page}/runs/{run}")) for (run,) in runs)
    assert "Family1" in first and first.count("/events/") == 6
    assert "Moved" in second and second.count("/events/") == 1 and "Family1" not in second
    assert f"/runs/{runs[0][0]}" in text(as_viewer.get(f"{page}/runs"))
    assert f"/runs/{runs[0][0]}" in text(as_viewer.get(page))
    elsewhere = f"/w/{workspace.slug}/data-sources/{another}/runs/{runs[0][0]}"
    assert as_viewer.get(elsewhere).status_code == 404


def test_a_source_that_nobody_reads_by_itself_is_not_said_to_be_tried_again(
    fhir: Fhir, source: Any, read: Any, workspace: Place, as_viewer: Any, api: Any, keys: Keys
) -> None:
    ident = source(more={"sync_strategy": "manual"})
    fhir.answer = (503, b"", {})
    read(ident)
    page = text(as_viewer.get(f"/w/{workspace.slug}/data-sources/{ident}"))
    assert "should choose “Read now” in a while and" in page
    assert "tries again by itself" not in page and "Next " not in page
    scheduled = source(more={"name": "Later by hand"})
    read(scheduled)
    where = f"/w/{workspace.slug}/data-sources/{scheduled}"
    assert "Next " in text(as_viewer.get(where))
    changed = {"sync_strategy": "manual"}
    url = f"/v1/{workspace.id}/data-sources/{scheduled}"
    assert api.patch(url, json=changed, headers=keys.admin).status_code == 200
    assert "Next " not in text(as_viewer.get(where))


def test_an_error_says_what_to_do(
    fhir: Fhir, source: Any, read: Any, workspace: Place, as_viewer: Any, as_admin: Any
) -> None:
    ident = source()
    fhir.answer = (403, b"", {})
    read(ident)
    page = f"/w/{workspace.slug}/data-sources/{ident}"
    shown = text(as_admin.get(page))
    assert "did not accept the credentials" in shown and "<p>Check the credentials under" in shown
    assert "<p>An administrator should check the credentials under" in text(as_viewer.get(page))
    run = re.findall(r"/runs/[0-9a-f-]{36}", text(as_viewer.get(f"{page}/runs")))[0]
    assert "An administrator should check the" in text(as_viewer.get(page + run))
    assert ">Check the credentials" in text(as_admin.get(page + run))


@pytest.mark.parametrize("by_itself", [True, False])
@pytest.mark.parametrize("code", [*advice.ADVICE, None])
def test_who_may_not_act_is_told_who_should(code: str | None, by_itself: bool) -> None:
    told = advice.on(code, by_itself).for_others
    waits = told.startswith(("Nothing to do:", "Ward tries again by itself.")) or not told
    assert waits or told.startswith("An administrator should ")
    assert not re.search(r"\. (Check|Choose|Enter|Ask|Call|Tell|Take)", told)
    if by_itself and told.startswith("Ward tries"):
        assert "Read now" not in told
