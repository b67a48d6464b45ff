"""Background jobs: queued in the caller's transaction, run inside their workspace."""

import asyncio
import contextlib
import os
import signal
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import procrastinate
import psycopg
from flask import Flask, current_app
from procrastinate.periodic import PeriodicRegistry

from . import database, tenancy
from .postgres import plain

STALLED_AFTER = 60
GRACE = 8
"""Seconds a stopping worker may take; a job cut off is put back by another worker."""
FAILED_KEPT_HOURS = 30 * 24
QUEUE = "ward"
CONCURRENCY = 6
"""Jobs at a time: a slow data source keeps one of them, the others go on."""
CRON_EVERY_MINUTE = "* * * * *"
CRON_HOURLY = "7 * * * *"

queue = procrastinate.App(connector=procrastinate.PsycopgConnector())
_retry = procrastinate.RetryStrategy(max_attempts=5, exponential_wait=5)
_app: Flask | None = None
_EXPIRED_SESSIONS = """
delete from session where last_seen_at < now() - make_interval(mins => %(idle)s) - interval '1 day'
"""


def task(
    name: str, again: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:  # fmt: skip
    """Declare a job: it runs in an app context and, when it has one, inside its workspace.

    A job that fails is tried up to five times, unless it minds its failures itself.
    """

    def declare(work: Callable[..., None]) -> Callable[..., None]:
        @queue.task(name=name, queue=QUEUE, retry=_retry if again else False)
        def run(workspace_id: str | None = None, **arguments: Any) -> None:
            assert _app is not None, "jobs run in `flask jobs work`"
            with _app.app_context(), database.transaction():
                if workspace_id is not None:
                    tenancy.enter(workspace_id)
                work(**arguments)

        return work

    return declare


def _periodic(cron: str, name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def declare(work: Callable[[], None]) -> Callable[[], None]:
        @queue.periodic(cron=cron)
        @queue.task(name=name, queue=QUEUE, queueing_lock=name)
        def run(timestamp: int) -> None:
            assert _app is not None, "jobs run in `flask jobs work`"
            with _app.app_context(), database.transaction():
                work()

        return work

    return declare


def every_minute(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Declare what is done every minute for the whole installation, once at a time."""
    return _periodic(CRON_EVERY_MINUTE, name)


def every_hour(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Declare what is done every hour for the whole installation, once at a time."""
    return _periodic(CRON_HOURLY, name)


def defer(name: str, workspace_id: uuid.UUID | None, **arguments: Any) -> None:
    """Queue a job in the caller's transaction: it runs if and when that commits."""
    place = str(workspace_id) if workspace_id else None
    _queue(name, place, arguments)


_DEFER = """
select procrastinate_defer_jobs_v1(array[row(
  %(queue)s, %(name)s, 0, null, null, %(arguments)s, null
)::procrastinate_job_to_defer_v1])
"""


def _queue(name: str, workspace_id: str | None, arguments: dict[str, Any]) -> None:
    content = database.jsonb({"workspace_id": workspace_id, **arguments})
    database.execute(_DEFER, {"queue": QUEUE, "name": name, "arguments": content})


@queue.periodic(cron=CRON_EVERY_MINUTE)
@queue.task(
    name="jobs.retry_stalled", queue=QUEUE, queueing_lock="retry_stalled", pass_context=True
)
async def retry_stalled(context: procrastinate.JobContext, timestamp: int) -> None:
    """Put back the jobs of a worker that was killed."""
    manager = queue.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
        await manager.retry_job(job)


@queue.periodic(cron=CRON_HOURLY)
@queue.task(name="jobs.forget_failed", queue=QUEUE, queueing_lock="forget_failed")
async def forget_failed(timestamp: int) -> None:
    """Failed jobs hold addresses of people: they are kept for a month, to look at, no longer."""
    await queue.job_manager.delete_old_jobs(
        nb_hours=FAILED_KEPT_HOURS, include_failed=True, include_cancelled=True,
        include_aborted=True,
    )  # fmt: skip


@queue.periodic(cron=CRON_HOURLY)
@queue.task(name="jobs.tidy", queue=QUEUE, queueing_lock="tidy")
def tidy(timestamp: int) -> None:
    """Forget sessions and throttle windows that ended long ago."""
    assert _app is not None
    with _app.app_context():
        from . import throttle

        throttle.sweep()
        url = _app.config["WARD"].maintenance_url
        if url:
            with maintenance(url) as connection:
                idle = _app.config["WARD"].session_idle_minutes
                connection.execute(_EXPIRED_SESSIONS, {"idle": idle})


def maintenance(url: str) -> psycopg.Connection[Any]:
    """A connection as the maintenance role: across workspaces, never on the request path."""
    return psycopg.connect(plain(url), autocommit=True)


def work(wait: bool = True) -> None:
    """Run jobs until asked to stop (a running job is finished first), or until none is left.

    Only a worker that waits looks at the clock: without `wait` nothing periodic begins.
    """
    global _app
    _app = current_app._get_current_object()  # type: ignore[attr-defined]
    from . import mail  # noqa: F401  its jobs must be known here

    url = plain(_app.config["WARD"].database_url)
    connector = procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=4)

    async def run() -> None:
        with queue.replace_connector(connector) as app, _clock(wait):
            async with app.open_async():
                worker = asyncio.ensure_future(
                    app.run_worker_async(
                        queues=[QUEUE], concurrency=CONCURRENCY, wait=wait, delete_jobs="successful",
                        install_signal_handlers=False,
                    )
                )  # fmt: skip
                with _stoppable(worker) if wait else contextlib.nullcontext():
                    await worker

    asyncio.run(run())


@contextlib.contextmanager
def _clock(on: bool) -> Iterator[None]:
    """Whether periodic tasks are queued when their time comes."""
    known = queue.periodic_registry
    queue.periodic_registry = known if on else PeriodicRegistry()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        queue.periodic_registry = known


@contextlib.contextmanager
def _stoppable(worker: asyncio.Future[None]) -> Iterator[None]:
    """SIGTERM and SIGINT end the worker: well, or after `GRACE` seconds by force.

    The database may be gone by then, and a worker waiting for it would never end.
    """
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, lambda: None)
        last = threading.Timer(GRACE, os._exit, (1,))
        last.daemon = True
        last.start()
        worker.cancel()

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    with contextlib.suppress(asyncio.CancelledError):
        yield
