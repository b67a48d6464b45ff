"""Where a figure leads: the list of exactly the calls that were counted."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from urllib.parse import quote

ASKED = {
    "calls": "outcome=ended",
    "answered": "outcome=answered",
    "transferred": "outcome=transferred",
    "unanswered": "outcome=unanswered",
    "escalated": "outcome=ended&escalated=true",
}
"""What was counted -> the filter of the list that finds it."""

_quoted = lru_cache(1024)(quote)


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of the call list at `base`, for the days from `first` to `last`."""

    base: str
    first: date
    last: date
    more: str = ""
    """Another filter, from the & on."""

    def to(self, name: str) -> str:
        """The calls that were counted as `name`."""
        return f"{self.base}?date_from={self.first}&date_to={self.last}&{ASKED[name]}{self.more}"

    def among(self, field: str, value: str) -> "Links":
        """The same, among the calls that fit this filter."""
        return Links(self.base, self.first, self.last, f"&{field}={_quoted(value)}")

    def on(self, day: date) -> "Links":
        """The same for one day."""
        return Links(self.base, day, day)
