"""A context graph as a picture: states in rows from the start down, arrows routed between them.

The rows are chosen here (longest path from the starts, so that a cycle is one arrow that goes
back up), igraph orders each row to keep arrows from crossing, and the places along a row are
chosen here again, since igraph knows nothing of boxes that are wider than the lines between them.
"""

import itertools
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from math import inf
from unicodedata import bidirectional, category, east_asian_width

from igraph import Graph

KINDS = {
    "action": "Action",
    "decision": "Decision",
    "annotation": "Annotation",
    "data_collection": "Data collection",
}
MARKS = {"new": "Start, new caller", "returning": "Start, returning caller", "terminal": "End"}

BOX = 184
ROOM = 144  # of a box's width, what its slanted or pointed sides leave for text
NAME_LINES = 3
NAME_STEP, SMALL_STEP, PAD = 18, 16, 11
LABEL = 148
LABEL_STEP = 18
LANE = 18  # the width kept for a line that passes a row
GAP = 22  # between neighbours in a row
LOOP = 34
MARGIN = 20
PORT = 16  # between two arrows at one side of a box
SWEEPS = 10
MANY = 2000
ROW_OF_LONELY = 5


@dataclass(frozen=True, slots=True)
class Node:
    """A state."""

    name: str
    kind: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one state to another, and when it is taken."""

    source: str
    target: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text in a box."""

    text: str
    y: float
    role: str  # mark | kind | name


@dataclass(frozen=True, slots=True)
class Box:
    """A state in the picture; x and y are its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    name: str
    kind: str
    marks: tuple[str, ...]
    lines: tuple[Line, ...]
    rtl: bool

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def shape(self) -> str:
        """The outline: a hexagon decides, a slanted box collects, a folded corner notes."""
        x, y, right, low = self.x, self.y, self.x + self.width, self.y + self.height
        if self.kind == "decision":
            half = y + self.height / 2
            return (
                f"M{x + 16:g} {y:g}H{right - 16:g}L{right:g} {half:g}"
                f"L{right - 16:g} {low:g}H{x + 16:g}L{x:g} {half:g}Z"
            )
        if self.kind == "data_collection":
            return f"M{x + 16:g} {y:g}H{right:g}L{right - 16:g} {low:g}H{x:g}Z"
        if self.kind == "annotation":
            return (
                f"M{x:g} {y:g}H{right - 16:g}L{right:g} {y + 16:g}V{low:g}H{x:g}Z"
                f"M{right - 16:g} {y:g}V{y + 16:g}H{right:g}"
            )
        return (
            f"M{x + 10:g} {y:g}H{right - 10:g}a10 10 0 0 1 10 10V{low - 10:g}"
            f"a10 10 0 0 1-10 10H{x + 10:g}a10 10 0 0 1-10-10V{y + 10:g}a10 10 0 0 1 10-10Z"
        )

    @property
    def words(self) -> str:
        """The whole box in words."""
        return ", ".join((self.name, kind_word(self.kind), *mark_words(self.marks)))


@dataclass(frozen=True, slots=True)
class Label:
    """An arrow's words where there is room for them; x and y are their middle."""

    x: float
    y: float
    text: str
    rtl: bool


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way in the picture; source and target are indices of boxes."""

    d: str
    source: int
    target: int
    label: str
    backwards: bool
    shown: Label | None


@dataclass(frozen=True, slots=True)
class Drawing:
    """The whole picture; boxes stand in the order of the nodes."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def kind_word(kind: str) -> str:
    return KINDS.get(kind) or kind.replace("_", " ").strip().capitalize() or "State"


def mark_words(marks: Iterable[str]) -> list[str]:
    return [MARKS[mark] for mark in MARKS if mark in marks]


# Text.


def is_rtl(text: str) -> bool:
    """Whether the first letter with a direction runs from right to left."""
    strong = (bidirectional(char) for char in text)
    return next((way for way in strong if way in ("L", "R", "AL")), "L") != "L"


def clusters(text: str) -> list[str]:
    """What the reader sees as one sign each: accents, joined emoji and flags stay whole."""
    found: list[str] = []
    for char in text:
        glued = category(char) in ("Mn", "Me", "Mc") or "\U0001f3fb" <= char <= "\U0001f3ff"
        flag = "\U0001f1e6" <= char <= "\U0001f1ff"
        after = found[-1] if found else ""
        if after and (
            glued
            or char == "\u200d"
            or after.endswith("\u200d")
            or (flag and len(after) == 1 and "\U0001f1e6" <= after <= "\U0001f1ff")
        ):
            found[-1] += char
        else:
            found.append(char)
    return found


