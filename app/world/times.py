"""Times of records as people read them.

They are kept in UTC, and names carry them so; they are shown in the zone of the workspace. A day of
which no more is known stays that day.
"""

import re
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from app.core import formats

NAMED = re.compile(r"(.*, )(\d{4}-\d\d-\d\d \d\d:\d\d) UTC", re.DOTALL)
MIDNIGHT = "T00:00:00+00:00"
"""Of a record that names a day alone it is this moment at which it was so."""


def clock(text: str) -> str:
    """A time as it stands in a name: 2026-12-04 19:30 UTC, or the day alone."""
    exact = len(text) > 16 and text.endswith(("+00:00", "Z"))
    return f"{text[:10]} {text[11:16]} UTC" if exact else text[:10]


def at(text: str) -> str:
    """By what names are brought in order that end in a time."""
    return text.rpartition(", ")[2]


@lru_cache(4096)
def here(name: str, zone: tzinfo) -> str:
    """A name that ends in a time, with that time in a zone: Flu shot, 4 Dec 2026, 11:30."""
    found = NAMED.fullmatch(name)
    if found is None:
        return name
    try:
        moment = datetime.fromisoformat(found[2]).replace(tzinfo=UTC)
        return found[1] + formats.when_text(moment, zone)
    except (ValueError, OverflowError):
        return name


def moment(text: str, zone: tzinfo) -> str:
    """A time of a field: 4 Dec 2026, 11:30; anything else as it is."""
    try:
        found = datetime.fromisoformat(text)
        return formats.when_text(found, zone) if found.tzinfo else text[:16].replace("T", " ")
    except (ValueError, OverflowError):
        return text


def day(text: str, zone: tzinfo) -> str:
    """The day of a time: 2026-12-04."""
    try:
        found = datetime.fromisoformat(text)
        return f"{found.astimezone(zone):%Y-%m-%d}" if found.tzinfo else text[:10]
    except (ValueError, OverflowError):
        return text[:10]
