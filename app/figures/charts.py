"""Charts drawn on the server: where each bar and point stands, in percent of the drawing."""

from collections.abc import Sequence
from dataclasses import dataclass

from .links import To
from .measures import MEDIAN, MOST, Measure
from .sums import OUTCOMES, Sums

LABELS = 7
"""So many words stand below a chart at most."""
LEGEND = {"answered": "Answered", "transferred": "Transferred", "unanswered": "Unanswered"}
Point = tuple[str, str, Sums, To]
"""What it is of in a word, the same in full, what was counted, and where that leads."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar."""

    kind: str
    y: str
    height: str
    href: str
    words: str


@dataclass(frozen=True, slots=True)
class Column:
    """Everything above one point of the axis; `slot` is its whole width."""

    slot_x: str
    slot: str
    x: str
    width: str
    middle: str
    label: str
    value: str
    value_y: str
    href: str
    words: str
    segments: list[Segment]


@dataclass(frozen=True, slots=True)
class Line:
    """Dots, and the ways between those that stand side by side."""

    kind: str
    words: str
    ways: list[str]
    dots: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: columns from left to right, lines over them, words beside the axis."""

    columns: list[Column]
    ticks: list[str]
    lines: list[Line]


def _percent(value: float) -> str:
    return f"{value:.2f}%"


def top(highest: float) -> int:
    """A round number, divisible by four, at or above the highest."""
    step = 4 * int("1" + "0" * max(0, len(str(int(highest))) - 2))
    return max(4, -(-int(highest + 0.999) // step) * step)


def _labels(points: Sequence[Point]) -> list[str]:
    every = -(-len(points) // LABELS)
    return [point[0] if n % every == 0 else "" for n, point in enumerate(points)]


def _ticks(highest: int) -> list[str]:
    return [f"{highest * (4 - k) // 4:,}" for k in range(5)]


def said(sums: Sums) -> str:
    """3 answered, 1 transferred, 2 unanswered."""
    return ", ".join(f"{getattr(sums, name):,} {name}" for name in OUTCOMES)


def bars(points: Sequence[Point]) -> Chart:
    """A bar for each point, made of its answered, transferred and unanswered calls."""
    highest = top(max((sums.calls for _, _, sums, _ in points), default=0))
    width = 100 / len(points)
    thick = 0.62 if len(points) < 40 else 0.8
    columns = []
    for n, (label, (_, full, sums, to)) in enumerate(zip(_labels(points), points, strict=True)):
        drawn = 0.0
        segments = []
        for name in OUTCOMES:
            count = getattr(sums, name)
            if count:
                drawn += count * 100 / highest
                segments.append(Segment(
                    name, _percent(100 - drawn), _percent(count * 100 / highest), to(name),
                    f"{full}: {count:,} {name}",
                ))  # fmt: skip
        columns.append(Column(
            _percent(n * width), _percent(width), _percent((n + (1 - thick) / 2) * width),
            _percent(thick * width), _percent((n + 0.5) * width), label,
            f"{sums.calls:,}" if sums.calls and len(points) <= LABELS else "",
            _percent(100 - drawn), to("calls"), f"{full}: {said(sums)}", segments,
        ))  # fmt: skip
    return Chart(columns, _ticks(highest), [])


def lines(points: Sequence[Point], measure: Measure) -> Chart:
    """The median and the 95th percentile; a gap where no call was."""
    series = [
        [getattr(sums, measure.name)(share) for _, _, sums, _ in points] for share in (MEDIAN, MOST)
    ]
    highest = measure.top(max((v for one in series for v in one if v is not None), default=0))
    width = 100 / len(points)
    columns = [
        Column(_percent(n * width), _percent(width), "", "", _percent((n + 0.5) * width), label,
               "", "", to("calls"), f"{full}: {_both(series, n, measure)}", [])
        for n, (label, (_, full, _, to)) in enumerate(zip(_labels(points), points, strict=True))
        if label or series[0][n] is not None
    ]  # fmt: skip
    drawn = [
        _line(kind, words, one, highest)
        for kind, words, one in zip(("median", "p95"), ("Median", "95 of 100"), series, strict=True)
    ]
    return Chart(columns, [measure.tick(highest * (4 - k) / 4) for k in range(5)], drawn)


def _both(series: Sequence[Sequence[float | None]], n: int, measure: Measure) -> str:
    middle, high = series[0][n], series[1][n]
    if middle is None or high is None:
        return "no calls"
    return f"median {measure.read(middle)}, 95 of 100 within {measure.read(high)}"


def _line(kind: str, words: str, values: Sequence[float | None], highest: float) -> Line:
    width = 100 / len(values)
    places = [
        None if value is None else ((n + 0.5) * width, 100 - value * 100 / highest)
        for n, value in enumerate(values)
    ]
    ways: list[list[str]] = [[]]
    for place in places:
        if place is None:
            ways.append([])
        else:
            ways[-1].append(f"{place[0]:.2f},{place[1]:.2f}")
    dots = [(_percent(p[0]), _percent(p[1])) for p in places if p is not None]
    return Line(kind, words, [" ".join(way) for way in ways if len(way) > 1], dots)
