"""Rows and places: longest path from the starts, straight lanes."""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

from .figures import GAP, MANY, MARGIN, PORT, ROOM, ROW_OF_LONELY, SWEEPS, Edge, Node


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
        for a, b in pairwise(chain):
            plan.links.add((a, b, False) if step > 0 else (b, a, True))
    return plan


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
