"""Charts drawn on the server: SVG whose places are percents, so that words keep their size.

Bars and points are links for the mouse; the table beside a chart says and links the same.
"""

from collections.abc import Sequence
from functools import lru_cache
from html import escape

from markupsafe import Markup

from .links import Links
from .measures import MEDIAN, MOST, Measure
from .sums import OUTCOMES, Sums

LABELS = 7
"""So many words stand below a chart at most."""
MANY = 32
"""From so many points on they are drawn thinner."""
LEGEND = {"answered": "Answered", "transferred": "Transferred", "unanswered": "Unanswered"}
LINES = {"median": "Median", "p95": "95 of 100"}
Point = tuple[str, str, Sums, Links]
"""What it is of in a word, the same in full, what was counted, and where that leads."""
_LINK = '<a href="{}" tabindex="-1"><title>{}</title>{}</a>'
_SLOT = '<rect class="slot" x="{:.2f}%" y="0" width="{:.2f}%" height="100%"></rect>'
_PART = '<rect class="bar {}" x="{:.2f}%" y="{:.2f}%" width="{:.2f}%" height="{:.2f}%"></rect>'
_WORD = '<text {}x="{:.2f}%" y="{:.2f}%" dy="{}em" text-anchor="middle">{}</text>'


def top(highest: float) -> int:
    """A round number, divisible by four, at or above the highest."""
    step = 4 * int("1" + "0" * max(0, len(str(int(highest))) - 2))
    return max(4, -(-int(highest + 0.999) // step) * step)


@lru_cache(256)
def _axis(ticks: tuple[str, ...]) -> str:
    drawn = "".join(
        f'<line x1="0" x2="100%" y1="{n * 25}%" y2="{n * 25}%"></line>'
        f'<text x="-8" y="{n * 25}%" dy="0.32em" text-anchor="end">{words}</text>'
        for n, words in enumerate(ticks)
    )
    return f'<g class="grid">{drawn}</g>'


def _labels(points: Sequence[Point]) -> list[str]:
    every = -(-len(points) // LABELS)
    return [point[0] if n % every == 0 else "" for n, point in enumerate(points)]


def _below(n: int, width: float, label: str) -> str:
    return _WORD.format("", (n + 0.5) * width, 100, 1.5, escape(label)) if label else ""


def said(sums: Sums) -> str:
    """3 answered, 1 transferred, 2 unanswered."""
    return ", ".join(f"{getattr(sums, name):,} {name}" for name in OUTCOMES)


def bars(points: Sequence[Point]) -> Markup:
    """A bar for each point, made of its answered, transferred and unanswered calls."""
    highest = top(max((sums.calls for _, _, sums, _ in points), default=0))
    width = 100 / len(points)
    drawn = [_axis(tuple(f"{highest * (4 - k) // 4:,}" for k in range(5)))]
    for n, (label, point) in enumerate(zip(_labels(points), points, strict=True)):
        drawn += [_bar(n, width, highest, *point[1:]), _below(n, width, label)]
        if point[2].calls and len(points) <= LABELS:
            height = 100 - point[2].calls * 100 / highest
            total = f"{point[2].calls:,}"
            drawn.append(_WORD.format('class="val" ', (n + 0.5) * width, height, -0.5, total))
    return Markup("".join(drawn))


@lru_cache(1024)
def _bar(n: int, width: float, highest: int, full: str, sums: Sums, links: Links) -> str:
    thick = width * (0.62 if width > 100 / MANY else 0.8)
    x, up = (n + 0.5) * width - thick / 2, 0.0
    words = escape(full)
    slot = _SLOT.format(n * width, width)
    drawn = [_LINK.format(escape(links.to("calls")), f"{words}: {said(sums)}", slot)]
    for name in OUTCOMES:
        count = getattr(sums, name)
        if count:
            height = count * 100 / highest
            up += height
            part = _PART.format(name, x, 100 - up, thick, height)
            drawn.append(_LINK.format(escape(links.to(name)), f"{words}: {count:,} {name}", part))
    return "".join(drawn)


def lines(points: Sequence[Point], measure: Measure) -> Markup:
    """The median and the 95th percentile; a gap where no call was."""
    series = [
        [getattr(sums, measure.name)(share) for _, _, sums, _ in points] for share in (MEDIAN, MOST)
    ]
    highest = measure.top(max((v for one in series for v in one if v is not None), default=0))
    width = 100 / len(points)
    drawn = [_axis(tuple(measure.tick(highest * (4 - k) / 4) for k in range(5)))]
    drawn += [_line(kind, one, highest) for kind, one in zip(LINES, series, strict=True)]
    for n, (label, (_, full, _, links)) in enumerate(zip(_labels(points), points, strict=True)):
        middle, most = series[0][n], series[1][n]
        if middle is not None and most is not None:
            words = f"{full}: median {measure.read(middle)}, 95 of 100 within {measure.read(most)}"
            slot = _SLOT.format(n * width, width)
            drawn.append(_LINK.format(escape(links.to("calls")), escape(words), slot))
        drawn.append(_below(n, width, label))
    return Markup("".join(drawn))


def _line(kind: str, values: Sequence[float | None], highest: float) -> str:
    width = 100 / len(values)
    ways: list[list[str]] = [[]]
    dots = []
    radius = 3 if len(values) < MANY else 1.5
    for n, value in enumerate(values):
        if value is None:
            ways.append([])
            continue
        x, y = (n + 0.5) * width, 100 - value * 100 / highest
        ways[-1].append(f"{x:.2f},{y:.2f}")
        dots.append(
            f'<circle class="dot {kind}" cx="{x:.2f}%" cy="{y:.2f}%" r="{radius}"></circle>'
        )
    drawn = "".join(
        f'<polyline class="ln {kind}" points="{" ".join(way)}" vector-effect="non-scaling-stroke">'
        "</polyline>"
        for way in ways
        if len(way) > 1
    )
    box = '<svg viewBox="0 0 100 100" preserveAspectRatio="none" overflow="visible">'
    return f"{box}{drawn}</svg>{''.join(dots)}"
