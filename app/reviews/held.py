"""The call that somebody works on, held for the length of the transaction."""

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from app.calls import queries as calls
from app.core import audit
from app.core.errors import NotFound
from app.core.identity import Actor

# Whoever changes something of a call waits here for the others who do.
_LOCK = """
select id, call_sid, number, started_at, reviewed_by, reviewed_at is not null from call
where workspace_id = %(workspace_id)s and {} for no key update
"""
_LOCK_ID, _LOCK_SID = _LOCK.format("id = %(id)s"), _LOCK.format("call_sid = %(sid)s")


class Held(NamedTuple):
    """What is needed of a call to work on it."""

    id: uuid.UUID
    sid: str
    number: int
    at: datetime
    reviewed_by: str | None
    reviewed: bool


def hold(actor: Actor, ident: uuid.UUID | str) -> Held:
    """The call of this id or call_sid, locked. Raises NotFound."""
    place = {"workspace_id": actor.here.id}
    found = calls.by_name(_LOCK_ID, _LOCK_SID, place, str(ident))
    if found is None:
        raise NotFound.of("call")
    return Held(*found)


def record(verb: str, call: Held, before: Any = None, after: Any = None) -> None:
    """Write a change to the audit log."""
    audit.record(
        f"call.{verb}", "call", call.id, resource_name=call.sid, phi=True, before=before,
        after=after,
    )  # fmt: skip
