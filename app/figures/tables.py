"""The figures as tables: of days, hours, services and numbers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from html import escape

from markupsafe import Markup

from app.core import formats

from . import charts
from .cards import count_change
from .links import Links
from .measures import LENGTH, MEDIAN, MOST, RESPONSE
from .periods import Period
from .queries import SHOWN, Ranking
from .sums import COUNTS, OUTCOMES, Sums

COUNTED = tuple(name.capitalize() for name in COUNTS)
LENGTHS = {"Length, median": (LENGTH, MEDIAN), "Length, 95 of 100": (LENGTH, MOST)}
RESPONSES = {"Response, median": (RESPONSE, MEDIAN), "Response, 95 of 100": (RESPONSE, MOST)}
TIMES = LENGTHS | RESPONSES
EVERYTHING = (*COUNTED, *TIMES)
"""What can stand above the columns of a table."""
KEPT = 2048
"""So many rows a process keeps as it drew them: most of what was counted stays as it is."""


def _count(sums: Sums, name: str, links: Links | None) -> str:
    count = getattr(sums, name)
    if links is None or not count:
        return f"{count:,}"
    return f'<a href="{escape(links.to(name))}">{count:,}</a>'


def _time(sums: Sums, head: str) -> str:
    measure, share = TIMES[head]
    value = getattr(sums, measure.name)(share)
    return "–" if value is None else measure.read(value)


def _cell(head: str, sums: Sums, links: Links | None) -> str:
    return _time(sums, head) if head in TIMES else _count(sums, head.lower(), links)


def _labelled(sums: Sums, links: Links | None) -> str:
    """Everything, each with its head beside it on a small screen."""
    return "".join(f'<td data-l="{head}">{_cell(head, sums, links)}</td>' for head in EVERYTHING)


@dataclass(frozen=True, slots=True)
class Told:
    """A chart's figures as a table: what the rows are of, the heads beside that, the rows."""

    what: str
    heads: tuple[str, ...]
    rows: Markup


def told(what: str, heads: Iterable[str], points: list[charts.Point]) -> Told:
    """The table of some points."""
    wanted = tuple(heads)
    rows = "".join(_row(full, sums, links, wanted) for _, full, sums, links in points)
    return Told(what, wanted, Markup(rows))


@lru_cache(KEPT)
def _row(full: str, sums: Sums, links: Links, heads: tuple[str, ...]) -> str:
    cells = "".join(f"<td>{_cell(head, sums, links)}</td>" for head in heads)
    return f'<tr><th scope="row" class="nowrap">{escape(full)}</th>{cells}</tr>'


def day_points(days: Mapping[date, Sums], period: Period, links: Links) -> list[charts.Point]:
    """A point for each day, also for those without calls."""
    long = len(period.days) > charts.LABELS
    return [
        (formats.day_text(day, year=False) if long else f"{day:%a}",
         f"{day:%a} {formats.day_text(day)}", days.get(day, Sums()), links.on(day))
        for day in period.days
    ]  # fmt: skip


def hour_points(hours: Mapping[int, Sums], links: Links) -> list[charts.Point]:
    """A point for each hour of the day."""
    return [
        (
            f"{hour:02}",
            f"{hour:02}:00 to {hour:02}:59",
            hours.get(hour, Sums()),
            links.among("hour", str(hour)),
        )
        for hour in range(24)
    ]


WHAT = {"service_id": "service", "phone_number": "number"}


@dataclass(frozen=True, slots=True)
class Table:
    """The busiest services or numbers as rows, and words for what they leave out."""

    rows: Markup
    said: str
    without: int


Name = Callable[[str], str]


def ranking(
    found: Ranking, links: Links, name: Name, field: str, calls: int, whole: bool = True
) -> Table:
    """A row for each, `others` last; `calls` are all, also those that carry none."""
    highest = max((group.sums.calls for group in found.groups), default=1)
    made = [
        _ranked(
            name(group.key), group.sums, group.before, highest, whole,
            links.among(field, group.key),
        )
        for group in found.groups
    ]  # fmt: skip
    if found.other_count:
        words = f"{found.other_count:,} other{'' if found.other_count == 1 else 's'} together"
        made.append(f'<tr><th scope="row">{words}</th>{_labelled(found.others, None)}</tr>')
    total, what = len(found.groups) + found.other_count, WHAT[field]
    said = f"{total:,} {what}{'' if total == 1 else 's'} with calls"
    if found.other_count:
        said = f"The {SHOWN} busiest of {total:,} {what}s with calls"
    return Table(Markup("".join(made)), said, calls - found.sums.calls)


@lru_cache(KEPT)
def _ranked(name: str, sums: Sums, before: int, highest: int, whole: bool, links: Links) -> str:
    change = count_change(sums.calls, before, before)
    if not whole and before:
        change = f"{before:,} the day before"
    return (
        f'<tr><th scope="row">{escape(name)}{_bar(sums, highest)}'
        f'<span class="muted sm change">{change}</span></th>{_labelled(sums, links)}</tr>'
    )


def _bar(sums: Sums, highest: int) -> str:
    x, parts = 0.0, []
    for name in OUTCOMES:
        width = 100 * getattr(sums, name) / highest
        if width:
            parts.append(f'<rect class="{name}" x="{x:.2f}%" width="{width:.2f}%" height="100%"/>')
        x += width
    return f'<svg class="share" aria-hidden="true">{"".join(parts)}</svg>'
