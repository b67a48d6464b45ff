"""The connector runner: every minute the sources that are due are read, each in a job of its own."""

import uuid

from flask import current_app

from app.core import jobs, tenancy

from . import queries, runner


@jobs.task("sync.run", again=False)
def run(data_source_id: str, by: str) -> None:
    """Read one source, unless another run holds it."""
    place = tenancy.current()
    assert place is not None
    runner.run(place, uuid.UUID(data_source_id), by)


@jobs.every_minute("sync.due")
def due() -> None:
    """Queue what is due."""
    url = current_app.config["WARD"].maintenance_url
    if url:
        for workspace_id, ident in queries.claim(url):
            queue(workspace_id, ident, "Schedule")


def queue(workspace_id: uuid.UUID, ident: uuid.UUID, by: str) -> None:
    """Queue a run in the caller's transaction."""
    jobs.defer("sync.run", workspace_id, data_source_id=str(ident), by=by)
