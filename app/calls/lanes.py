"""The timeline of a call as a drawing (SVG) and as a table: one row a stretch.

Positions are percentages of the width, so that words keep their size on every screen. What is
too fine to be seen is drawn together with its neighbour.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape

from markupsafe import Markup

from app.core import formats

from .timeline import SILENCE_S, Segment

Href = Callable[[int], str]
NAMES = {"caller": "Caller", "agent": "Agent", "operator": "Operator", "tool": "Tools"}
KINDS = {
    "interrupted_speech": "spoke and was interrupted", "tool_call": "ran",
    "barge_in": "began before the other had ended", "silence": "Nobody spoke",
    "processing_gap": "The caller waited for the agent",
}  # fmt: skip
MOST = 300
"""More stretches are drawn together."""
FINEST = 200
HEIGHT, BAR = 24, 14
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What the page shows of the timeline."""

    picture: Markup
    rows: Markup
    summary: str
    lanes: int
    still: bool
    cut: bool
    merged: bool


def _merged(parts: Iterable[Segment], finest: float) -> list[Segment]:
    """Stretches of a lane less than `finest` seconds apart become one."""
    found: list[Segment] = []
    for part in parts:
        last = found[-1] if found else None
        if last is not None and part.start - last.until < finest:
            kind = (
                "interrupted_speech"
                if "interrupted_speech" in (last.kind, part.kind)
                else last.kind
            )
            found[-1] = replace(last, until=max(last.until, part.until), kind=kind)
        else:
            found.append(part)
    return found


def _limited(parts: Sequence[Segment], length: float) -> tuple[dict[str, list[Segment]], bool]:
    """The stretches of each lane that is in use; few enough to draw."""
    lanes = {name: [p for p in parts if p.lane == name and p.kind != "barge_in"] for name in NAMES}
    lanes = {name: own for name, own in lanes.items() if own}
    many = sum(map(len, lanes.values())) > MOST
    if many:
        lanes = {name: _merged(own, length / FINEST) for name, own in lanes.items()}
    return lanes, many


def _still(parts: Sequence[Segment], length: float) -> list[Segment]:
    """Pauses long enough to be heard and seen."""
    least = max(SILENCE_S, length / FINEST)
    return [
        p for p in parts if p.kind in ("silence", "processing_gap") and p.until - p.start >= least
    ]


def _span(part: Segment) -> str:
    begun, over = formats.clock(part.start), formats.clock(part.until)
    return begun if begun == over else f"{begun} to {over}"


def _said(part: Segment) -> str:
    if part.lane == "tool":
        return f"{part.label} {KINDS['tool_call']}"
    if part.lane == "system":
        return KINDS[part.kind]
    return f"{NAMES[part.lane]} {KINDS.get(part.kind, 'spoke')}"


def _bar(part: Segment, top: int, length: float, href: Href) -> str:
    left, wide = part.start * 100 / length, (part.until - part.start) * 100 / length
    kind = f"{part.lane} cut" if part.kind == "interrupted_speech" else part.lane
    mark = ""
    if part.kind == "interrupted_speech":
        mark = (
            f'<line class="stop" x1="{left + wide:.2f}%" x2="{left + wide:.2f}%" y1="{top - 3}"'
            f' y2="{top + BAR + 3}"/>'
        )
    words = escape(f"{_said(part)}, {_span(part)}")
    return (
        f'<a href="{href(part.turn or 1)}" tabindex="-1"><title>{words}</title><rect class="{kind}"'
        f' x="{left:.2f}%" width="{wide:.2f}%" y="{top}" height="{BAR}" rx="3"/>{mark}</a>'
    )


def _scale(length: float, bottom: int) -> str:
    step = next((s for s in STEPS if length / s <= 6), 86400)
    return "".join(
        f'<line class="tick" x1="{at * 100 / length:.2f}%" x2="{at * 100 / length:.2f}%" y1="0"'
        f' y2="{bottom}"/><text class="at" x="{at * 100 / length:.2f}%" y="{bottom + 16}"'
        f' text-anchor="middle">{formats.clock(at)}</text>'
        for at in range(0, int(length) + 1, step)
    )


def _picture(
    lanes: dict[str, list[Segment]], still: Sequence[Segment], length: float, href: Href
) -> str:
    bottom = len(lanes) * HEIGHT
    out = [_scale(length, bottom)]
    out += [
        f'<rect class="still" x="{p.start * 100 / length:.2f}%" y="0" height="{bottom}"'
        f' width="{(p.until - p.start) * 100 / length:.2f}%"><title>{KINDS[p.kind]},'
        f" {_span(p)}</title></rect>"
        for p in still
    ]
    for place, (name, own) in enumerate(lanes.items()):
        top = place * HEIGHT + (HEIGHT - BAR) // 2
        out.append(
            f'<text class="lane" x="-8" y="{top + 11}" text-anchor="end">{NAMES[name]}</text>'
        )
        out += [_bar(part, top, length, href) for part in own]
    return "".join(out)


def _rows(parts: Sequence[Segment], href: Href) -> str:
    return "".join(
        f'<tr><td class="nowrap">{_span(p)}</td><td><bdi>{escape(_said(p))}</bdi></td><td>'
        + (f'<a href="{href(p.turn)}">Turn {p.turn}</a>' if p.turn else "")
        + "</td></tr>"
        for p in parts
    )


def _summary(parts: Sequence[Segment], still: Sequence[Segment]) -> str:
    """The drawing in words."""
    told = []
    for lane in ("caller", "agent", "operator"):
        own = [p for p in parts if p.lane == lane and p.kind != "barge_in"]
        if own:
            spoke = sum(p.until - p.start for p in own)
            told.append(f"{NAMES[lane].lower()} {formats.duration(spoke)}")
    words = f"Spoken: {', '.join(told)}." if told else ""
    cut = sum(p.kind in ("interrupted_speech",) for p in parts)
    if cut:
        words += f" {cut} {'interruption' if cut == 1 else 'interruptions'}."
    if still:
        longest = max(still, key=lambda p: p.until - p.start)
        words += (
            f" Longest silence {formats.duration(longest.until - longest.start)},"
            f" at {formats.clock(longest.start)}."
        )
    return words.strip()


def drawing(parts: Sequence[Segment], length: float | None, href: Href) -> Drawing | None:
    """The timeline of a call of `length` seconds; None where there is nothing to draw.

    `href` gives the link to a turn.
    """
    whole = max([length or 0.0, *(p.until for p in parts)])
    if whole <= 0:
        return None
    lanes, merged = _limited(parts, whole)
    if not lanes:
        return None
    still = _still(parts, whole)
    listed = sorted(
        [p for own in lanes.values() for p in own] + still, key=lambda p: (p.start, p.lane)
    )
    return Drawing(
        Markup(_picture(lanes, still, whole, href)), Markup(_rows(listed, href)),
        _summary(parts, still),
        len(lanes), bool(still), any(p.kind == "interrupted_speech" for p in parts), merged,
    )  # fmt: skip
