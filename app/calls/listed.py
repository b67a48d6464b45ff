"""The page of the call list: its form, its chips, its rows.

Each part is drawn once for what it shows, and not kept where that tells of a patient.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from app.core.drawn import drawn
from app.core.identity import Actor
from app.reviews import queries as reviews
from app.saved_views import queries as saved_views

from . import chips, listing, queries, sentences, views, zones
from .clauses import Chosen, choose
from .edges import Edge
from .filters import SAYS_WHOM, Asked, CallFilter
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
ROWS_LATER = Markup("<!--rows-->")
"""Where the rows belong in what is drawn around them."""
TYPED_LATER = {name: Markup(f"<!--{name}-->") for name in SAYS_WHOM}
"""Where what was typed belongs in a form that is drawn once for all words and numbers."""


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows."""

    asked: Asked
    wrong: dict[str, str]
    given: dict[str, str]
    """The filter as names and values of a URL."""
    base: str
    """The address of the list."""
    query: str
    """The query string of the request."""
    zone: ZoneInfo
    lines: queries.Lines
    offers: reviews.Offers
    saved: tuple[saved_views.View, ...]
    listing: views.Listing | None
    """None when what was asked is wrong."""
    tests_only: bool
    """Whether all calls here are tests and simulations, which were not asked for."""

    @property
    def here(self) -> str:
        """The filter as a query string, as saved views keep it."""
        return self.asked.filter.url("").removeprefix("?")

    @property
    def asks_days(self) -> bool:
        """Whether somebody is about to choose days that are no preset."""
        return self.asked.filter.period == "custom"

    def told(self) -> dict[str, Any]:
        """For the audit log: which filters, never the words or numbers of a patient."""
        count = self.listing.count if self.listing else 0
        return {"shown": count, "filters": sorted(self.given)}

    def _drawn(
        self, template: str, key: Hashable, values: Callable[[], Mapping[str, Any]]
    ) -> Markup:
        keep = not self.wrong and not self.asked.filter.says_whom
        return drawn(template, key, values, keep)

    @property
    def above(self) -> Markup:
        """The title and the tabs."""
        waiting = self.offers.waiting
        return drawn("calls/above.html", waiting, lambda: {"waiting": waiting})

    @property
    def form(self) -> Markup:
        """What can be asked."""
        typed = {n: text for n in SAYS_WHOM if (text := self.filled.get(n)) is not None}
        rest = self.asked.filter.url("", **dict.fromkeys(SAYS_WHOM))
        offers = (self.lines, self.offers.team, self.offers.tags)
        key = (rest, tuple(typed), offers, self.asks_days)
        form = str(drawn("calls/filter.html", key, lambda: _form(self, typed), not self.wrong))
        for name, text in typed.items():
            form = form.replace(TYPED_LATER[name], escape(text))
        return Markup(form)

    @property
    def filled(self) -> dict[str, str]:
        """What stands in the form: what is asked, and what was typed wrong."""
        given = self.asked.given
        return self.given | {name: given[name] for name in self.wrong if name in given}

    @property
    def when(self) -> Markup:
        """The presets of days, and what is asked as chips."""
        key = (self.here, self.lines, self.offers.team, self.asks_days)
        return self._drawn("calls/when.html", key, lambda: _when(self))

    def bar(self, fragment: bool = False) -> Markup:
        """The saved views."""
        key = (self.saved, self.here, fragment)
        shown = {"saved": self.saved, "here": self.here, "fragment": fragment}
        return self._drawn("saved_views/bar.html", key, lambda: shown) if self.saved else Markup()

    @property
    def results(self) -> Markup:
        """The rows, and what stands around them."""
        found = self.listing
        if found is None:
            return self._drawn("calls/results.html", None, lambda: {"found": None})
        wanted = self.asked.filter
        shown = {
            "count": found.count, "newer": found.newer, "older": found.older,
            "reached": found.reached, "zone": self.zone.key, "searched": wanted.q is not None,
            "order": wanted.order, "sort": wanted.sort, "here": self.here,
            "filtered": bool(self.given.keys() - {"sort"}), "tests_only": self.tests_only,
            "query": self.query,
        }  # fmt: skip
        around = self._drawn(
            "calls/results.html", tuple(shown.values()), lambda: {"found": found, **shown,
                                                                  "rows": ROWS_LATER}
        )  # fmt: skip
        return Markup(str(around).replace(ROWS_LATER, found.rows))


def of(me: Actor, asked: Asked, edge: Edge | None, base: str, query: str = "") -> View:
    """Everything for the page; `base` is the address of the list, `query` what is asked of it."""
    place, wanted = me.here.id, asked.filter
    zone, wrong = zones.zone_of(place), dict(asked.wrong)
    lines, offers = queries.lines(place), reviews.offers(place, reviews.myself(me))
    chosen = None if wrong else choose(place, wanted, zone)
    if chosen is not None and chosen.nothing:
        chosen, wrong["q"] = None, NOTHING_KEPT
    look = views.Look.of(base, wanted, zone, me.may("Call.review"))
    shown = _listing(me, chosen, edge, wanted, look, offers.team) if chosen else None
    given = wanted.query()
    nothing = shown is not None and not shown.count and edge is None and not given
    return View(
        asked, wrong, given, base, query, zone, lines, offers, saved_views.of(me),
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
    place, most = me.here.id, HITS_SHOWN if wanted.q else SHOWN
    found: Found = listing.page(chosen, edge, most + 1, views.COLUMNS)
    best = {}
    if chosen.words is not None:
        best = sentences.of(place, [row[0] for row in found.rows[:most]], chosen.words)
    return views.listing(found, edge, most, wanted, look, best, team.names)


def _when(view: View) -> dict[str, Any]:
    wanted = view.asked.filter
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


def _form(view: View, typed: Iterable[str]) -> dict[str, Any]:
    wrong = view.wrong
    given = view.filled | {name: TYPED_LATER[name] for name in typed}
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
