"""The page of the call list: its form, its chips, its rows.

Each part is drawn once for what it shows. The words and numbers that somebody looks for are put in
each time, and are no part of what is kept.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from app.core.drawn import Later, Part, drawn
from app.core.identity import Actor
from app.reviews import queries as reviews
from app.saved_views import queries as saved_views

from . import chips, listing, queries, sentences, views, zones
from .clauses import Chosen, choose
from .edges import Edge
from .filters import Asked, CallFilter
from .search import Found
from .search_words import NOTHING_KEPT
from .words import CHANNELS, DIRECTIONS, OUTCOMES, SPEAKERS, STATUS

SHOWN, HITS_SHOWN = 50, 20
FIRST_SEEN = ("q", "who", "outcome", "sort", "period")
"""Filters that stand above the fold; the others are behind "More filters"."""
YES_NO = {
    "escalated": ("Escalated", "Not escalated"), "reviewed": ("Reviewed", "Not reviewed"),
    "has_recording": ("With a recording", "Without a recording"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows."""

    asked: Asked
    plain: CallFilter
    """What is asked, with stand-ins for the words and numbers of a patient."""
    given: Mapping[str, str]
    """The same as names and values of a URL."""
    here: str
    """The same as a query string."""
    wrong: dict[str, str]
    edge: Edge | None
    base: str
    """The address of the list."""
    zone: ZoneInfo
    lines: queries.Lines
    offers: reviews.Offers
    saved: tuple[saved_views.View, ...]
    listing: views.Listing | None
    """None when what was asked is wrong."""
    tests_only: bool
    """Whether all calls here are tests and simulations, which were not asked for."""

    @property
    def asks_days(self) -> bool:
        """Whether somebody is about to choose days that are no preset."""
        return self.plain.period == "custom"

    def told(self) -> dict[str, Any]:
        """For the audit log: which filters, never the words or numbers of a patient."""
        count = self.listing.count if self.listing else 0
        return {"shown": count, "filters": sorted(self.given)}

    def _drawn(
        self, template: str, key: Hashable, values: Callable[[], Mapping[str, Any]],
        later: Later | None = None,
    ) -> bytes:  # fmt: skip
        return drawn(template, key, values, not self.wrong, later)

    def _typed(self, *parts: bytes) -> bytes:
        """All of it, with the words and numbers of a patient where they belong."""
        whole = b"".join(parts)
        return self.asked.filter.put_in(whole) if self.plain.says_whom else whole

    @property
    def above(self) -> Part:
        """The title and the tabs."""
        waiting = self.offers.waiting
        return drawn("calls/above.html", waiting, lambda: {"waiting": waiting})

    @property
    def whole(self) -> bytes:
        """What can be asked, and what was found."""
        return self._typed(b'<div id="calls" class="bare">', self._form, *self._found, b"</div>")

    @property
    def found(self) -> bytes:
        """What is asked, as chips, and what was found."""
        return self._typed(*self._found)

    @property
    def _found(self) -> tuple[bytes, ...]:
        return b'<div id="found" class="bare">', self._when, self._results, b"</div>"

    @property
    def _form(self) -> bytes:
        key = (self.here, self.asks_days, self.lines, self.offers.team, self.offers.tags)
        return self._drawn("calls/filter.html", key, lambda: _form(self))

    @property
    def filled(self) -> Mapping[str, str]:
        """What stands in the form: what is asked, and what was typed wrong."""
        given = self.asked.given
        return {**self.given, **{name: given[name] for name in self.wrong if name in given}}

    @property
    def _when(self) -> bytes:
        key = (self.here, self.asks_days, self.lines, self.offers.team)
        return self._drawn("calls/when.html", key, lambda: _when(self))

    def bar(self, fragment: bool = False) -> bytes:
        """The saved views."""
        if not self.saved:
            return b""
        asked = self.asked.filter
        here = asked.url("").removeprefix("?")
        shown = {"saved": self.saved, "here": here, "fragment": fragment}
        said = asked.says_whom or any(view.says_whom for view in self.saved)
        keep = not self.wrong and not said
        return drawn("saved_views/bar.html", (self.saved, here, fragment), lambda: shown, keep)

    @property
    def _results(self) -> bytes:
        found = self.listing
        if found is None:
            return self._drawn("calls/results.html", None, lambda: {"found": None})
        wanted = self.plain
        shown = {
            "count": found.count, "newer": found.newer, "older": found.older,
            "reached": found.reached, "zone": self.zone.key, "searched": wanted.q is not None,
            "order": wanted.order, "sort": wanted.sort, "here": self.here,
            "filtered": bool(self.given.keys() - {"sort"}), "tests_only": self.tests_only,
            "query": self._query,
        }  # fmt: skip
        return self._drawn(
            "calls/results.html", tuple(shown.values()), lambda: {"found": found, **shown},
            {"rows": found.rows},
        )  # fmt: skip

    @property
    def _query(self) -> str:
        """The query string of this page."""
        more = {"period": "custom"} if self.asks_days else {}
        if self.edge is not None:
            more["after" if self.edge.back else "before"] = self.edge.text()
        return self.plain.url("", **more).removeprefix("?") if more else self.here


