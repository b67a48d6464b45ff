"""How long the caller waited for each answer of the agent, as a chart and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil
from statistics import median

from markupsafe import Markup

from .around import Usual
from .lanes import Href
from .stored import Turn
from .transcript import seconds

MOST = 40
"""More answers are drawn in groups, each by its slowest."""
LABELLED = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One answer, or the slowest of several: its turn, and the turns it stands for."""

    turn: int
    waited: float
    label: str


@dataclass(frozen=True, slots=True)
class Answers:
    """What the page shows of the response times; times in ms."""

    picture: Markup
    rows: Markup
    words: str
    median: float
    slowest: Bar
    grouped: bool
    usual: Usual


def _bars(told: Sequence[Turn]) -> list[Bar]:
    size = ceil(len(told) / MOST)
    found = []
    for start in range(0, len(told), size):
        group = told[start : start + size]
        top = max(group, key=lambda turn: turn.response_ms or 0)
        label = str(top.number) if size == 1 else f"{group[0].number} to {group[-1].number}"
        found.append(Bar(top.number, top.response_ms or 0, label))
    return found


def _line(name: str, words: str, at: float, top: float, shift: str) -> str:
    y = 100 - at * 100 / top
    return (
        f'<line class="{name}" x1="0" x2="100%" y1="{y:.2f}%" y2="{y:.2f}%"/>'
        f'<text class="tlab" x="100%" y="{y:.2f}%" dy="{shift}" text-anchor="end">{words}</text>'
    )


def _grid(top: float) -> str:
    return "".join(
        f'<line x1="0" x2="100%" y1="{k * 25}%" y2="{k * 25}%"/><text x="-8" y="{k * 25}%"'
        f' dy="0.32em" text-anchor="end">{top * (4 - k) / 4000:g}</text>'
        for k in range(5)
    )


def _top(highest: float) -> float:
    """A round number of ms that is not below the highest bar, and easy to divide by four."""
    for step in (400, 1000, 2000, 4000, 6000, 8000, 10_000, 20_000, 40_000, 60_000):
        if highest <= step:
            return step
    return ceil(highest / 120_000) * 120_000


def _picture(bars: Sequence[Bar], usual: Usual) -> str:
    highest = max(bar.waited for bar in bars)
    top = _top(max(highest, usual.p95 or 0))
    width = 100 / len(bars)
    out = [f'<g class="grid">{_grid(top)}</g>']
    for place, bar in enumerate(bars):
        x, high = place * width, bar.waited * 100 / top
        over = " over" if usual.slow(bar.waited) else ""
        out.append(
            f'<rect class="bar{over}" x="{x + width * 0.2:.2f}%" y="{100 - high:.2f}%"'
            f' width="{width * 0.6:.2f}%" height="{high:.2f}%" rx="3"/>'
        )
        if len(bars) <= LABELLED:
            out.append(
                f'<text x="{x + width / 2:.2f}%" y="100%" dy="1.5em" text-anchor="middle">'
                f"{bar.turn}</text>"
            )
    if usual.median is not None and usual.p95 is not None:
        apart = usual.p95 - usual.median > top * 0.15
        out.append(_line("usual", "usual", usual.median, top, "-0.35em" if apart else "1em"))
        out.append(_line("p95", "19 of 20", usual.p95, top, "-0.35em"))
    return "".join(out)


def _compared(waited: float, usual: Usual) -> str:
    if usual.median is None:
        return ""
    if usual.slow(waited):
        return "slow"
    return "as usual" if waited >= usual.median * 0.75 else "quick"


def _rows(bars: Sequence[Bar], usual: Usual, href: Href) -> str:
    return "".join(
        f'<tr><th scope="row"><a href="{href(bar.turn)}">{escape(bar.label)}</a></th>'
        f'<td class="num">{seconds(bar.waited)}</td><td>{_compared(bar.waited, usual)}</td></tr>'
        for bar in bars
    )


def answers(turns: Sequence[Turn], usual: Usual, href: Href) -> Answers | None:
    """The response times of a call; None where the agent answered nothing."""
    told = [turn for turn in turns if turn.role == "agent" and turn.response_ms is not None]
    if not told:
        return None
    bars = _bars(told)
    slowest = max(bars, key=lambda bar: bar.waited)
    middle = median(turn.response_ms or 0 for turn in told)
    slow = sum(usual.slow(turn.response_ms or 0) for turn in told)
    words = f"{len(told)} answers" if len(told) > 1 else "1 answer"
    words += f", {slow} of them slow" if slow else ""
    return Answers(
        Markup(_picture(bars, usual)), Markup(_rows(bars, usual, href)), words, middle, slowest,
        len(bars) < len(told), usual,
    )  # fmt: skip
