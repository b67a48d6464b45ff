"""Looking at everybody again: what was lost or wrong is put right, what people said stays."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import database, tenancy
from app.resolution import jobs, queries, resolver
from tests.support import Keys, Place, post, text

from .test_resolver import Look, crowd, edges, kept, look, patient, put_decision, put_in

__all__ = ["look"]


@pytest.fixture
def spoilt(api: FlaskClient, keys: Keys, workspace: Place, sql: Any, look: Look) -> Any:
    """What stood before half of it was lost and something wrong was written."""
    ids = put_in(api, workspace, keys.admin, *crowd(),
                 patient("x", "Ida X", email="x@b.org"), patient("y", "Ida X", email="x@b.org"))  # fmt: skip
    look()
    put_decision(api, workspace, keys.member, ids["x"], ids["y"], "different")
    before = kept(sql, workspace), edges(sql, workspace)
    place = (workspace.id,)
    sql("delete from relationship where relationship = 'same_as' and workspace_id = %s", place)
    sql("delete from duplicate where decision is null and workspace_id = %s", place)
    sql("delete from match_key where key < 'name' and workspace_id = %s", place)
    one, other = sorted((ids["e"], ids["m1"]))
    sql("insert into duplicate (workspace_id, first_id, second_id, confidence, matched_on, status)"
        " values (%s, %s, %s, 1, '{mrn}', 'linked')", (workspace.id, one, other))  # fmt: skip
    return before


def test_it_goes_on_where_it_was_broken_off_and_ends_as_if_all_were_new(
    app: Flask, spoilt: Any, sql: Any, workspace: Place, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolver, "CHUNK", 5)
    look()
    assert kept(sql, workspace) != spoilt[0], "what did not change is not looked at"
    waiting = ("select count(*) from procrastinate_jobs where task_name = 'resolution.run'"
               " and args ->> 'workspace_id' = %s")  # fmt: skip
    with app.app_context(), tenancy.inside(workspace.id):
        with database.transaction():
            jobs.again(workspace.id)
        jobs.resolve(workspace.id, steps=2)
        assert queries.metrics(workspace.id).loop_status == "running"
        database.rollback()
        assert sql(waiting, (str(workspace.id),)) == [(2,)], "one asked for, and one to go on"
        jobs.resolve(workspace.id)
        assert queries.metrics(workspace.id).loop_status == "idle"
        database.rollback()
    assert (kept(sql, workspace), edges(sql, workspace)) == spoilt


def test_the_command_does_it_to_the_end(
    app: Flask, spoilt: Any, sql: Any, workspace: Place
) -> None:
    run = app.test_cli_runner().invoke
    assert "0 pairs" in run(args=["world", "resolve", "--workspace", workspace.slug]).output
    done = run(args=["world", "resolve", "--workspace", workspace.slug, "--from-start"])
    assert done.exit_code == 0 and "1 pair newly linked" in done.output, done.output
    assert (kept(sql, workspace), edges(sql, workspace)) == spoilt
    with app.app_context(), database.advisory(f"resolution {workspace.id}"):
        busy = run(args=["world", "resolve", "--workspace", workspace.slug])
        assert busy.exit_code == 1 and "will go on" in busy.output


def test_an_admin_asks_for_it_on_the_page_and_a_member_cannot(
    as_admin: FlaskClient, as_member: FlaskClient, workspace: Place, sql: Any, app: Flask
) -> None:
    home = f"/w/{workspace.slug}/world/duplicates"
    assert "Look at everybody again" in text(as_admin.get(home))
    assert "Look at everybody again" not in text(as_member.get(home))
    assert post(as_member, f"{home}/again").status_code == 403
    assert post(as_admin, f"{home}/again").status_code == 303
    assert "More is waiting" in text(as_admin.get(home))
    noted = "select count(*) from audit_event where workspace_id = %s and action = 'world.rescan'"
    assert sql(noted, (workspace.id,)) == [(1,)]
    with app.app_context(), tenancy.inside(workspace.id):
        jobs.resolve(workspace.id)
    assert "More is waiting" not in text(as_admin.get(home))
