"""Notes on calls, and who is told of them."""

import uuid
from collections.abc import Callable, Sequence

from app.core import database
from app.core.errors import Invalid
from app.core.identity import Actor

from . import mentions, queries
from .held import Held, hold, record
from .mentions import Told
from .queries import Work, myself
from .schema import MOST_NOTES, NoteIn

_COUNT_NOTES = """
select count(*) from call_note where workspace_id = %(workspace_id)s and call_id = %(id)s
"""
# The clock, not the transaction's beginning: notes stand in the order in which they were stored.
_NOTE = """
insert into call_note (workspace_id, id, call_id, text, author, author_account_id, created_at)
values (%(workspace_id)s, %(note)s, %(id)s, %(text)s, %(by)s, %(me)s, clock_timestamp())
"""
MENTION = """
insert into note_mention (workspace_id, note_id, account_id)
select %(workspace_id)s, %(note)s, account from unnest(%(accounts)s::uuid[]) account
"""
_SEEN = """
update note_mention m set seen_at = now() from call_note n
where m.workspace_id = %(workspace_id)s and m.account_id = %(me)s and m.seen_at is null
  and n.workspace_id = %(workspace_id)s and n.id = m.note_id and n.call_id = %(id)s
"""
Link = Callable[[uuid.UUID], str]
"""The address of a call's page."""


def note(
    actor: Actor, ident: uuid.UUID | str, entered: NoteIn, link: Link
) -> tuple[Work, uuid.UUID]:
    """Add a note and tell the colleagues it mentions; the work and the note's id.

    Raises NotFound, Invalid.
    """
    call = hold(actor, ident)
    return store(
        actor, call, entered.text, mentions.told(actor, entered.text, entered.mentions), link
    )


def store(
    actor: Actor, call: Held, text: str, told: Sequence[Told], link: Link
) -> tuple[Work, uuid.UUID]:
    """The same for a call that is held, and people who are known. Raises Invalid."""
    params = {"workspace_id": actor.here.id, "id": call.id}
    if database.value(_COUNT_NOTES, params) >= MOST_NOTES:
        raise Invalid({"text": f"A call has at most {MOST_NOTES} notes."})
    stored = database.new_id()
    database.execute(_NOTE, {
        **params, "note": stored, "text": text, "by": actor.label, "me": myself(actor),
    })  # fmt: skip
    if told:
        database.execute(MENTION, {**params, "note": stored, "accounts": [p.id for p in told]})
        mentions.send(actor, told, call.number, link(call.id))
    record("note", call, after={"note_id": stored, "told": [person.name for person in told]})
    return queries.of_call(actor, call.id), stored


def opened(actor: Actor, ident: uuid.UUID | str) -> Work:
    """What people did with a call that somebody opens: mentions of them count as seen now."""
    work = queries.of_call(actor, ident)
    if work.unseen:
        params = {"workspace_id": actor.here.id, "id": work.call_id, "me": myself(actor)}
        database.execute(_SEEN, params)
    return work
