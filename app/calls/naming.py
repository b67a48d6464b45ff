"""How a call is named in an address: by its id or by its call_sid."""

import re
import uuid
from collections.abc import Mapping
from functools import cache
from typing import Any

from app.core import database
from app.core.feature import ROUTES

_FIXED = re.compile(r"/(?:calls|recordings|conversations)/([^<>/]+)")


def look(by_id: str, by_sid: str, place: Mapping[str, Any], ident: str) -> database.Row | None:
    """The row of this id, or else of this call_sid: a runtime may name its calls by UUIDs."""
    try:
        found = database.row(by_id, {**place, "id": uuid.UUID(ident)})
    except ValueError:
        found = None
    return found or database.row(by_sid, {**place, "sid": ident})


@cache
def reserved() -> frozenset[str]:
    """Words that stand where a call is named in the addresses of pages and JSON."""
    return frozenset(word for route in ROUTES.values() for word in _FIXED.findall(route.rule))
