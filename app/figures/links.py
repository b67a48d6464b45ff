"""Where a figure leads: the list of exactly the calls that were counted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

ASKED = {
    "calls": "outcome=ended",
    "answered": "outcome=answered",
    "transferred": "outcome=transferred",
    "unanswered": "outcome=unanswered",
    "escalated": "outcome=ended&escalated=true",
}
"""What was counted -> the filter of the list that finds it."""


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of the call list at `base`, for the days from `first` to `last`."""

    base: str
    first: date
    last: date

    def to(self, name: str, **filters: str) -> str:
        """The calls that were counted as `name`, among those that fit the filters."""
        more = "".join(f"&{key}={quote(value)}" for key, value in filters.items())
        return f"{self.base}?date_from={self.first}&date_to={self.last}&{ASKED[name]}{more}"

    def on(self, day: date) -> "Links":
        """The same for one day."""
        return Links(self.base, day, day)


To = Callable[[str], str]
"""From what was counted to the address of the calls behind it."""
