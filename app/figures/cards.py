"""The figures one by one, each with how it changed, in words."""

from dataclasses import dataclass

from .links import Links
from .measures import LENGTH, MEDIAN, MOST, RESPONSE, Measure
from .sums import COUNTS, Sums, delta_pct

NOTHING_BEFORE = "No calls before"


@dataclass(frozen=True, slots=True)
class Card:
    """One figure: its name, itself, what part it is of the whole, how it changed, its calls."""

    name: str
    value: str
    part: str
    change: str
    href: str


def _percent(now: float, before: float) -> str:
    changed = delta_pct(now, before) or 0
    if abs(changed) < 1:
        return "under 1 %"
    return f"{'+' if changed > 0 else '−'}{abs(changed):,.0f} %"


def count_change(now: int, before: int, calls_before: int) -> str:
    """12 more (+9 %), against a period with so many calls."""
    if not calls_before:
        return NOTHING_BEFORE
    if now == before:
        return "As many as before"
    if not before:
        return f"{now:,} more, none before"
    words = f"{now - before:,} more" if now > before else f"{before - now:,} fewer"
    return f"{words} ({_percent(now, before)})"


def time_change(measure: Measure, now: float | None, before: float | None) -> str:
    """45 ms faster (−6 %)."""
    if before is None:
        return NOTHING_BEFORE
    if now is None:
        return f"{measure.read(before)} before"
    far = measure.read(abs(now - before))
    if far == measure.read(0):
        return "As before"
    return f"{far} {measure.more if now > before else measure.less} ({_percent(now, before)})"


def cards(now: Sums, before: Sums, links: Links, whole: bool = True) -> list[Card]:
    """The eight figures. A day that is not over is told beside the day before, not compared."""
    return [*_counts(now, before, links, whole), *_times(now, before, links, whole)]


def _counts(now: Sums, before: Sums, links: Links, whole: bool) -> list[Card]:
    made = []
    for name in COUNTS[1:]:
        mine, theirs = getattr(now, name), getattr(before, name)
        change = count_change(mine, theirs, before.calls)
        if not whole and before.calls:
            change = f"{theirs:,} the day before"
        share = f"{100 * mine / now.calls:.0f} % of calls" if now.calls else ""
        made.append(Card(name.capitalize(), f"{mine:,}", share, change, links.to(name)))
    return made


def _times(now: Sums, before: Sums, links: Links, whole: bool) -> list[Card]:
    made = []
    for title, measure in (("Length", LENGTH), ("Response", RESPONSE)):
        for share, name, part in (
            (MEDIAN, f"{title}, median", "Half of them took no longer"),
            (MOST, f"{title}, 95 of 100", "Five of a hundred took longer"),
        ):
            mine, theirs = getattr(now, measure.name)(share), getattr(before, measure.name)(share)
            change = time_change(measure, mine, theirs)
            if not whole and theirs is not None:
                change = f"{measure.read(theirs)} the day before"
            value = measure.read(mine) if mine is not None else "–"
            made.append(
                Card(name, value, part if mine is not None else "", change, links.to("calls"))
            )
    return made
