"""The page of the call list: its form, its chips, its rows."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from app.core.identity import Actor
from app.core.pages import part
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
    wrong: dict[str, str]
    zone: ZoneInfo
    form: Markup
    presets: tuple[tuple[str, str, bool], ...]
    """(words, address, whether it is the present one)."""
    chips: tuple[tuple[str, str], ...]
    """(words, the address without it)."""
    saved: tuple[saved_views.View, ...]
    here: str
    """The filter as a query string, as saved views keep it."""
    waiting: int
    """How much waits for the person who looks."""
    listing: views.Listing | None
    """None when what was asked is wrong."""
    tests_only: bool
    """Whether all calls here are tests and simulations, which were not asked for."""

    @property
    def searched(self) -> bool:
        """Whether words were looked for."""
        return self.asked.filter.q is not None

    @property
    def filtered(self) -> bool:
        """Whether there is anything to clear."""
        return bool(self.chips or self.asked.wrong)

    @property
    def period(self) -> str | None:
        """The preset of days, which the form sends along."""
        return self.asked.filter.query().get("period")

    def told(self) -> dict[str, Any]:
        """For the audit log: which filters, never the words or numbers of a patient."""
        count = self.listing.count if self.listing else 0
        return {"shown": count, "filters": sorted(self.asked.filter.query())}


def of(me: Actor, asked: Asked, edge: Edge | None, base: str) -> View:
    """Everything for the page; `base` is the address of the list."""
    place, wanted = me.here.id, asked.filter
    zone, wrong = zones.zone_of(place), dict(asked.wrong)
    lines, offers = queries.lines(place), reviews.offers(place, reviews.myself(me))
    people = {str(person.id): person.name for person in offers.people}
    names = chips.Names(dict(lines.services), people)
    chosen = None if wrong else choose(place, wanted, zone)
    if chosen is not None and chosen.nothing:
        chosen, wrong["q"] = None, NOTHING_KEPT
    look = views.Look.of(base, wanted, zone, people, me.may("Call.review"))
    shown = _listing(me, chosen, edge, wanted, look) if chosen else None
    nothing = shown is not None and not shown.count and edge is None and not wanted.query()
    return View(
        asked, wrong, zone,
        form=_form(asked, wrong, base, lines, offers),
        presets=tuple(_presets(wanted, base)),
        chips=tuple((words, wanted.url(base, **{name: None})) for name, words in
                    chips.of(wanted, names)),
        saved=saved_views.of(me), waiting=offers.waiting,
        here=wanted.url("").removeprefix("?"),
        listing=shown,
        tests_only=nothing and queries.stored(place) > 0,
    )  # fmt: skip


def _listing(
    me: Actor, chosen: Chosen, edge: Edge | None, wanted: CallFilter, look: views.Look
) -> views.Listing:
    place, most = me.here.id, HITS_SHOWN if wanted.q else SHOWN
    found: Found = listing.page(chosen, edge, most + 1, views.COLUMNS)
    best = {}
    if chosen.words is not None:
        best = sentences.of(place, [row[0] for row in found.rows[:most]], chosen.words)
    return views.listing(found, edge, most, wanted, look, best)


def _presets(wanted: CallFilter, base: str) -> list[tuple[str, str, bool]]:
    given = wanted.query()
    dated = given.keys() & {"period", "date_from", "date_to"}

    def link(period: str | None) -> str:
        return wanted.url(base, period=period, date_from=None, date_to=None)

    every = [("Any time", link(None), not dated or given.get("period") == "custom")]
    return every + [
        (words, link(period), given.get("period") == period)
        for period, words in chips.PERIODS.items()
    ]


def _form(
    asked: Asked, wrong: dict[str, str], base: str, lines: queries.Lines, offers: reviews.Offers
) -> Markup:
    """The form, drawn once for what it holds; not kept where it holds words."""
    given = asked.filter.query() | {n: asked.given[n] for n in wrong if n in asked.given}
    behind = (given.keys() | wrong.keys()) - set(FIRST_SEEN)
    return part(
        "calls/filter.html",
        action=base,
        given=tuple(given.items()),
        wrong=tuple(wrong.items()),
        more=bool(behind),
        services=lines.services,
        numbers=lines.numbers,
        people=tuple((str(person.id), person.name) for person in offers.people),
        tags=offers.tags,
        choices=CHOICES,
        sorts=tuple(n for n in chips.SORTS.items() if "q" not in given or n[0] in chips.BY_TIME),
    )


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
