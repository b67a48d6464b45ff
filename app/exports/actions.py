"""Exporting calls: noted before the first byte, read in one snapshot, noted again at the end."""

from collections.abc import Iterator
from datetime import UTC, datetime

from app.calls import zones
from app.calls.filters import SAYS_WHOM, CallFilter
from app.core import audit, database
from app.core.errors import Forbidden
from app.core.identity import Actor

from . import files, queries
from .schema import Export

FULL = "Call.export_full"
TYPES = {"csv": "text/csv", "ndjson": "application/x-ndjson"}


def begin(actor: Actor, wanted: CallFilter, asked: Export) -> tuple[int, str]:
    """Note the export; how many calls it will hold about now, and the file's name.

    Raises Forbidden for whole transcripts without the right to them.
    """
    if asked.content == "full" and not actor.may(FULL):
        raise Forbidden(FULL)
    rows = queries.count(actor.here.id, wanted)
    audit.record("call.export", "call", phi=True, metadata={
        "filter": _told(wanted), "content": asked.content, "format": asked.format, "rows": rows,
        "reason": asked.reason if asked.content == "full" else None,
    })  # fmt: skip
    day = datetime.now(UTC).date().isoformat()
    return rows, f"calls-{actor.here.slug}-{asked.content}-{day}.{asked.format}"


def _told(wanted: CallFilter) -> dict[str, str]:
    """The filter for the audit log, which takes no words or numbers of a patient."""
    return {name: "given" if name in SAYS_WHOM else value for name, value in wanted.query().items()}


def lines(actor: Actor, wanted: CallFilter, asked: Export) -> Iterator[bytes]:
    """The file, in one snapshot of the database; what was written is noted however it ends."""
    place = actor.here.id
    zone = zones.zone_of(place)
    database.rollback()
    written, whole = 0, False
    try:
        queries.snapshot()
        count = queries.count(place, wanted)
        head = files.heading(actor, wanted, asked, count, zone.key)
        for content, rows in files.chunks(head, files.records(place, wanted, asked, zone), asked):
            yield content
            written += rows
        whole = True
    finally:
        database.rollback()
        _ended(actor, written, whole)


def _ended(actor: Actor, written: int, whole: bool) -> None:
    audit.record("call.export_ended", "call", phi=True, actor=actor, outcome="ok" if whole else
                 "failed", metadata={"rows": written})  # fmt: skip
    database.commit()
