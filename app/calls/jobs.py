"""Background work on calls."""

from app.core import tenancy
from app.core.jobs import task

from . import rollups, storage, zones


@task("calls.recount")
def recount() -> None:
    """Count the figures anew when the workspace's time zone is another than they were counted in."""
    place = tenancy.current()
    assert place is not None
    storage.lock_counter(place)
    wanted = zones.zone_name(place)
    if rollups.counted_in(place) != wanted:
        rollups.rebuild(place, wanted)
