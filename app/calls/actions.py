"""Storing calls: one at a time, turn by turn."""

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.core import audit, database
from app.core.errors import Conflict, Invalid
from app.core.identity import Actor

from . import buckets, entities, queries, rollups, storage
from .buckets import RESPONSES
from .schema import RUNNING, CallIn, CallOut, CallPatch
from .spoken import LONGEST_S, MOST_TURNS, TurnIn, TurnsIn, answer_times

_LOCK_CALL = """
select id, status, turn_count, started_at from call
where workspace_id = %(workspace_id)s and id = %(id)s for update
"""
_EXISTING = """
select id, body_hash from call where workspace_id = %(workspace_id)s and call_sid = %(sid)s
"""
_GROW = """
update call set turn_count = %(count)s, updated_at = now(),
  responses = add_counts(responses, %(responses)s::integer[]),
  slowest_ms = greatest(slowest_ms, %(slowest)s)
where workspace_id = %(workspace_id)s and id = %(id)s
"""
_LAST = """
select speaker_role, text, started_s, ended_s from turn
where workspace_id = %(workspace_id)s and call_id = %(id)s and seq = %(count)s - 1
"""
_SPOKEN = """
select seq, speaker_role, text from turn where workspace_id = %(workspace_id)s
and call_id = %(id)s and seq >= %(first)s and seq < %(last)s order by seq
"""
_RECORDED = """
update call set has_recording = %(recorded)s, updated_at = now()
where workspace_id = %(workspace_id)s and id = any(%(ids)s)
"""
_PATCHED = {name: f"{name} = %({name})s" for name in (*CallPatch.model_fields, "duration_seconds")}


def fingerprint(call: CallIn) -> str:
    """What makes a repeated call_sid the same call: SHA-256 of what differs from the defaults."""
    return hashlib.sha256(call.model_dump_json(exclude_defaults=True).encode()).hexdigest()


def create(actor: Actor, call: CallIn) -> tuple[CallOut, bool]:
    """Store a call, once a call_sid; the flag tells whether it is new.

    Raises Conflict when the call_sid is stored with other content.
    """
    place = actor.here.id
    storage.lock_counter(place)
    found = database.row(_EXISTING, {"workspace_id": place, "sid": call.call_sid})
    if found is not None:
        if found[1] != fingerprint(call):
            raise Conflict(f"The call {call.call_sid} is already stored with other content.")
        return queries.whole(place, str(found[0])), False
    storage.store(place, [(call, fingerprint(call))])
    made = database.row(_EXISTING, {"workspace_id": place, "sid": call.call_sid})
    assert made is not None
    stored = queries.whole(place, str(made[0]))
    audit.record(
        "call.create", "call", stored.id, resource_name=call.call_sid, phi=True,
        after={"status": call.status, "turns": len(call.turns)},
    )  # fmt: skip
    return stored, True


def _locked(place: uuid.UUID, ident: str) -> database.Row:
    call_id = queries.find(place, ident)[0]
    found = database.row(_LOCK_CALL, {"workspace_id": place, "id": call_id})
    assert found is not None
    return found


def append(actor: Actor, ident: str, added: TurnsIn) -> CallOut:
    """Add turns to a running call. With `turn_index`, turns that are stored already are skipped.

    Raises NotFound, Conflict (the call has ended, or other turns stand there) or Invalid.
    """
    place = actor.here.id
    storage.lock_counter(place)
    call_id, status, count, _started = _locked(place, ident)
    turns = added.turns
    if added.turn_index is not None:
        turns = _unseen(place, call_id, count, added)
    if not turns:
        return queries.whole(place, str(call_id))
    if status not in RUNNING:
        raise Conflict("The call has ended; no turns can be added.")
    if count + len(turns) > MOST_TURNS:
        raise Invalid({"turns": f"A call has at most {MOST_TURNS:,} turns."})
    before = _before(place, call_id, count)
    storage.store_turns(place, [(call_id, count, turns, before)])
    waits = [waited for waited in answer_times(turns, before) if waited is not None]
    database.execute(_GROW, {
        "workspace_id": place, "id": call_id, "count": count + len(turns),
        "responses": buckets.count(waits, RESPONSES) if waits else [],
        "slowest": max(waits, default=None),
    })  # fmt: skip
    storage.touch_live(place)
    audit.record("call.append", "call", call_id, phi=True, after={"turns": len(turns)})
    return queries.whole(place, str(call_id))


