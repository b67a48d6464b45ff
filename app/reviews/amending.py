"""Changing and removing notes that stand."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

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

_NOTE = """
select n.author, n.author_account_id, n.created_at, n.edited_at, n.text,
  array(select m.account_id from note_mention m
    where m.workspace_id = %(workspace_id)s and m.note_id = n.id)
from call_note n
where n.workspace_id = %(workspace_id)s and n.id = %(note)s and n.call_id = %(id)s
for update of n
"""
_EDIT = """
update call_note set text = %(text)s, edited_at = clock_timestamp()
where workspace_id = %(workspace_id)s and id = %(note)s
"""
_REMOVE = "delete from call_note where workspace_id = %(workspace_id)s and id = %(note)s"


class Standing(NamedTuple):
    """A note as it is stored."""

    author: str
    account: uuid.UUID | None
    at: datetime
    edited_at: datetime | None
    text: str
    told: list[uuid.UUID]

    @property
    def stamp(self) -> str:
        """What tells this state of the note from another."""
        return (self.edited_at or self.at).isoformat()


def changeable(note: Note, me: uuid.UUID | None) -> bool:
    """Whether this account may still change the note."""
    fresh = datetime.now(UTC) - note.created_at < WINDOW
    return me is not None and note.author_account_id == me and fresh


def removable(note: Note, actor: Actor) -> bool:
    """Whether the actor may remove the note: its author, and whoever may remove others'."""
    mine = myself(actor) is not None and note.author_account_id == myself(actor)
    return mine or actor.may(REMOVE)


def _standing(
    actor: Actor, ident: uuid.UUID | str, note: uuid.UUID
) -> tuple[Held, Standing, dict[str, uuid.UUID]]:
    call = hold(actor, ident)
    params = {"workspace_id": actor.here.id, "id": call.id, "note": note}
    found = database.row(_NOTE, params)
    if found is None:
        raise NotFound.of("note")
    return call, Standing(*found), params


def change(
    actor: Actor, ident: uuid.UUID | str, note: uuid.UUID, entered: NoteText, was: str, link: Link
) -> Work:
    """Give a note another text and tell whom it names now and did not before.

    `was` is the stamp of the note that was changed, or "". Raises NotFound, Forbidden (not its
    author), Conflict (too late, or changed since) or Invalid.
    """
    call, stands, params = _standing(actor, ident, note)
    if stands.account is None or stands.account != myself(actor):
        raise Forbidden(sentence=OTHERS)
    if datetime.now(UTC) - stands.at >= WINDOW:
        raise Conflict(LATE)
    if entered.text == stands.text:
        return queries.of_call(actor, call.id)
    if was and was != stands.stamp:
        raise Conflict(TWICE)
    named = mentions.told(actor, entered.text, ())
    new = [person for person in named if person.id not in stands.told]
    new = new[: MOST_MENTIONS - len(stands.told)]
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
    if not actor.may(REMOVE) and (stands.account is None or stands.account != myself(actor)):
        raise Forbidden(REMOVE, "Only its author, admins and owners can remove a note.")
    database.execute(_REMOVE, params)
    record("note_remove", call, before={"note_id": note, "author": stands.author})
    return queries.of_call(actor, call.id)
