"""Background work on calls."""

from flask import current_app

from app.core import database, jobs, tenancy
from app.core.jobs import task

from . import entities, rollups, storage, zones

STEPS = 40
"""Batches of one job, so that no workspace keeps the worker."""


@task("calls.recount")
def recount() -> None:
    """Count the figures anew when the workspace's time zone is another than they were counted in."""
    place = tenancy.current()
    assert place is not None
    storage.lock_counter(place)
    wanted = zones.zone_name(place)
    if rollups.counted_in(place) != wanted:
        rollups.rebuild(place, wanted)


@task("calls.entities")
def make_entities(after: int = 0) -> None:
    """Make calls entities that are none yet, batch by batch; what is left is another job's."""
    place = tenancy.current()
    assert place is not None
    going: int | None = None
    with database.advisory(f"call entities {place}") as mine:
        if mine:
            going = after
        for _ in range(STEPS):
            if going is not None:
                _count, going = entities.fill(place, going)
                database.commit()
    if going is not None:
        # Only now, as the next one may begin at once and would find this one at work.
        jobs.defer("calls.entities", place, after=going)


@jobs.every_hour("calls.look")
def look_through() -> None:
    """Queue what is left to do where calls were stored before calls were entities."""
    url = current_app.config["WARD"].maintenance_url
    for place in entities.waiting(url) if url else ():
        jobs.defer("calls.entities", place)
