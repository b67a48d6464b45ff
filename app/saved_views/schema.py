"""Saved views: a filter of the call list under a name."""

import uuid
from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from annotated_types import MaxLen, MinLen
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from app.calls import filters
from app.core.schema import UI, Schema

LONGEST_NAME, LONGEST_QUERY = 60, 2000
MOST = 100
"""Views that one account keeps for itself, and that a workspace shares."""


def _query(typed: str) -> str:
    asked = filters.parse(dict(parse_qsl(typed.removeprefix("?"))))
    for name, sentence in asked.wrong.items():
        raise PydanticCustomError("filter", "{name}: {why}", {"name": name, "why": sentence})
    query = asked.filter.query()
    if not query:
        raise PydanticCustomError("filter", "Set a filter first: this would show all calls.")
    return urlencode(query)


Name = Annotated[str, MinLen(1), MaxLen(LONGEST_NAME), UI("Name", "Such as “To call back”.")]
Query = Annotated[str, MinLen(1), MaxLen(LONGEST_QUERY), AfterValidator(_query)]
"""A filter as it stands in the address of the call list, kept in its shortest form."""


class ViewName(Schema):
    """What a person says of a view when saving it."""

    name: Name
    shared: Annotated[
        bool,
        UI("Everybody here sees it", "Otherwise only you do. In a shared view, calls assigned to"
           " “me” are those of whoever opens it."),
    ] = False  # fmt: skip


class ViewIn(ViewName):
    """A view: `query` is the filter as in the address of the call list."""

    query: Query


class ViewPatch(Schema):
    """What changes; what is left out stays."""

    name: Name | None = None
    query: Query | None = None


class ViewOut(BaseModel):
    """A saved view."""

    id: uuid.UUID
    name: str
    query: str
    shared: bool
    created_by: str
    created_at: datetime
    mine: bool = Field(description="Whether whoever asks may change and delete it.")


class ViewsOut(BaseModel):
    """The views of whoever asks, then those of the workspace."""

    items: list[ViewOut]
