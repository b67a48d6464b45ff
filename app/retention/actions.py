"""Removing what has passed its age: batch by batch, each committed, with a receipt at the end.

What was removed so far stands in `retention_progress`, written with every batch: a run that was
cut off goes on where it was, and its receipt counts everything.
"""

import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from app.calls import removal, storage
from app.calls.removal import Removed
from app.core import audit, database, jobs
from app.core.errors import Conflict, Invalid
from app.core.identity import Actor

from . import queries, receipts
from .queries import DAILY, Progress, Rules, stamp
from .schema import KINDS, Counts, DryRun, Start

HELD = "Legal hold is on: nothing is removed until it ends."
UNDER_WAY = "A removal is under way already. Its receipt will be listed here."
_OPEN = """
insert into retention_progress (workspace_id, started_by, rules)
values (%(workspace_id)s, %(by)s, %(rules)s) on conflict do nothing
"""
_BEGIN = """
update retention_progress set begun = begun + 1, touched_at = now()
where workspace_id = %(workspace_id)s
"""
_KEEP = """
update retention_progress set touched_at = now(), records = records + %(records)s,
  transcripts = transcripts + %(transcripts)s, notes = notes + %(notes)s,
  recordings = recordings + %(recordings)s
where workspace_id = %(workspace_id)s
"""
_CLOSE = "delete from retention_progress where workspace_id = %(workspace_id)s"
# Whoever puts a hold on waits for the batch at hand; after that save nothing more goes.
_HOLD_STILL = """
select 1 from setting where workspace_id = %(workspace_id)s and name = 'retention' for share
"""
_NUMBER = """
select coalesce(max(number), 0) + 1 from retention_run where workspace_id = %(workspace_id)s
"""
_RECEIPT = """
insert into retention_run (workspace_id, number, started_at, finished_at, started_by, receipt,
  signature)
values (%(workspace_id)s, %(number)s, %(started_at)s, %(finished_at)s, %(started_by)s,
  %(receipt)s, %(signature)s)
"""
Remover = Callable[[uuid.UUID, datetime], Removed]
STEPS: tuple[tuple[str, Remover], ...] = (
    ("records", removal.records),
    ("transcripts", removal.transcripts),
    ("recordings", removal.recordings),
)


class Changed(Conflict):
    """Other counts than the person saw."""

    def __init__(self, found: DryRun) -> None:
        self.found = found
        super().__init__("The counts have changed since you looked. Check them again.")


def start(actor: Actor, wanted: Start) -> None:
    """Begin a removal by hand. Raises Invalid (the slug) or Conflict, Changed among them."""
    place = actor.here.id
    if wanted.slug != actor.here.slug:
        raise Invalid({"slug": f"Type {actor.here.slug} to confirm."})
    found = queries.dry_run(place)
    if found.legal_hold:
        raise Conflict(HELD)
    if found.under_way:
        raise Conflict(UNDER_WAY)
    if found.counts.model_dump() != wanted.model_dump(include=set(KINDS)):
        raise Changed(found)
    if not begin(place, actor.label):
        raise Conflict(UNDER_WAY)
    audit.record("retention.start", "retention", after=found.counts.model_dump())
    jobs.defer("retention.run", place)


def begin(place: uuid.UUID, by: str) -> bool:
    """Open a run with the rules of this moment; false when one is open already."""
    now = queries.rules(place)
    kept = {"days": now.days.model_dump(), "time_zone": now.time_zone,
            "cut_offs": {name: stamp(at) for name, at in now.cut_offs}}  # fmt: skip
    opened = {"workspace_id": place, "by": by, "rules": database.jsonb(kept)}
    return database.execute(_OPEN, opened) == 1


def work(place: uuid.UUID, secret: str) -> None:
    """Do the open run to its end, committing batch by batch."""
    database.execute(_BEGIN, {"workspace_id": place})
    database.commit()
    while batch(place, secret):
        database.commit()


def batch(place: uuid.UUID, secret: str) -> bool:
    """Remove one batch, or close the run with its receipt; false when there is no more to do."""
    storage.lock_counter(place)
    open_run = queries.progress(place)
    if open_run is None:
        return False
    database.row(_HOLD_STILL, {"workspace_id": place})
    now = queries.rules(place)
    removed = Removed() if now.held else _remove_some(place, open_run, now)
    if removed == Removed():
        _close(place, secret, open_run, now.held)
        return False
    database.execute(_KEEP, {"workspace_id": place, **asdict(removed)})
    return True


def _remove_some(place: uuid.UUID, open_run: Progress, now: Rules) -> Removed:
    """One batch; what may stay longer since the run began stays."""
    for name, remove in STEPS:
        began_with = datetime.fromisoformat(open_run.rules["cut_offs"][name])
        removed = remove(place, min(began_with, getattr(now.cut_offs, name)))
        if removed != Removed():
            return removed
    return Removed()


def _close(place: uuid.UUID, secret: str, open_run: Progress, held: bool) -> None:
    database.execute(_CLOSE, {"workspace_id": place})
    if open_run.started_by == DAILY and open_run.removed == Counts():
        return
    number, finished_at = database.value(_NUMBER, {"workspace_id": place}), datetime.now(UTC)
    receipt: dict[str, Any] = {
        "workspace_id": str(place), "number": number, "started_by": open_run.started_by,
        "started_at": stamp(open_run.started_at), "finished_at": stamp(finished_at),
        **open_run.rules, "removed": open_run.removed.model_dump(),
        "interrupted": max(0, open_run.begun - 1), "stopped_by_hold": held,
    }  # fmt: skip
    signature = receipts.sign(secret, receipt)
    database.execute(_RECEIPT, {
        "workspace_id": place, "number": number, "started_at": open_run.started_at,
        "finished_at": finished_at, "started_by": open_run.started_by,
        "receipt": database.jsonb(receipt), "signature": signature,
    })  # fmt: skip
    audit.record(
        "retention.run", "retention_run", number, resource_name=f"Run {number}",
        after=open_run.removed.model_dump(), metadata={
            "started_by": open_run.started_by, "cut_offs": open_run.rules["cut_offs"],
            "signature": signature, "stopped_by_hold": held,
        },
    )  # fmt: skip
