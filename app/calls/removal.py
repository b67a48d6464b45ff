"""Removing calls whose time has come: whole records, or only what was said on them.

Each function removes one small batch, oldest first, of calls that began before a moment. The
caller holds the counter's lock (`storage.lock_counter`) and commits after each batch.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core import database
from app.recordings import actions as kept

from . import entities, rollups, storage
from .schema import RUNNING

BATCH = 500
MOST_TURNS = 20_000
"""A batch ends early when its calls have more turns than this."""
_OLD_CALLS = """
select id, turn_count, caller_id, status from call
where workspace_id = %(workspace_id)s and started_at < %(before)s
order by started_at, number limit %(take)s
"""
# The first row of a call's search rows stands for its transcript.
_OLD_TRANSCRIPTS = """
select p.call_id, c.turn_count, c.caller_id, c.status
from transcript_part p join call c on c.workspace_id = p.workspace_id and c.id = p.call_id
where p.workspace_id = %(workspace_id)s and p.started_at < %(before)s and p.first_seq = 0
order by p.started_at, p.number limit %(take)s
"""
_OLD_NOTED = """
select distinct on (c.started_at, c.number) c.id, 0, c.caller_id, c.status
from call_note n join call c on c.workspace_id = n.workspace_id and c.id = n.call_id
where n.workspace_id = %(workspace_id)s and c.started_at < %(before)s
order by c.started_at, c.number limit %(take)s
"""
_OLD_RECORDED = """
select id, 0, caller_id, status from call
where workspace_id = %(workspace_id)s and has_recording and started_at < %(before)s
  and exists (select from recording r where r.workspace_id = %(workspace_id)s and r.call_id = call.id)
order by started_at, number limit %(take)s
"""
_COUNT_TRANSCRIPTS = """
select count(*) from transcript_part
where workspace_id = %(workspace_id)s and call_id = any(%(ids)s) and first_seq = 0
"""
_OF_CALLS = "where workspace_id = %(workspace_id)s and call_id = any(%(ids)s)"
_DROP_NOTES = f"delete from call_note {_OF_CALLS}"
_DROP_TURNS = f"delete from turn {_OF_CALLS}"
_DROP_WORDS = f"delete from transcript_part {_OF_CALLS}"
_DROP_CALLS = "delete from call where workspace_id = %(workspace_id)s and id = any(%(ids)s)"
_SAID_NOTHING = """
update call set transcript_removed_at = now()
where workspace_id = %(workspace_id)s and id = any(%(ids)s) and turn_count > 0
  and transcript_removed_at is null
"""
_DROP_PARTS = """
delete from caller_part p using (
  select distinct substr(c.caller, n) as part, c.caller
  from unnest(%(callers)s::text[]) c (caller), generate_series(2, length(c.caller) - 2) n) gone
where p.workspace_id = %(workspace_id)s and p.part = gone.part and p.caller_id = gone.caller
  and not exists (select from call c
    where c.workspace_id = %(workspace_id)s and c.caller_id = p.caller_id)
"""
_FEWER = """
update call_counter set total = total - %(count)s where workspace_id = %(workspace_id)s
"""


@dataclass(frozen=True, slots=True)
class Removed:
    """How much one batch removed."""

    records: int = 0
    transcripts: int = 0
    notes: int = 0
    recordings: int = 0


def records(workspace_id: uuid.UUID, before: datetime, take: int = BATCH) -> Removed:
    """Remove whole calls, with everything that belongs to them."""
    found = _oldest(_OLD_CALLS, workspace_id, before, take)
    if not found:
        return Removed()
    ids = [row[0] for row in found]
    place = {"workspace_id": workspace_id, "ids": ids}
    transcripts = int(database.value(_COUNT_TRANSCRIPTS, place))
    notes = database.execute(_DROP_NOTES, place)
    heard = kept.remove(workspace_id, ids)
    rollups.take(workspace_id, ids)
    database.execute(_DROP_CALLS, place)
    database.execute(_FEWER, {"workspace_id": workspace_id, "count": len(ids)})
    callers = list({row[2] for row in found if row[2]})
    database.execute(_DROP_PARTS, {"workspace_id": workspace_id, "callers": callers})
    entities.forget(workspace_id, ids)
    if any(row[3] in RUNNING for row in found):
        storage.touch_live(workspace_id)
    return Removed(len(ids), transcripts, notes, heard)


def transcripts(workspace_id: uuid.UUID, before: datetime, take: int = BATCH) -> Removed:
    """Remove what was said on calls, and the notes on them; the record and its figures stay."""
    found = _oldest(_OLD_TRANSCRIPTS, workspace_id, before, take)
    spoken = len(found)
    found = found or _oldest(_OLD_NOTED, workspace_id, before, take)
    if not found:
        return Removed()
    place = {"workspace_id": workspace_id, "ids": [row[0] for row in found]}
    notes = database.execute(_DROP_NOTES, place)
    database.execute(_DROP_TURNS, place)
    database.execute(_DROP_WORDS, place)
    database.execute(_SAID_NOTHING, place)
    return Removed(0, spoken, notes, 0)


def recordings(workspace_id: uuid.UUID, before: datetime, take: int = BATCH) -> Removed:
    """Remove the recordings of calls, with their waveforms; everything else stays."""
    found = _oldest(_OLD_RECORDED, workspace_id, before, take)
    if not found:
        return Removed()
    return Removed(recordings=kept.remove(workspace_id, [row[0] for row in found]))


def _oldest(
    statement: str, workspace_id: uuid.UUID, before: datetime, take: int
) -> Sequence[database.Row]:
    place = {"workspace_id": workspace_id, "before": before, "take": take}
    rows, turns = database.rows(statement, place), 0
    for index, row in enumerate(rows):
        turns += row[1]
        if index and turns > MOST_TURNS:
            return rows[:index]
    return rows
