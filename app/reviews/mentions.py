"""Whom a note tells: the colleagues named in it with @, and those that were ticked."""

import re
import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from app.core import database, mail
from app.core.errors import Invalid, NotFound
from app.core.identity import Actor

from .queries import myself
from .schema import MOST_MENTIONS

MOST_PEOPLE = 2000
AT = re.compile(r"(?<![\w.@])@(?=\w)")
WORD = re.compile(r"\w+(?:-\w+)*")
_PEOPLE = f"""
select a.id, u.name, u.email from account a join users u on u.id = a.user_id
where a.workspace_id = %(workspace_id)s order by a.id limit {MOST_PEOPLE}
"""
# Held, so that nobody removes them before they are told; in the order in which removing locks.
_HOLD = """
select a.id, u.name, u.email from account a join users u on u.id = a.user_id
where a.workspace_id = %(workspace_id)s and a.id = any(%(ids)s)
order by a.id for key share of a
"""


class Told(NamedTuple):
    """A colleague who is told of a note."""

    id: uuid.UUID
    name: str
    email: str


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _meant(rest: str, people: Sequence[Told]) -> list[Told]:
    """Who can be meant by what follows an @: by the whole name, else by the first name."""
    whole = [p for p in people if re.match(re.escape(_plain(p.name)) + r"\b", rest)]
    if whole:
        longest = max(len(_plain(p.name)) for p in whole)
        return [p for p in whole if len(_plain(p.name)) == longest]
    word = WORD.match(rest)
    return [p for p in people if word and _plain(p.name).split()[:1] == [word[0]]]


def named(text: str, people: Sequence[Told], ticked: Iterable[uuid.UUID] = ()) -> Iterator[Told]:
    """The people named in a text. Raises Invalid where a first name is that of several.

    One of several who is ticked is the one that was meant.
    """
    plain, ticked = _plain(text), set(ticked)
    for match in AT.finditer(plain):
        meant = _meant(plain[match.end() :], people)
        if len(meant) > 1 and not ticked & {p.id for p in meant}:
            raise Invalid({"text": _several(meant)})
        if len(meant) == 1:
            yield meant[0]


def _several(meant: Sequence[Told]) -> str:
    names = ", ".join(p.name for p in meant[:5])
    return (
        f"More than one person here can be meant: {names}. Write the whole name, or tick whom"
        " you mean under “Tell colleagues”."
    )


def told(actor: Actor, text: str, ticked: Sequence[uuid.UUID]) -> list[Told]:
    """Everybody a note tells, without its author.

    Raises NotFound for an account that is not of this workspace, Invalid.
    """
    wanted = set(ticked)
    if "@" in text:
        people = [Told(*row) for row in database.rows(_PEOPLE, {"workspace_id": actor.here.id})]
        wanted |= {person.id for person in named(text, people, ticked)}
    if len(wanted) > MOST_MENTIONS:
        raise Invalid({"text": f"A note can tell {MOST_MENTIONS} people at most."})
    if not wanted:
        return []
    params = {"workspace_id": actor.here.id, "ids": list(wanted)}
    found = [Told(*row) for row in database.rows(_HOLD, params)]
    if not set(ticked) <= {person.id for person in found}:
        raise NotFound.of("account")
    others = [person for person in found if person.id != myself(actor)]
    return sorted(others, key=lambda person: _plain(person.name))


def hand_over(actor: Actor, person: Told, number: int, link: str) -> None:
    """Mail whoever has a call from now on, where this installation can."""
    if not mail.is_configured():
        return
    who = " ".join(actor.label.split())
    text = (
        f"{who} assigned call {number} of {actor.here.name} to you.\n\nSign in to see it:\n{link}\n"
    )
    mail.send_later(actor.here.id, person.email, f"{who} assigned call {number} to you", text)


def send(actor: Actor, people: Iterable[Told], number: int, link: str) -> None:
    """Mail them, where this installation can: who, which call, a link; nothing of the note."""
    if not mail.is_configured():
        return
    who = " ".join(actor.label.split())
    text = (
        f"{who} mentioned you in a note on call {number} of {actor.here.name}.\n\n"
        f"Sign in to read it:\n{link}\n\n"
        "The note is not in this message, because it may speak of a patient.\n"
    )
    for person in people:
        subject = f"{who} mentioned you on call {number}"
        mail.send_later(actor.here.id, person.email, subject, text)
