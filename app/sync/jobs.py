"""The connector runner: every minute the sources that are due are read, each in a job of its own."""

import uuid

from flask import current_app

from app.core import jobs, tenancy

from . import queries, runner


@jobs.task("sync.run", again=False)
def run(data_source_id: str, by: str, whole: bool = False) -> None:
    """Read one source, unless another run holds it."""
    place = tenancy.current()
    assert place is not None
    runner.run(place, uuid.UUID(data_source_id), by, whole=whole)


@jobs.task("sync.retry", again=False)
def retry(data_source_id: str, by: str, one: str | None = None) -> None:
    """Try one record that was set aside again, or all of a source."""
    place = tenancy.current()
    assert place is not None
    runner.retry(place, uuid.UUID(data_source_id), by, uuid.UUID(one) if one else None)


@jobs.every_minute("sync.due")
def due() -> None:
    """Queue what is due."""
    url = current_app.config["WARD"].maintenance_url
    if url:
        for workspace_id, ident in queries.claim(url):
            queue(workspace_id, ident, "Schedule")


def queue(workspace_id: uuid.UUID, ident: uuid.UUID, by: str, whole: bool = False) -> None:
    """Queue a run in the caller's transaction."""
    jobs.defer("sync.run", workspace_id, data_source_id=str(ident), by=by, whole=whole)


def queue_retry(
    workspace_id: uuid.UUID, ident: uuid.UUID, by: str, one: uuid.UUID | None
) -> None:  # fmt: skip
    """Queue another try in the caller's transaction."""
    jobs.defer("sync.retry", workspace_id, data_source_id=str(ident), by=by,
               one=str(one) if one else None)  # fmt: skip


@jobs.every_hour("sync.sweep")
def sweep() -> None:
    """Forget what is kept for a while only."""
    url = current_app.config["WARD"].maintenance_url
    if url:
        queries.sweep(url)
