"""What the World page says of the whole: figures in words, each with the list behind it."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.datastructures import MultiDict

from . import figures
from .listing import Filters
from .pages import spaced, sure, words

SOURCE = "source"
"""The kind of figure that says where the data comes from."""
SOURCES = 6
PERIODS = {"day": ("24 hours", 1), "week": ("7 days", 7)}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, what it says, and the query of the list behind it."""

    name: str
    value: str
    about: str
    query: dict[str, str]


@dataclass(frozen=True, slots=True)
class Source:
    """A source system with how many entities it told of, in all and by type."""

    name: str
    count: int
    about: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list is narrowed to."""

    q: str
    kind: str
    system: str
    since: str
    sure: str

    @property
    def narrowed(self) -> bool:
        """Whether anything but a type is asked for."""
        return bool(self.q or self.system or self.since or self.sure)

    @property
    def without_calls(self) -> bool:
        """Whether calls stay out: they come in all day, and what changed besides would drown."""
        return bool(self.since and not self.kind and not self.system)

    @property
    def said(self) -> str:
        """The filters in sentences."""
        parts = [
            f"changed in the last {PERIODS[self.since][0]}" if self.since else "",
            f"that {spaced(self.system)} told of" if self.system else "",
        ]
        those = ", ".join(part for part in parts if part)
        return " ".join(
            [f"Those {those}{' but the calls' if self.without_calls else ''}."] * bool(those)
            + ["The least sure first."] * bool(self.sure)
        )

    def filters(self) -> Filters:
        """The same for the database."""
        days = PERIODS[self.since][1] if self.since else 0
        return Filters(
            q=self.q or None, entity_type=[self.kind] if self.kind else None,
            source_system=self.system or None, not_calls=self.without_calls or None,
            least_sure=bool(self.sure) or None,
            since=datetime.now(UTC) - timedelta(days=days) if days else None,
        )  # fmt: skip


def asked(args: "MultiDict[str, str]") -> Asked:
    """What the address asks for; of nothing, people are shown."""
    given = {name: args.get(name, "").strip() for name in ("q", "type", "system", "since", "sure")}
    since = given["since"] if given["since"] in PERIODS else ""
    low = "low" if given["sure"] == "low" else ""
    found = Asked(given["q"][:200], given["type"][:64], given["system"][:128], since, low)
    if found.narrowed or "type" in args:
        return found
    return Asked("", "person", "", "", "")


def _figures(kept: dict[str, dict[str, int]]) -> list[Figure]:
    average = figures.average(kept)
    made = [
        Figure(f"Events in {said}", f"{figures.since(kept, days):,}", "See what they changed",
               {"since": name})
        for name, (said, days) in PERIODS.items()
    ]  # fmt: skip
    told = "Nothing is known yet" if average is None else f"On average {sure(average)}"
    value = "–" if average is None else f"{average * 100:.0f}%"
    made.append(Figure("How sure it is", value, f"{told}; see the least sure", {"sure": "low"}))
    return made


def _sources(kept: dict[str, dict[str, int]]) -> list[Source]:
    counts: dict[str, Counter[str]] = {}
    for name, count in kept.get(SOURCE, {}).items():
        kind, system = name.split("\t")
        counts.setdefault(system, Counter())[kind] += count
    found = [
        Source(system, of.total(), ", ".join(
            f"{n:,} {(words(kind)[1] if n != 1 else words(kind)[0]).lower()}"
            for kind, n in of.most_common(3)))
        for system, of in counts.items()
    ]  # fmt: skip
    return sorted(found, key=lambda source: (-source.count, source.name))


def overview(kept: dict[str, dict[str, int]]) -> dict[str, Any]:
    """What stands above a list of everything: the figures, and where the data comes from."""
    sources = _sources(kept)
    return {"figures": _figures(kept), "sources": sources[:SOURCES],
            "more_sources": sources[SOURCES:]}  # fmt: skip
