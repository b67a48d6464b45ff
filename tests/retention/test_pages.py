"""The pages of retention, their JSON, and receipts that show when they were changed."""

import json
from typing import Any

import pytest

from app.retention import receipts
from tests.support import post, text

from .conftest import KEPT, aged, cut_off
from .test_removal import SECOND, sids

SECRET = "a-secret-of-the-tests-with-enough-length-0123456789"


def home(place: Any, rest: str = "") -> str:
    return f"/w/{place.slug}/settings/retention{rest}"


def form(place: Any, **more: Any) -> dict[str, Any]:
    return {"slug": place.slug, "records": 1, "transcripts": 1, "notes": 0, "recordings": 0, **more}


@pytest.fixture
def one_due(store, keep):
    keep(phi_data_days=KEPT)
    store(aged("OLD", cut_off() - SECOND), aged("NEW", cut_off() + SECOND))


@pytest.mark.usefixtures("one_due")
def test_an_admin_looks_types_the_slug_and_removes(as_admin, workspace, run_jobs, sql):
    page = text(as_admin.get(home(workspace, "/removal")))
    assert '<input type="hidden" name="records" value="1">' in page and "Remove now" in page
    sent = post(as_admin, home(workspace, "/removal"), form(workspace))
    assert sent.status_code == 303 and sent.headers["Location"] == home(workspace, "/runs")
    waiting = text(as_admin.get(home(workspace, "/runs")))
    assert "A removal is under way" in waiting and "Admin Person" in waiting
    assert "Remove now" not in text(as_admin.get(home(workspace, "/removal")))
    run_jobs()
    assert sids(sql, workspace) == ["NEW"]
    listed = text(as_admin.get(home(workspace, "/runs")))
    assert "1 record, 1 transcript" in listed and "Verified" in listed
    assert "Run 1" in text(as_admin.get(home(workspace)))
    receipt = text(as_admin.get(home(workspace, "/runs/1")))
    assert "Admin Person" in receipt and "400" in receipt and "Verified" in receipt


@pytest.mark.usefixtures("one_due")
def test_what_was_typed_wrong_removes_nothing(as_admin, workspace, run_jobs, sql):
    refused = post(as_admin, home(workspace, "/removal"), form(workspace, slug="riverside"))
    assert refused.status_code == 422 and 'value="riverside"' in text(refused)
    assert f"Type {workspace.slug} to confirm." in text(refused)
    run_jobs()
    assert sids(sql, workspace) == ["NEW", "OLD"]


@pytest.mark.usefixtures("one_due")
def test_counts_that_changed_since_the_look_are_shown_first(
    as_admin, workspace, store, sql, run_jobs
):
    store(aged("OLD2", cut_off() - SECOND))
    refused = post(as_admin, home(workspace, "/removal"), form(workspace))
    assert refused.status_code == 409
    assert "The counts have changed since you looked." in text(refused)
    assert '<input type="hidden" name="records" value="2">' in text(refused)
    run_jobs()
    assert len(sids(sql, workspace)) == 3


@pytest.mark.usefixtures("one_due")
def test_a_second_removal_waits_for_the_first(api, keys, workspace, run_jobs):
    start = f"/v1/{workspace.id}/retention/runs"
    sent = form(workspace)
    assert api.post(start, json=sent, headers=keys.admin).status_code == 202
    assert api.post(start, json=sent, headers=keys.owner).status_code == 409


@pytest.mark.usefixtures("one_due")
@pytest.mark.parametrize("who", ["member", "viewer"])
def test_members_and_viewers_read_but_do_not_remove(app, cast, workspace, who, sql, run_jobs):
    from tests.support import sign_in

    client = sign_in(app, cast.people[who])
    page = text(client.get(home(workspace, "/removal")))
    assert "Records of calls" in page and "Remove now" not in page and "<form" not in page.split(
        "<main"
    )[1]  # fmt: skip
    assert "Admins and owners can remove it" in page
    assert post(client, home(workspace, "/removal"), form(workspace)).status_code == 403
    assert 'name="phi_data_days"' not in text(client.get(home(workspace)))
    run_jobs()
    assert len(sids(sql, workspace)) == 2