def wide(text: str, size: float) -> float:
    """About how wide a text is; rather too much than too little."""
    total = 0.0
    for cluster in clusters(text):
        char = cluster[0]
        if east_asian_width(char) in "WF" or char >= "\U0001f000":
            total += 1.25
        elif char in "iIjl.,:;'|!()[] ’ft":
            total += 0.36
        elif char in "mwMW@%—…" or ord(char) > 0x2FFF:
            total += 0.95
        else:
            total += 0.72 if char.isupper() else 0.61
    return total * size


def shortened(text: str, room: float, size: float, more: bool = False) -> str:
    """As much as fits; an ellipsis ends what does not, or what has more behind it."""
    if not more and wide(text, size) <= room:
        return text
    kept: list[str] = []
    room -= wide("…", size)
    for cluster in clusters(text):
        room -= wide(cluster, size)
        if room < 0:
            break
        kept.append(cluster)
    return "".join(kept).rstrip() + "…"


def pieces(text: str) -> Iterator[str]:
    """Where a name may break: after a space, _, -, / or a dot."""
    piece = ""
    for char in text:
        piece += char
        if char in " _-/.":
            yield piece
            piece = ""
    if piece:
        yield piece


def wrapped(text: str, room: float, size: float, most: int) -> list[str]:
    """A name in at most so many lines; a word that is too long is cut anywhere."""
    lines, line = [], ""
    for piece in pieces(" ".join(text.split())):
        if wide((line + piece).rstrip(), size) <= room:
            line += piece
            continue
        if line:
            lines.append(line.rstrip())
        line = ""
        for cluster in clusters(piece):
            if line and wide(line + cluster, size) > room:
                lines.append(line)
                line = ""
            line += cluster
        if len(lines) > most:
            break
    lines.append(line.rstrip())
    lines = [line for line in lines if line] or ["(no name)"]
    if len(lines) > most:
        lines[most - 1] = shortened(lines[most - 1], room, size, more=True)
    return lines[:most]


def text_of(node: Node) -> tuple[tuple[Line, ...], float]:
    """The lines of a box from its upper edge, and the height they need."""
    rows = [(words, "mark", SMALL_STEP) for words in mark_words(node.marks)]
    rows.append((shortened(kind_word(node.kind), ROOM, 12), "kind", SMALL_STEP))
    rows += [(line, "name", NAME_STEP) for line in wrapped(node.name, ROOM, 14, NAME_LINES)]
    lines, y = [], float(PAD)
    for words, role, step in rows:
        lines.append(Line(words, y + step / 2, role))
        y += step
    return tuple(lines), y + PAD


# Rows.


def merged(nodes: Sequence[Node], edges: Sequence[Edge]) -> dict[tuple[int, int], str]:
    """Pairs of known states with the labels of all edges between them."""
    index: dict[str, int] = {}
    for i, node in enumerate(nodes):
        index.setdefault(node.name, i)
    labels: dict[tuple[int, int], list[str]] = {}
    for edge in edges:
        if edge.source in index and edge.target in index:
            known = labels.setdefault((index[edge.source], index[edge.target]), [])
            label = " ".join(edge.label.split())
            if label and label not in known:
                known.append(label)
    return {pair: " / ".join(words) for pair, words in labels.items()}


