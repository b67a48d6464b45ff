"""Where a page of the list begins: the sort's value and the number of the call at its edge.

Both stand in the URL, so that the page is the same one when that call is gone.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core.database import Row

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_TEXT = re.compile(r"(-?\d{1,18}(?:\.\d{1,20})?(?:e-?\d{1,3})?)~(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Edge:
    """The value a list is sorted by (a time, or a figure), and the number of the call."""

    value: Any
    number: int
    back: bool = False
    """Towards the beginning of the list."""

    def text(self) -> str:
        """As it stands in a URL: times in microseconds."""
        value = self.value
        if isinstance(value, datetime):
            value = (value - EPOCH) // MICROSECOND
        return f"{value}~{self.number}"


def at(row: Row, sort: str, back: bool = False) -> Edge:
    """The edge at a row of `listing.ROW`, or one that begins like it."""
    column = {"started_at": 4, "duration": 5, "quality": 10}[sort.removeprefix("-")]
    return Edge(row[column], row[20], back)


def read(text: str, sort: str, back: bool = False) -> Edge | None:
    """The edge of a URL; None for what no page of this sort could have written."""
    match = _TEXT.fullmatch(text)
    if match is None:
        return None
    value, number = match[1], int(match[2])
    try:
        if sort.endswith("started_at"):
            return Edge(EPOCH + int(value) * MICROSECOND, number, back)
    except (ValueError, OverflowError):
        return None
    return Edge(float(value), number, back) if math.isfinite(float(value)) else None
