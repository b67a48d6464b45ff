"""Background work on recordings: drawing the waveform, sweeping the folder."""

import logging
import uuid

from app.core import database, tenancy
from app.core.errors import WardError
from app.core.jobs import every_hour, task

from . import actions, folder, queries, sound
from .sweep import sweep

log = logging.getLogger("ward")


@task(actions.DRAW)
def draw(ident: str) -> None:
    """Draw the waveform of a recording once; the database is not held meanwhile."""
    place = tenancy.current()
    assert place is not None
    recording = queries.one(place, uuid.UUID(ident))
    database.commit()
    if recording is None or recording.peaks is not None:
        return
    peaks: list[list[int]] = []
    try:
        with folder.read(place, recording.key) as file:
            peaks = sound.draw(file)
    except FileNotFoundError:
        return
    except WardError:
        log.warning("the waveform of recording %s could not be drawn", ident)
    actions.keep_peaks(place, recording.id, peaks)


@every_hour("jobs.sweep_recordings")
def tidy() -> None:
    """Sweep the folder every hour; what is wrong goes into the log."""
    done = sweep()
    if done.unknown or done.unfinished:
        log.info("swept %d recordings without a row, %d unfinished uploads",
                 done.unknown, done.unfinished)  # fmt: skip
    if done.missing:
        log.error("the files of %d recordings are missing; see flask recordings sweep",
                  len(done.missing))  # fmt: skip
