"""Jobs run if and when their caller commits, inside the caller's workspace."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.core import database, jobs, mail, tenancy
from tests.support import Place

Sql = Callable[..., list[tuple[Any, ...]]]
SEEN: list[tuple[object, int]] = []
ACCOUNTS = "select count(*) from account where workspace_id = %(workspace_id)s"
EVERY_ACCOUNT = "select count(*) from account"


@jobs.task("tests.look")
def look(note: str) -> None:
    SEEN.append((tenancy.current(), database.value(EVERY_ACCOUNT)))
    if note == "break":
        raise ValueError("this job breaks")


@pytest.fixture(autouse=True)
def no_jobs(sql: Sql) -> Iterator[None]:
    SEEN.clear()
    sql("delete from procrastinate_jobs")
    yield
    sql("delete from procrastinate_jobs")


def _queued(sql: Sql) -> list[tuple[Any, ...]]:
    return sql(
        "select task_name, args, status::text from procrastinate_jobs"
        " where task_name not like 'jobs.%'"
    )


def test_a_job_is_queued_when_the_caller_commits(app: Flask, sql: Sql, workspace: Place) -> None:
    with app.app_context(), database.transaction():
        jobs.defer("tests.look", workspace.id, note="fine")
        assert _queued(sql) == []
    arguments = {"workspace_id": str(workspace.id), "note": "fine"}
    assert _queued(sql) == [("tests.look", arguments, "todo")]


def test_a_job_is_forgotten_when_the_caller_fails(app: Flask, sql: Sql, workspace: Place) -> None:
    with app.app_context(), pytest.raises(ZeroDivisionError), database.transaction():
        jobs.defer("tests.look", workspace.id, note="fine")
        raise ZeroDivisionError
    assert _queued(sql) == []


def test_a_job_sees_its_own_workspace_only(
    app: Flask, sql: Sql, workspace: Place, other: Place
) -> None:
    with app.app_context(), database.transaction():
        for place in (workspace, other):
            jobs.defer("tests.look", place.id, note="fine")
        jobs.defer("tests.look", None, note="fine")
    with app.app_context():
        jobs.work(wait=False)
    wanted = {place.id: _accounts(sql, place) for place in (workspace, other)} | {None: 0}
    assert dict(SEEN) == wanted
    assert _queued(sql) == []


def _accounts(sql: Sql, place: Place) -> int:
    found: int = sql(ACCOUNTS, {"workspace_id": place.id})[0][0]
    return found


def test_a_job_that_breaks_is_tried_again_later(app: Flask, sql: Sql, workspace: Place) -> None:
    with app.app_context(), database.transaction():
        jobs.defer("tests.look", workspace.id, note="break")
    with app.app_context():
        jobs.work(wait=False)
    left = sql(
        "select status::text, attempts, scheduled_at > now() from procrastinate_jobs"
        " where task_name = 'tests.look'"
    )
    assert left == [("todo", 1, True)]


def test_the_jobs_of_a_killed_worker_are_put_back(app: Flask, sql: Sql, workspace: Place) -> None:
    with app.app_context(), database.transaction():
        jobs.defer("tests.look", workspace.id, note="fine")
    dead = sql(
        "insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 hour')"
        " returning id"
    )[0][0]
    sql("update procrastinate_jobs set status = 'doing', worker_id = %s", (dead,))
    sql("select procrastinate_defer_jobs_v1(array[row('ward', 'jobs.retry_stalled', 0, null, null,"
        " '{\"timestamp\": 0}', null)::procrastinate_job_to_defer_v1])")  # fmt: skip
    with app.app_context():
        jobs.work(wait=False)
        jobs.work(wait=False)
    assert [place for place, _ in SEEN] == [workspace.id]
    assert _queued(sql) == []


def test_work_that_does_not_wait_leaves_the_clock_alone(app: Flask, sql: Sql) -> None:
    sql("delete from procrastinate_periodic_defers")
    with app.app_context():
        jobs.work(wait=False)
    assert sql("select count(*) from procrastinate_periodic_defers")[0][0] == 0


def test_old_sessions_and_failed_jobs_are_tidied_away(
    app: Flask, sql: Sql, workspace: Place
) -> None:
    sql("update session set last_seen_at = now() - interval '90 days'")
    sql("insert into procrastinate_jobs (queue_name, task_name, status) values"
        " ('ward', 'tests.look', 'failed')")  # fmt: skip
    sql("update procrastinate_events set at = now() - interval '90 days'")
    sql("insert into procrastinate_events (job_id, type, at) select id, 'failed',"
        " now() - interval '60 days' from procrastinate_jobs where status = 'failed'")  # fmt: skip
    for name in ("jobs.tidy", "jobs.forget_failed"):
        sql("select procrastinate_defer_jobs_v1(array[row('ward', %s, 0, null, null,"
            " '{\"timestamp\": 0}', null)::procrastinate_job_to_defer_v1])", (name,))  # fmt: skip
    with app.app_context():
        jobs.work(wait=False)
    assert sql("select count(*) from session")[0][0] == 0
    assert _queued(sql) == []


def test_mail_is_queued_with_what_it_says(app: Flask, sql: Sql, workspace: Place) -> None:
    with app.app_context():
        assert not mail.is_configured()
        with database.transaction():
            mail.send_later(workspace.id, "ana@riverside.example", "Hello", "Come in.")
    assert _queued(sql)[0][1]["to"] == "ana@riverside.example"
