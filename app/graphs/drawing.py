"""A context graph as a picture: states in rows from the start down, arrows routed between them.

The rows are chosen here (longest path from the starts, so that a cycle is one arrow that goes
back up), then the order along each row, which keeps arrows from crossing, and then the places.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise, product

from .figures import (
    BOX,
    LABEL,
    LABEL_STEP,
    LANE,
    LOOP,
    MARGIN,
    Arrow,
    Box,
    Drawing,
    Edge,
    Label,
    Line,
    Node,
)
from .layering import Plan, merged, placed, planned, ports
from .lettering import is_rtl, shortened, text_of, wide
from .ordering import ordered


def bend(x0: float, y0: float, x1: float, y1: float, first: bool) -> str:
    """A curve that leaves and arrives upright, after a straight line to where it begins."""
    start = f"M{x0:g} {y0:g}" if first else f"V{y0:g}"
    if abs(x0 - x1) < 0.5:
        return f"{start}V{y1:g}" if first else f"V{y1:g}"
    half = (y0 + y1) / 2
    return f"{start}C{x0:g} {half:g} {x1:g} {half:g} {x1:g} {y1:g}"


def along(x0: float, y0: float, x1: float, y1: float, t: float) -> tuple[float, float]:
    """A point of the bend."""
    s = t * t * (3 - 2 * t)
    half = (y0 + y1) / 2
    u = 1 - t
    return x0 + (x1 - x0) * s, u**3 * y0 + 3 * u * t * half + t**3 * y1


class Labels:
    """Puts words on arrows where no other words are."""

    def __init__(self) -> None:
        self.taken: dict[int, list[tuple[float, float, float]]] = defaultdict(list)

    def put(
        self, gap: int, text: str, ends: tuple[float, float, float, float], bounds: float
    ) -> Label | None:
        """A label in the gap below a row: at the arrow's middle, or as near to it as is free."""
        words = shortened(text, LABEL, 12)
        reach = wide(words, 12) / 2 + 4
        beside = reach + 2
        for t, aside in product((0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78), (0, beside, -beside)):
            x, y = along(*ends, t)
            x = min(max(x + aside, reach), bounds - reach)
            if all(
                abs(x - other) >= reach + more or abs(y - level) >= LABEL_STEP
                for other, level, more in self.taken[gap]
            ):
                self.taken[gap].append((x, y, reach))
                return Label(round(x, 1), round(y, 1), words, is_rtl(text))
        return None


def gaps_below(
    plan: Plan, rows: int, x: list[float], labels: dict[tuple[int, int], str]
) -> list[float]:
    """The room below each row: more where arrows run far sideways or carry words."""
    far, words = [0.0] * rows, [0] * rows
    for upper, lower, _ in plan.links:
        row = plan.rows[upper]
        far[row] = max(far[row], abs(x[upper] - x[lower]))
    for pair, chain in plan.routes.items():
        if labels[pair]:
            words[min(plan.rows[chain[0]], plan.rows[chain[1]])] += 1
    return [round(54 + min(far[row] * 0.06, 60) + min(words[row], 8) * 7) for row in range(rows)]


def loop(box: Box, text: str) -> tuple[str, Label | None]:
    """An arrow from a state to itself at the box's right side, and its words."""
    side = box.x + box.width - (8 if box.kind in ("decision", "data_collection") else 0)
    middle = box.y + box.height / 2
    out = box.x + box.width + LOOP
    d = f"M{side:g} {middle - 12:g}C{out:g} {middle - 24:g} {out:g} {middle + 24:g} {side:g} {middle + 12:g}"
    words = shortened(text, LABEL, 12)
    x = out - 2 + wide(words, 12) / 2
    return d, Label(round(x, 1), middle, words, is_rtl(text)) if text else None


def draw(nodes: Sequence[Node], edges: Sequence[Edge]) -> Drawing:
    """Lay the states out and route the arrows between them."""
    if not nodes:
        return Drawing(2 * MARGIN, 2 * MARGIN, (), ())
    labels = merged(nodes, edges)
    plan = planned(nodes, labels)
    rows = ordered(plan.rows, ((upper, lower) for upper, lower, _ in plan.links))
    texts = [text_of(node) for node in nodes]
    sides = [(BOX / 2, BOX / 2)] * len(nodes) + [(LANE / 2, LANE / 2)] * (
        len(plan.rows) - len(nodes)
    )
    for (source, target), label in labels.items():
        if source == target:
            more = LOOP + (wide(shortened(label, LABEL, 12), 12) if label else 0)
            sides[source] = (BOX / 2, BOX / 2 + more)
    x = placed(plan, rows, sides)
    width = max(x[i] + sides[i][1] for i in range(len(x))) + MARGIN
    tops, lows = levels(
        plan, rows, [height for _, height in texts], gaps_below(plan, len(rows), x, labels)
    )
    boxes = []
    for i, (node, (lines, height)) in enumerate(zip(nodes, texts, strict=True)):
        row = plan.rows[i]
        y = tops[row] + (lows[row] - tops[row] - height) / 2
        boxes.append(
            Box(x[i] - BOX / 2, y, BOX, height, node.name, node.kind, node.marks,
                tuple(Line(line.text, y + line.y, line.role) for line in lines),
                is_rtl(node.name))
        )  # fmt: skip
    arrows = tuple(routed(plan, labels, x, boxes, tops, lows, width))
    return Drawing(round(width), lows[-1] + MARGIN, tuple(boxes), arrows)


def levels(
    plan: Plan, rows: list[list[int]], heights: list[float], gaps: list[float]
) -> tuple[list[float], list[float]]:
    """Where each row begins and ends."""
    tops, lows, y = [], [], float(MARGIN)
    for row, gap in zip(rows, gaps, strict=True):
        tops.append(y)
        lows.append(y + max((heights[i] for i in row if i < len(heights)), default=0))
        y = lows[-1] + gap
    return tops, lows


def routed(
    plan: Plan, labels: dict[tuple[int, int], str], x: list[float], boxes: list[Box],
    tops: list[float], lows: list[float], width: float,
) -> Iterator[Arrow]:  # fmt: skip
    """Every arrow in the order of its first edge."""
    ends, put = ports(plan, x), Labels()
    for (source, target), label in labels.items():
        if source == target:
            d, shown = loop(boxes[source], label)
            yield Arrow(d, source, target, label, False, shown)
            continue
        chain = plan.routes[source, target]
        back = plan.rows[source] > plan.rows[target]
        d, shown = "", None
        for a, b in pairwise(chain):
            upper, lower = (b, a) if back else (a, b)
            high, low = ends[upper, lower, back]
            y0 = (
                boxes[upper].y + boxes[upper].height
                if upper < len(boxes)
                else lows[plan.rows[upper]]
            )
            y1 = boxes[lower].y if lower < len(boxes) else tops[plan.rows[lower]]
            way = (low, y1, high, y0) if back else (high, y0, low, y1)
            d += bend(*way, first=not d)
            if label and a == source:
                shown = put.put(plan.rows[upper], label, way, width)
        yield Arrow(d, source, target, label, back, shown)
