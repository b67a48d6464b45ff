"""The last seven days, as the overview shows them."""

import uuid
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from markupsafe import Markup

from . import charts, queries, tables
from .cards import Card, cards, count_change
from .links import Links
from .periods import Period
from .sums import OUTCOMES, Sums

DAYS = 7
LOOKS = {
    "answered": ("ok", "circle-check"),
    "transferred": ("warn", "phone-forwarded"),
    "unanswered": ("", "phone-missed"),
    "escalated": ("warn", "headset"),
}


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of calls: words, colour, icon, how many, their share, the change, the calls."""

    words: str
    kind: str
    icon: str
    count: int
    share: str
    change: str
    href: str


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days in the workspace's time zone, against the seven before; `stored` are all calls."""

    period: Period
    zone: ZoneInfo
    stored: int
    calls: int
    cards: list[Card]
    ended: list[Ended]
    told: tables.Told
    chart: Markup
    legend: dict[str, str]


Counted = tuple[str, int, date, tuple[tuple[date, Sums], ...]]
"""The zone, all calls, today there, and what was counted on each of fourteen days."""


def counted(workspace_id: uuid.UUID) -> Counted | None:
    """All that the week up to today is made of; None before the first call."""
    found = queries.week(workspace_id)
    return None if found is None else (*found[:3], tuple(found[3].items()))


def of(found: Counted, calls_at: str) -> Week:
    """The week that was counted; `calls_at` is the address of the calls."""
    zone, stored, today, told = found
    days = dict(told)
    period = Period.last_days(DAYS, today, "7")
    links = Links(calls_at, period.first, period.last)
    now = Sums.total(sums for day, sums in days.items() if day >= period.first)
    before = Sums.total(sums for day, sums in days.items() if day < period.first)
    points = tables.day_points(days, period, links)
    answered, transferred, unanswered, *_, median, _slow = cards(now, before, links)
    return Week(
        period, ZoneInfo(zone), stored, now.calls,
        [answered, transferred, unanswered, median],
        _ended(now, before, links), tables.told("Day", tables.COUNTED, points),
        charts.bars(points), charts.LEGEND,
    )  # fmt: skip


def _ended(now: Sums, before: Sums, links: Links) -> list[Ended]:
    return [
        Ended(
            name.capitalize(), *LOOKS[name], getattr(now, name),
            f"{100 * getattr(now, name) / (now.calls or 1):.0f} %",
            count_change(getattr(now, name), getattr(before, name), before.calls),
            links.to(name),
        )
        for name in (*OUTCOMES, "escalated")
    ]  # fmt: skip
