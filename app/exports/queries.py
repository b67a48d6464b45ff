"""What an export reads: the calls of a filter in one snapshot, and their turns."""

import uuid
from collections.abc import Iterator, Sequence

from app.calls import chips
from app.calls import queries as calls
from app.calls.filters import CallFilter
from app.core import database
from app.core.identity import Actor
from app.reviews import queries as reviews

BATCH = 200
TURN_COUNT = 6
"""Where a row of `batches` has the number of its turns."""
MORE = "ended_at, service_name, reviewed_at, reviewed_by"
# One snapshot: the count on the first line is that of the lines below it, whatever is written
# meanwhile. It must come before the first read of the transaction.
_SNAPSHOT = "set transaction isolation level repeatable read, read only"
_TURNS = """
select call_id, speaker_role, text, started_s, ended_s from turn
where workspace_id = %(workspace_id)s and call_id = any(%(ids)s) order by call_id, seq
"""
Spoken = tuple[str, str, float, float | None]


def snapshot() -> None:
    """Read everything as it stands now. The transaction must be a new one."""
    database.run(_SNAPSHOT)


def count(workspace_id: uuid.UUID, wanted: CallFilter) -> int:
    """How many calls fit, exactly."""
    return calls.count(workspace_id, wanted)


def words(actor: Actor, wanted: CallFilter) -> list[str]:
    """The filter in words, one for each part of it."""
    people = {str(person.id): person.name for person in reviews.offers(actor.here.id).people}
    names = chips.Names(dict(calls.lines(actor.here.id).services), people)
    return [said for _name, said in chips.of(wanted, names)]


def batches(workspace_id: uuid.UUID, wanted: CallFilter) -> Iterator[list[database.Row]]:
    """The calls that fit, some at a time: the columns of a list, then MORE."""
    return calls.batches(workspace_id, wanted, MORE, BATCH)


def turns(workspace_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Spoken]]:
    """What was said on some calls."""
    found: dict[uuid.UUID, list[Spoken]] = {}
    for row in database.rows(_TURNS, {"workspace_id": workspace_id, "ids": list(ids)}):
        found.setdefault(row[0], []).append((row[1], row[2], row[3], row[4]))
    return found