def backwards(nodes: Sequence[Node], pairs: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """The edges that lead back to where a walk from the starts has come from."""
    after: dict[int, list[int]] = defaultdict(list)
    entered = set()
    for source, target in pairs:
        after[source].append(target)
        entered.add(target)
    every = range(len(nodes))
    starts = [i for i in every if {"new", "returning"} & set(nodes[i].marks)]
    free = [i for i in every if i not in entered]
    seen, open_, back = set(), set(), set()
    for root in (*starts, *free, *every):
        if root in seen:
            continue
        seen.add(root)
        open_.add(root)
        stack = [(root, iter(after[root]))]
        while stack:
            node, rest = stack[-1]
            onward: int | None = next(rest, None)
            if onward is None:
                open_.discard(node)
                stack.pop()
            elif onward in open_:
                back.add((node, onward))
            elif onward not in seen:
                seen.add(onward)
                open_.add(onward)
                stack.append((onward, iter(after[onward])))
    return back


def rows_of(count: int, down: Sequence[tuple[int, int]]) -> list[int]:
    """Each state's row: below all it follows; a root just above its first follower."""
    after: dict[int, list[int]] = defaultdict(list)
    waiting = [0] * count
    for upper, lower in down:
        after[upper].append(lower)
        waiting[lower] += 1
    roots = [i for i in range(count) if not waiting[i]]
    rows, queue = [0] * count, deque(roots)
    while queue:
        upper = queue.popleft()
        for lower in after[upper]:
            rows[lower] = max(rows[lower], rows[upper] + 1)
            waiting[lower] -= 1
            if not waiting[lower]:
                queue.append(lower)
    lonely = [i for i in roots if not after[i]]
    last = 1 + max((rows[i] for i in range(count) if i not in set(lonely)), default=-1)
    for i in roots:
        rows[i] = min((rows[lower] for lower in after[i]), default=1) - 1
    for place, i in enumerate(lonely):
        rows[i] = last + place // ROW_OF_LONELY
    return rows


# Places.


@dataclass(slots=True)
class Plan:
    """States and the lanes of long arrows, all by number, states first."""

    rows: list[int]
    links: set[tuple[int, int, bool]] = field(default_factory=set)  # upper, lower, backwards
    routes: dict[tuple[int, int], list[int]] = field(default_factory=dict)

    lanes: dict[tuple[int, int], int] = field(default_factory=dict)  # by target and row
    states: int = 0

    def __post_init__(self) -> None:
        self.states = len(self.rows)

    def lane(self, target: int, row: int) -> int:
        """The lane in which every long arrow to a state passes a row."""
        if (target, row) not in self.lanes:
            self.lanes[target, row] = len(self.rows)
            self.rows.append(row)
        return self.lanes[target, row]

    @property
    def chains(self) -> list[list[int]]:
        """The lanes of each target, from row to row; a break in them starts a new list."""
        found: list[list[int]] = []
        last = (-1, -1)
        for key in sorted(self.lanes):
            if key != (last[0], last[1] + 1):
                found.append([])
            found[-1].append(self.lanes[key])
            last = key
        return found


def planned(nodes: Sequence[Node], pairs: Iterable[tuple[int, int]]) -> Plan:
    """Every arrow as a chain from row to row; long arrows to one state share their lanes."""
    every = [pair for pair in pairs if pair[0] != pair[1]]
    back = backwards(nodes, every)
    down = [(b, a) if (a, b) in back else (a, b) for a, b in every]
    plan = Plan(rows_of(len(nodes), down))
    for source, target in every:
        step = -1 if (source, target) in back else 1
        passed = range(plan.rows[source] + step, plan.rows[target], step)
        chain = [source, *(plan.lane(target, row) for row in passed), target]
        plan.routes[source, target] = chain
        for a, b in itertools.pairwise(chain):
            plan.links.add((a, b, False) if step > 0 else (b, a, True))
    return plan


def ordered(plan: Plan) -> list[list[int]]:
    """The rows from left to right with few crossings."""
    pairs = sorted({(upper, lower) for upper, lower, _ in plan.links})
    graph = Graph(n=len(plan.rows), edges=pairs, directed=True)
    places = graph.layout_sugiyama(layers=plan.rows, maxiter=15).coords
    rows: list[list[int]] = [[] for _ in range(max(plan.rows, default=-1) + 1)]
    for i in sorted(range(len(plan.rows)), key=lambda i: (round(places[i][0], 6), i)):
        rows[plan.rows[i]].append(i)
    return [row for row in rows if row]


def settled(wanted: list[float], weights: list[float], apart: list[float]) -> list[float]:
    """The places nearest to those wanted that keep the order and the distances.

    With the distances taken out this is isotonic regression: neighbours that would pass each
    other are pooled and share their mean.
    """
    offsets, total = [0.0], 0.0
    for gap in apart:
        total += gap
        offsets.append(total)
    pools: list[tuple[float, float, int]] = []
    for want, weight, offset in zip(wanted, weights, offsets, strict=True):
        mean, mass, size = want - offset, weight, 1
        while pools and pools[-1][0] > mean:
            other, more, count = pools.pop()
            mean = (mean * mass + other * more) / (mass + more)
            mass, size = mass + more, size + count
        pools.append((mean, mass, size))
    flat = [mean for mean, _, size in pools for _ in range(size)]
    return [place + offset for place, offset in zip(flat, offsets, strict=True)]


def placed(plan: Plan, rows: list[list[int]], sides: list[tuple[float, float]]) -> list[float]:
    """The middle of everything along its row: near what it is joined to, lanes straight."""
    apart = [[sides[a][1] + GAP + sides[b][0] for a, b in pairwise(row)] for row in rows]
    x = [0.0] * len(plan.rows)
    for row, gaps in zip(rows, apart, strict=True):
        at = -sum(gaps) / 2
        for i, gap in zip(row, [*gaps, 0.0], strict=True):
            x[i] = at
            at += gap
    above, below, around = pulls(plan)
    sweeps = SWEEPS if len(plan.rows) < MANY else SWEEPS // 2
    for sweep in range(sweeps):
        downwards = sweep % 2 == 0
        pull = around if sweep >= sweeps // 2 else above if downwards else below
        for row, gaps in list(zip(rows, apart, strict=True))[:: 1 if downwards else -1]:
            wanted, weights = [], []
            for i in row:
                near, weight = pull[i]
                place = x[i] * 0.1
                for j, share in near:
                    place += x[j] * share
                weight += 0.1
                wanted.append(place / weight)
                weights.append(weight)
            for i, place in zip(row, settled(wanted, weights, gaps), strict=True):
                x[i] = place
    straighten(plan, rows, apart, x)
    left = min(place - side[0] for place, side in zip(x, sides, strict=True)) - MARGIN
    return [round(place - left, 1) for place in x]


Pull = list[tuple[list[tuple[int, float]], float]]


def pulls(plan: Plan) -> tuple[Pull, Pull, Pull]:
    """What draws each state and lane: from above, from below, and both, with the sums."""
    above: list[list[tuple[int, float]]] = [[] for _ in plan.rows]
    below: list[list[tuple[int, float]]] = [[] for _ in plan.rows]
    for upper, lower, _ in sorted(plan.links):
        share = (1.0, 3.0, 8.0)[(upper >= plan.states) + (lower >= plan.states)]
        above[lower].append((upper, share))
        below[upper].append((lower, share))
    around = [near + more for near, more in zip(above, below, strict=True)]
    up, down, both = (
        [(near, sum(share for _, share in near)) for near in side]
        for side in (above, below, around)
    )
    return up, down, both


def straighten(plan: Plan, rows: list[list[int]], apart: list[list[float]], x: list[float]) -> None:
    """Move the lanes of one long arrow to one place for as many rows as have it free."""
    seat = {i: (row, k) for row, ids in enumerate(rows) for k, i in enumerate(ids)}

    def free(i: int) -> tuple[float, float]:
        row, k = seat[i]
        ids, gaps = rows[row], apart[row]
        low = x[ids[k - 1]] + gaps[k - 1] if k else -inf
        return low, x[ids[k + 1]] - gaps[k] if k + 1 < len(ids) else inf

    for lanes in plan.chains:
        run: list[int] = []
        low, high = -inf, inf
        for i in [*lanes, None]:
            least, most = (inf, -inf) if i is None else free(i)
            if max(low, least) > min(high, most):
                wish = sorted(x[j] for j in run)[len(run) // 2] if run else 0.0
                for j in run:
                    x[j] = min(max(wish, low), high)
                run, low, high = [], -inf, inf
            if i is not None:
                run.append(i)
                low, high = max(low, least), min(high, most)


# Arrows.


def ports(plan: Plan, x: list[float]) -> dict[tuple[int, int, bool], list[float]]:
    """Where each link leaves its upper and enters its lower end, so that they do not meet."""
    sides: dict[tuple[int, bool], list[tuple[float, tuple[int, int, bool]]]] = defaultdict(list)
    for link in sorted(plan.links):
        upper, lower, _ = link
        sides[upper, True].append((x[lower], link))
        sides[lower, False].append((x[upper], link))
    ends = {link: [x[link[0]], x[link[1]]] for link in plan.links}
    for (i, leaves), links in sides.items():
        if i >= plan.states:
            continue
        step = min(PORT, (ROOM - 8) / max(len(links) - 1, 1))
        for place, (_, link) in enumerate(sorted(links)):
            ends[link][not leaves] += round((place - (len(links) - 1) / 2) * step, 1)
    return ends


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
    rows = ordered(plan)
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
        for a, b in itertools.pairwise(chain):
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