def say(actor: Actor, ident: str, text: str) -> CallOut:
    """Add what the other side writes at this moment. Raises NotFound, Conflict."""
    storage.lock_counter(actor.here.id)
    call_id, _status, _count, started_at = _locked(actor.here.id, ident)
    at = max(0.0, round((datetime.now(UTC) - started_at).total_seconds(), 3))
    if at > LONGEST_S:
        raise Conflict("This conversation began more than ten days ago. Start a new one.")
    turn = TurnIn(speaker_role="caller", text=text, started_s=at)
    return append(actor, str(call_id), TurnsIn(turns=[turn]))


def _before(place: uuid.UUID, call_id: uuid.UUID, count: int) -> TurnIn | None:
    """The last turn that is stored already."""
    found = database.row(_LAST, {"workspace_id": place, "id": call_id, "count": count})
    if found is None:
        return None
    names = ("speaker_role", "text", "started_s", "ended_s")
    return TurnIn.model_construct(**dict(zip(names, found, strict=True)))


def _unseen(place: uuid.UUID, call_id: uuid.UUID, count: int, added: TurnsIn) -> list[Any]:
    first = added.turn_index or 0
    if first > count:
        raise Conflict(f"Turn {first} would leave a gap: the call has {count} turns.")
    overlap = min(count - first, len(added.turns))
    params = {"workspace_id": place, "id": call_id, "first": first, "last": first + overlap}
    for (_seq, role, text), turn in zip(database.rows(_SPOKEN, params), added.turns, strict=False):
        if (role, text) != (turn.speaker_role, turn.text):
            raise Conflict(f"Other turns are stored from turn {first} on.")
    return added.turns[overlap:]


def change(actor: Actor, ident: str, patch: CallPatch) -> CallOut:
    """End a call or note how it goes; an ended call does not run again."""
    place = actor.here.id
    storage.lock_counter(place)
    call_id, status, _count, started_at = _locked(place, ident)
    given = patch.model_dump(exclude_unset=True)
    if not given:
        return queries.whole(place, str(call_id))
    _check_patch(given, status, started_at)
    sets = ", ".join(_PATCHED[name] for name in given)
    sql = f"update call set {sets}, updated_at = now() where workspace_id = %(workspace_id)s"
    rollups.take(place, [call_id])
    database.execute(f"{sql} and id = %(id)s", {**given, "workspace_id": place, "id": call_id})
    rollups.add(place, [call_id])
    entities.update(place, [call_id])
    if given.get("status", status) not in RUNNING:
        storage.gather_words(place, call_id)
    storage.touch_live(place)
    audit.record(
        "call.update", "call", call_id, phi=True, before={"status": status},
        after={name: value for name, value in given.items() if name != "error"},
    )  # fmt: skip
    return queries.whole(place, str(call_id))


def _check_patch(given: dict[str, Any], status: str, started_at: Any) -> None:
    wanted = given.get("status", status)
    if ("status" in given and wanted is None) or ("escalation_status" in given and not (
        given["escalation_status"]
    )):  # fmt: skip
        raise Invalid({"status": "This cannot be emptied."})
    if status not in RUNNING and wanted in RUNNING:
        raise Conflict("The call has ended; it cannot be running again.")
    ended = given.get("ended_at")
    if ended is None:
        return
    if ended < started_at:
        raise Invalid({"ended_at": "ended_at is before the call started."})
    if wanted in RUNNING:
        raise Invalid({"status": "A call that has ended cannot be in progress."})
    given.setdefault("duration_seconds", (ended - started_at).total_seconds())


def mark_recorded(workspace_id: uuid.UUID, ids: Sequence[uuid.UUID], recorded: bool) -> int:
    """Note that calls have a recording or none; how many there were. Holds them until commit."""
    params = {"workspace_id": workspace_id, "ids": list(ids), "recorded": recorded}
    return database.execute(_RECORDED, params)