def test_a_viewer_reads_receipts(as_viewer, store, keep, remove_now, workspace):
    keep(phi_data_days=KEPT)
    store(aged("OLD", cut_off() - SECOND))
    remove_now()
    assert "Verified" in text(as_viewer.get(home(workspace, "/runs/1")))
    assert as_viewer.get(home(workspace, "/runs/2")).status_code == 404


def test_a_stranger_finds_no_receipt(app, cast, api, keys, remove_now, workspace, other):
    from tests.support import sign_in

    remove_now()
    stranger = sign_in(app, cast.people["stranger"])
    for place in (workspace, other):
        assert stranger.get(home(place, "/runs/1")).status_code == 404
        path = f"/v1/{place.id}/retention/runs/1"
        assert api.get(path, headers=keys.stranger).status_code == 404
    assert api.get(f"/v1/{other.id}/retention/runs", headers=keys.stranger).json["items"] == []


def test_a_receipt_that_was_changed_does_not_verify(
    api, keys, as_viewer, store, keep, remove_now, workspace, sql
):
    keep(phi_data_days=KEPT)
    store(aged("OLD", cut_off() - SECOND))
    assert remove_now()["verifies"]
    one = f"/v1/{workspace.id}/retention/runs/1"
    for change in (
        "receipt = jsonb_set(receipt, '{removed,records}', '7')",
        "started_by = 'Somebody else'",
        "finished_at = finished_at + interval '1 second'",
        "number = 9",
        "signature = repeat('0', 64)",
    ):
        kept = sql("select number, started_by, finished_at, receipt::text, signature"
                   " from retention_run where workspace_id = %s", (workspace.id,))[0]  # fmt: skip
        sql(f"update retention_run set {change} where workspace_id = %s", (workspace.id,))
        seen = f"/v1/{workspace.id}/retention/runs/9" if "number" in change else one
        assert api.get(seen, headers=keys.viewer).json["verifies"] is False, change
        sql("update retention_run set number = %s, started_by = %s, finished_at = %s, receipt = %s,"
            " signature = %s where workspace_id = %s", (*kept, workspace.id))  # fmt: skip
    assert api.get(one, headers=keys.viewer).json["verifies"] is True
    sql("update retention_run set receipt = jsonb_set(receipt, '{removed,records}', '7')"
        " where workspace_id = %s", (workspace.id,))  # fmt: skip
    assert "Does not verify" in text(as_viewer.get(home(workspace, "/runs/1")))


def test_the_application_itself_cannot_change_a_receipt(app, remove_now, workspace):
    import psycopg

    from app.core import database, tenancy

    remove_now()
    for statement in ("update retention_run set number = 2", "delete from retention_run"):
        with app.app_context(), tenancy.inside(workspace.id):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                database.execute(f"{statement} where workspace_id = %(workspace_id)s",
                                 {"workspace_id": workspace.id})  # fmt: skip
            database.rollback()


def test_another_secret_signs_otherwise():
    receipt = {"number": 1, "removed": {"records": 2}}
    signature = receipts.sign(SECRET, receipt)
    shuffled = json.loads(json.dumps({"removed": {"records": 2}, "number": 1}))
    assert receipts.genuine(SECRET, shuffled, signature)
    assert not receipts.genuine(SECRET + "x", receipt, signature)


def test_who_removed_what_stands_in_the_audit_log(
    as_admin, api, keys, store, keep, workspace, run_jobs
):
    keep(phi_data_days=KEPT)
    store(aged("OLD", cut_off() - SECOND))
    post(as_admin, home(workspace, "/removal"), form(workspace))
    run_jobs()
    events = api.get(f"/v1/{workspace.id}/audit?service=retention", headers=keys.admin).json[
        "events"
    ]
    done, begun = events
    assert (begun["action"], begun["actor_label"]) == ("retention.start", "Admin Person")
    assert (done["action"], done["actor_label"]) == ("retention.run", "Ward")
    assert done["after"]["records"] == 1 and done["metadata"]["started_by"] == "Admin Person"


def test_the_page_says_of_each_figure_what_it_does(as_admin, as_viewer, workspace):
    for client in (as_admin, as_viewer):
        page = text(client.get(home(workspace)))
        assert "Removed every night" in page and "Stored only" in page
    assert text(as_admin.get(home(workspace))).count("Ward removes none of it.") == 2
