"""Storing a call that somebody enters: the same record as any other."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.calls import actions as calls
from app.calls import zones
from app.calls.schema import CallIn
from app.core.errors import Invalid
from app.core.identity import Actor
from app.reviews import mentions, notes
from app.reviews.held import hold
from app.reviews.mentions import Told

from . import queries, said
from .schema import HandIn

GRACE = timedelta(minutes=1)
FUTURE = "This lies in the future."
ENDS_LATER = (
    "With this length the call would end in the future: it began at {:%H:%M} at the latest."
)
EMPTY = "Say who it was, which line it was, what was said, or what is to do: one of them is enough."
SKIPPED = "There was no such time here: the clocks went forward."


def _moment(entered: HandIn, zone: ZoneInfo) -> datetime:
    at = entered.started_at.replace(tzinfo=zone)
    if at.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != entered.started_at:
        raise Invalid({"started_at": SKIPPED})
    now = datetime.now(UTC) + GRACE
    if at > now:
        raise Invalid({"started_at": FUTURE})
    length = timedelta(seconds=entered.length or 0)
    if at.astimezone(UTC) + length > now:
        latest = (now - GRACE - length).astimezone(zone)
        raise Invalid({"length": ENDS_LATER.format(latest)})
    return at.astimezone(UTC)


def _chosen(place: uuid.UUID, entered: HandIn) -> dict[str, Any]:
    """The names behind what was chosen. Raises Invalid for what is not of this workspace."""
    found: dict[str, Any] = {}
    if entered.service_id is not None:
        found["service_name"] = queries.service(place, entered.service_id)
        if found["service_name"] is None:
            raise Invalid({"service_id": "Choose a service of this workspace."})
    if entered.phone_number_id is not None:
        found["phone_number"] = queries.number(place, entered.phone_number_id)
        if found["phone_number"] is None:
            raise Invalid({"phone_number_id": "Choose a number of this workspace."})
    return found


def _told(actor: Actor, note: str) -> list[Told]:
    """Whom the note tells, held before anything is stored. Raises Invalid."""
    try:
        return mentions.told(actor, note, [])
    except Invalid as error:
        raise Invalid({"note": next(iter(error.messages.values()))}) from None


def log(actor: Actor, entered: HandIn, ident: uuid.UUID, link: notes.Link) -> uuid.UUID:
    """Store the call, once an `ident`, with its first note; the call's id.

    Raises Invalid, and Conflict when this `ident` is stored with other content.
    """
    if not any((entered.caller_id, entered.phone_number_id, entered.service_id, entered.length,
                entered.said, entered.note)):  # fmt: skip
        raise Invalid({"caller_id": EMPTY})
    at = _moment(entered, zones.zone_of(actor.here.id))
    told = _told(actor, entered.note)
    ended_at = None if entered.length is None else at + timedelta(seconds=entered.length)
    stored, new = calls.create(actor, CallIn(
        call_sid=f"HAND-{ident.hex}", direction=entered.direction,
        status="no-answer" if entered.ended == "no_answer" else "completed",
        completion_reason=entered.ended, channel_kind=entered.channel_kind, started_at=at,
        ended_at=ended_at, caller_id=entered.caller_id, service_id=entered.service_id,
        configuration={"logged_by": actor.label}, turns=list(said.turns(entered.said, entered.length)),
        **_chosen(actor.here.id, entered),
    ))  # fmt: skip
    if new and entered.note:
        notes.store(actor, hold(actor, stored.id), entered.note, told, link)
    return stored.id
