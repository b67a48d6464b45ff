"""Changing and removing notes that stand."""

import uuid
from datetime import UTC, datetime, timedelta

from app.core import database
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.identity import Actor

from . import mentions, queries
from .held import Held, hold, record
from .notes import MENTION, Link
from .queries import Note, Work, myself
from .schema import MOST_MENTIONS, NoteText

WINDOW = timedelta(minutes=15)
LATE = "A note can be changed for 15 minutes. Add another one, or remove it."
TWICE = "You changed this note elsewhere in the meantime. Look again before you change it."
OTHERS = "Only its author can change a note."
REMOVE = "Call.remove_notes"
"""The permission to remove what others wrote."""

_EDIT = """
update call_note set text = %(text)s, edited_at = clock_timestamp()
where workspace_id = %(workspace_id)s and id = %(note)s
"""
_REMOVE = "delete from call_note where workspace_id = %(workspace_id)s and id = %(note)s"


def _mine(note: Note, me: uuid.UUID | None) -> bool:
    return me is not None and note.author_account_id == me


def _fresh(note: Note) -> bool:
    return datetime.now(UTC) - note.created_at < WINDOW


def changeable(note: Note, me: uuid.UUID | None) -> bool:
    """Whether this account may still change the note."""
    return _mine(note, me) and _fresh(note)


def removable(note: Note, actor: Actor) -> bool:
    """Whether the actor may remove the note: its author, and whoever may remove others'."""
    return _mine(note, myself(actor)) or actor.may(REMOVE)


def _standing(
    actor: Actor, ident: uuid.UUID | str, note: uuid.UUID
) -> tuple[Held, Note, dict[str, uuid.UUID]]:
    """The note as it is stored; with the call held nobody else changes it."""
    call = hold(actor, ident)
    found = next((n for n in queries.of_call(actor, call.id).notes if n.id == note), None)
    if found is None:
        raise NotFound.of("note")
    return call, found, {"workspace_id": actor.here.id, "note": note}


def change(
    actor: Actor, ident: uuid.UUID | str, note: uuid.UUID, entered: NoteText, was: str, link: Link
) -> Work:
    """Give a note another text and tell whom it names now and did not before.

    `was` is the stamp of the note that was changed, or "". Raises NotFound, Forbidden (not its
    author), Conflict (too late, or changed since) or Invalid.
    """
    call, stands, params = _standing(actor, ident, note)
    if not _mine(stands, myself(actor)):
        raise Forbidden(sentence=OTHERS)
    if not _fresh(stands):
        raise Conflict(LATE)
    if entered.text == stands.text:
        return queries.of_call(actor, call.id)
    if was and was != stands.stamp:
        raise Conflict(TWICE)
    named = mentions.told(actor, entered.text, ())
    told_before = {person.id for person in stands.told}
    new = [person for person in named if person.id not in told_before]
    new = new[: MOST_MENTIONS - len(told_before)]
    database.execute(_EDIT, {**params, "text": entered.text})
    if new:
        database.execute(MENTION, {**params, "accounts": [person.id for person in new]})
        mentions.send(actor, new, call.number, link(call.id))
    told = [person.name for person in new]
    record("note_change", call, after={"note_id": note, "told": told})
    return queries.of_call(actor, call.id)


def remove(actor: Actor, ident: uuid.UUID | str, note: uuid.UUID) -> Work:
    """Take a note off for good. Raises NotFound, or Forbidden for a note of somebody else."""
    call, stands, params = _standing(actor, ident, note)
    if not removable(stands, actor):
        raise Forbidden(REMOVE, "Only its author, admins and owners can remove a note.")
    database.execute(_REMOVE, params)
    record("note_remove", call, before={"note_id": note, "author": stands.author})
    return queries.of_call(actor, call.id)
