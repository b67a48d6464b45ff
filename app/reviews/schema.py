"""What people do with a call, in shapes: reviewed, assigned, tagged, noted."""

import unicodedata
import uuid
from datetime import datetime
from typing import Annotated

from annotated_types import MaxLen, MinLen
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from app.core.schema import Schema

MOST_TAGS = 20
LONGEST_TAG = 40
LONGEST_NOTE = 4000
MOST_NOTES = 200
MOST_MENTIONS = 50


def folded(typed: str) -> str:
    """The one form of a tag: lower case, single spaces, no invisible characters, no leading #."""
    text = unicodedata.normalize("NFKC", typed).lower()
    seen = "".join(c if unicodedata.category(c)[0] != "C" else " " * c.isspace() for c in text)
    return unicodedata.normalize("NFKC", " ".join(seen.lstrip("# ").split()))


def _tag(typed: str) -> str:
    tag = folded(typed)
    if not tag or len(tag) > LONGEST_TAG or "," in tag:
        raise PydanticCustomError(
            "tag", "A tag has 1 to {most} characters and no comma.", {"most": LONGEST_TAG}
        )
    return tag


def _once(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tags))


Tag = Annotated[str, MinLen(1), MaxLen(LONGEST_TAG), AfterValidator(_tag)]
"""A tag in any spelling, kept in its one form; 1 to 40 characters."""


class TagsIn(Schema):
    """All tags of a call; what is not among them is taken off."""

    tags: Annotated[list[Tag], MaxLen(MOST_TAGS), AfterValidator(_once)]


class AssigneeIn(Schema):
    """Whose call it is from now on: an account of this workspace."""

    account_id: uuid.UUID


class NoteText(Schema):
    """What a note says. Those named with @ are told of it."""

    text: Annotated[str, MinLen(1), MaxLen(LONGEST_NOTE)]


class NoteIn(NoteText):
    """A note. Those named with @ in the text are told as well as those in `mentions`."""

    mentions: Annotated[list[uuid.UUID], MaxLen(MOST_MENTIONS)] = Field(default_factory=list)
    """Accounts of this workspace."""


class PersonOut(BaseModel):
    """An account of the workspace."""

    account_id: uuid.UUID
    name: str


class NoteOut(BaseModel):
    """A note. Its author's name stays when the author has left; then there is no account."""

    id: uuid.UUID
    text: str
    author: str
    author_account_id: uuid.UUID | None
    created_at: datetime
    edited_at: datetime | None
    """When its author changed it last."""
    mentions: list[PersonOut]


class NotesOut(BaseModel):
    """The notes of a call, oldest first; a call has at most 200."""

    items: list[NoteOut]


class ReviewOut(BaseModel):
    """How far people are with a call."""

    call_id: uuid.UUID
    reviewed_at: datetime | None
    reviewed_by: str | None
    assignee: PersonOut | None
    assigned_by: str | None
    assigned_at: datetime | None
    tags: list[str]
