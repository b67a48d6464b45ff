"""What the panel beside a call shows, and what the JSON says of the same."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from app.core.drawn import Part, drawn
from app.core.identity import Actor

from . import amending, notes, queries
from .queries import Note, Offers, Person, Team, Work, myself
from .schema import LONGEST_NOTE, LONGEST_TAG, MOST_TAGS, NoteOut, PersonOut, ReviewOut

CALL_LATER = uuid.uuid4()
"""Stands for the call in a panel that is drawn once for all calls of which the same is to say."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One call's panel; without `offers` it has no controls.

    `problems` (field -> message) and `typed` (field -> value) hold what was refused; `focus` names
    the part that was just changed.
    """

    work: Work
    zone: ZoneInfo
    me: uuid.UUID | None
    offers: Offers | None
    focus: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, Any] = field(default_factory=dict)
    changeable: frozenset[uuid.UUID] = frozenset()
    """Notes whose text whoever looks may change."""
    removable: frozenset[uuid.UUID] = frozenset()
    most_tags: int = MOST_TAGS
    longest_tag: int = LONGEST_TAG
    longest_note: int = LONGEST_NOTE

    @property
    def is_mine(self) -> bool:
        """Whether the call is assigned to whoever looks."""
        return (
            self.me is not None
            and self.work.assignee is not None
            and self.work.assignee.id == self.me
        )

    @property
    def people(self) -> Markup:
        """Whom it can be assigned to, as options: myself first, and whoever has it now."""
        assert self.offers is not None
        options, now = _options(self.offers.team, self.me), self.work.assignee
        if now is None:
            return Markup(options)
        if now.id not in self.offers.team.names:
            options += _option(now, self.me)
        chosen = f'value="{now.id}"'
        return Markup(options.replace(chosen, f"{chosen} selected"))

    @property
    def colleagues(self) -> Markup:
        """Whom a note can tell, as boxes to tick."""
        assert self.offers is not None
        boxes = _boxes(self.offers.team, self.me)
        for ident in self.typed.get("tell", ()):
            ticked = f'value="{escape(ident)}"'
            boxes = boxes.replace(ticked, f"{ticked} checked")
        return Markup(boxes)


def _option(person: Person, me: uuid.UUID | None) -> str:
    about = " (me)" if person.id == me else ""
    about += " (viewer, reads only)" if person.role == "viewer" else ""
    return f'<option value="{person.id}">{escape(person.name)}{about}</option>'


@lru_cache(256)
def _options(team: Team, me: uuid.UUID | None) -> str:
    found = sorted(team.people, key=lambda person: person.id != me)
    return "".join(_option(person, me) for person in found)


@lru_cache(256)
def _boxes(team: Team, me: uuid.UUID | None) -> str:
    return "".join(
        f'<label><input type="checkbox" name="tell" value="{person.id}">{escape(person.name)}</label>'
        for person in team.people
        if person.id != me
    )


def of(actor: Actor, work: Work, zone: ZoneInfo, **more: Any) -> Panel:
    """The panel of a call, with controls for those who may use them."""
    offers = queries.offers(actor.here.id) if actor.may("Call.review") else None
    me = myself(actor)
    may = work.notes if offers else ()
    return Panel(
        work, zone, me, offers,
        changeable=frozenset(note.id for note in may if amending.changeable(note, me)),
        removable=frozenset(note.id for note in may if amending.removable(note, actor)), **more,
    )  # fmt: skip


def opened(actor: Actor, call_id: uuid.UUID, zone: ZoneInfo) -> Panel:
    """The panel of a call that somebody opens; mentions of them count as seen from now on."""
    return of(actor, notes.opened(actor, call_id), zone)


def shown(panel: Panel, asked: str) -> Part:
    """The panel as HTML; `asked` is the query string that its forms carry along."""
    work, offers = replace(panel.work, call_id=CALL_LATER, call_sid="", number=0), panel.offers
    key = (work, panel.zone.key, panel.me, offers and (offers.team, offers.tags), panel.focus)
    keep = not (work.notes or panel.problems or panel.typed)
    found = drawn(
        "reviews/panel.html", key, lambda: {"panel": replace(panel, work=work)}, keep,
        {"asked": escape(f"?{asked}") if asked else ""},
    )  # fmt: skip
    return Part(found.replace(str(CALL_LATER).encode(), str(panel.work.call_id).encode()))


def _person(one: Person) -> PersonOut:
    return PersonOut(account_id=one.id, name=one.name)


def review_out(work: Work) -> ReviewOut:
    """How far people are with a call, for the API."""
    return ReviewOut(
        call_id=work.call_id, reviewed_at=work.reviewed_at, reviewed_by=work.reviewed_by,
        assignee=_person(work.assignee) if work.assignee else None,
        assigned_by=work.assigned_by, assigned_at=work.assigned_at, tags=list(work.tags),
    )  # fmt: skip


def note_out(note: Note) -> NoteOut:
    """A note, for the API."""
    return NoteOut(
        id=note.id, text=note.text, author=note.author, author_account_id=note.author_account_id,
        created_at=note.created_at, edited_at=note.edited_at,
        mentions=[_person(one) for one in note.told],
    )  # fmt: skip
