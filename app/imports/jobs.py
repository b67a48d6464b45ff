"""Importing in the background, and sweeping what is left over."""

import logging
import uuid

from flask import current_app

from app.core import tenancy
from app.core.jobs import every_hour, task

from . import worker

RUN = "imports.run"
log = logging.getLogger("ward")


@task(RUN, again=False)
def run(ident: str) -> None:
    """Import a file."""
    place = tenancy.current()
    assert place is not None
    worker.run(place, uuid.UUID(ident))


@every_hour("imports.sweep")
def sweep() -> None:
    """Delete files that nobody needs."""
    if current_app.config["WARD"].drop_folder and (done := worker.sweep()):
        log.info("swept %d files that were to be imported", done)
