"""The list of the World page, drawn once for what it shows.

The words of a search are no part of it: they stand in the form alone, and are not kept.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from app.core import database
from app.core.database import Row
from app.core.drawn import Part, drawn, told
from app.core.formats import ago

from . import pages
from .overview import Asked

SHOWN = 50
LAST = 11
"""Where the time of the last event stands in a row."""
NOTHING: Mapping[str, Any] = {}


def body(
    rows: Sequence[Row], asked: Asked, zone: ZoneInfo | None, nobody: bool = False,
    above: Mapping[str, Any] = NOTHING,
) -> Part:  # fmt: skip
    """The entities of `listing.brief`, with their times in a zone; `above` them may stand what
    `overview` says. `nobody`: no person is known at all.
    """
    since = {at: ago(at) for at in dict.fromkeys(row[LAST] for row in rows)}
    wanted = (asked.kind, asked.said, asked.sure, zone and zone.key, nobody)
    return drawn(
        "world/found.html", told(rows, tuple(since.values()), wanted, above, date.today()),
        lambda: {
            "found": [pages.line(database.parsed(row), zone) for row in rows], "since": since,
            "asked": asked, "full": len(rows) >= SHOWN, "nobody": nobody, **above,
        },
    )  # fmt: skip
