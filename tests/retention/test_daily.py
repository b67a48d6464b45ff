"""The nightly run: which workspaces are due, and that a day without work leaves no receipt."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.core import database
from app.retention import jobs

from .conftest import KEPT, aged, cut_off
from .test_removal import SECOND, sids


def zone_where_it_is(hour: int) -> str:
    """A time zone in which this hour of the day is going on."""
    ahead = (hour - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+}" if ahead else "UTC"


def live_in(sql: Any, place: Any, hour: int) -> None:
    sql("update call_counter set time_zone = %s where workspace_id = %s",
        (zone_where_it_is(hour), place.id))  # fmt: skip


def due(app: Any) -> list[Any]:
    return jobs.due(app.config["WARD"].maintenance_url)


def look_through(app: Any) -> None:
    with app.app_context(), database.transaction():
        jobs.look_through()


def runs(api: Any, keys: Any, place: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(
        f"/v1/{place.id}/retention/runs", headers=keys.viewer
    ).json["items"]
    return found


LONG_AGO = {"phi_data_days": KEPT, "call_transcripts_days": 2 * KEPT}


def test_a_workspace_is_due_at_night_once_a_day(
    app, api, keys, store, keep, run_jobs, sql, workspace
):
    keep(**LONG_AGO)
    store(aged("OLD", cut_off(KEPT + 2)))
    live_in(sql, workspace, 0)
    assert workspace.id not in due(app), "the clinic may still be busy"
    live_in(sql, workspace, 12)
    assert workspace.id in due(app), "a worker that was down at night makes up for it"
    look_through(app)
    run_jobs()
    assert sids(sql, workspace) == []
    [run] = runs(api, keys, workspace)
    assert run["started_by"] == "Ward, daily" and run["verifies"]
    store(aged("OLD2", cut_off(KEPT + 2)))
    assert workspace.id not in due(app), "its run of today was made"


@pytest.mark.parametrize("days", ["phi_data_days", "call_transcripts_days"])
def test_whatever_is_past_its_age_makes_a_workspace_due(app, store, keep, sql, workspace, days):
    keep(**{days: KEPT})
    store(aged("NEW", cut_off(KEPT - 2)))
    live_in(sql, workspace, 12)
    assert workspace.id not in due(app)
    store(aged("OLD", cut_off(KEPT + 2)))
    assert workspace.id in due(app)


def test_a_night_without_work_leaves_no_receipt(app, api, keys, store, run_jobs, sql, workspace):
    store(aged("NEW", cut_off()))
    with app.app_context(), database.transaction():
        from app.core import jobs as queue

        queue.defer("retention.run", workspace.id, daily=True)
    run_jobs()
    assert runs(api, keys, workspace) == [] and sids(sql, workspace) == ["NEW"]
    opened = "select count(*) from retention_progress where workspace_id = %s"
    assert sql(opened, (workspace.id,)) == [(0,)]


def test_a_removal_by_hand_leaves_a_receipt_of_nothing(store, remove_now):
    store(aged("NEW", cut_off() + SECOND))
    run = remove_now()
    assert run["receipt"]["removed"] == dict.fromkeys(
        ("records", "transcripts", "notes", "recordings"), 0
    )
    assert run["started_by"] == "admin key " + run["started_by"].split()[-1]