def of(me: Actor, asked: Asked, edge: Edge | None, base: str) -> View:
    """Everything for the page; `base` is the address of the list."""
    place, wanted, plain = me.here.id, asked.filter, asked.filter.stood_in()
    zone, wrong = zones.zone_of(place), dict(asked.wrong)
    lines, offers = queries.lines(place), reviews.offers(place, reviews.myself(me))
    chosen = None if wrong else choose(place, wanted, zone)
    if chosen is not None and chosen.nothing:
        chosen, wrong["q"] = None, NOTHING_KEPT
    look = views.Look.of(base, plain, zone, me.may("Call.review"))
    shown = _listing(me, chosen, edge, plain, look, offers.team) if chosen else None
    if wrong:
        plain = wanted
    given, here = plain.query(), plain.url("").removeprefix("?")
    nothing = shown is not None and not shown.count and edge is None and not given
    return View(
        asked, plain, given, here, wrong, edge, base, zone, lines, offers, saved_views.of(me),
        listing=shown, tests_only=nothing and queries.stored(place) > 0,
    )  # fmt: skip


def _listing(
    me: Actor,
    chosen: Chosen,
    edge: Edge | None,
    wanted: CallFilter,
    look: views.Look,
    team: reviews.Team,
) -> views.Listing:
    most = HITS_SHOWN if wanted.q else SHOWN
    found: Found = listing.page(chosen, edge, most + 1, views.COLUMNS)
    best = {}
    if chosen.words is not None:
        best = sentences.of(me.here.id, [row[0] for row in found.rows[:most]], chosen.words)
    return views.listing(found, edge, most, wanted, look, best, team.names)


def _when(view: View) -> dict[str, Any]:
    wanted = view.plain
    people = {str(ident): name for ident, name in view.offers.team.names.items()}
    names = chips.Names(dict(view.lines.services), people)
    found = tuple(
        (words, wanted.url(view.base, **{name: None})) for name, words in chips.of(wanted, names)
    )
    return {
        "presets": _presets(wanted, view), "chips": found, "here": view.here,
        "filtered": bool(found or view.asked.wrong), "wrong": view.wrong,
        "period": view.given.get("period"),
    }  # fmt: skip


def _presets(wanted: CallFilter, view: View) -> list[tuple[str, str, bool]]:
    """(words, address, whether it is the present one)."""
    given = wanted.query()
    other = view.asks_days or bool(given.keys() & {"date_from", "date_to"})

    def link(period: str | None) -> str:
        return wanted.url(view.base, period=period, date_from=None, date_to=None)

    days = [
        (words, link(period), given.get("period") == period)
        for period, words in chips.PERIODS.items()
    ]
    every = ("Any time", link(None), not other and "period" not in given)
    return [every, *days, ("Other days", wanted.url(view.base, period="custom"), other)]


def _form(view: View) -> dict[str, Any]:
    wrong, given = view.wrong, view.filled
    return {
        "action": view.base, "given": given, "wrong": wrong,
        "more": view.asks_days or bool((given.keys() | wrong.keys()) - set(FIRST_SEEN)),
        "services": view.lines.services, "numbers": view.lines.numbers,
        "people": tuple((str(person.id), person.name) for person in view.offers.people),
        "tags": view.offers.tags, "choices": dict(CHOICES),
        "sorts": tuple(n for n in chips.SORTS.items() if "q" not in given or n[0] in chips.BY_TIME),
    }  # fmt: skip


def _first(words: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, told[0]) for name, told in words.items())


CHOICES = (
    (
        "who",
        _first({who: (f"Said by the {words.lower()}",) for who, (words, _) in SPEAKERS.items()}),
    ),
    ("outcome", tuple(OUTCOMES.items())),
    ("direction", _first(DIRECTIONS)),
    ("status", _first(STATUS)),
    ("completion_reason", tuple(chips.REASONS.items())),
    ("channel_kind", tuple(CHANNELS.items())),
    *((name, (("true", yes), ("false", no))) for name, (yes, no) in YES_NO.items()),
    ("hour", tuple((str(h), f"{h}:00 to {h + 1}:00") for h in range(24))),
)
