"""The order along each row: sweeps down and up put everything near what it is joined to, and then
neighbours change places as long as fewer arrows cross."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence

SWEEPS = 16
"""Down and up in turns."""
PASSES = 4
"""How often neighbours of a row may change places in one sweep."""


def ordered(rows: Sequence[int], pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """What stands in each row from left to right, with few crossings; the same every time.

    `rows` has the row of each; `pairs` are (upper, lower) of rows that follow each other.
    """
    order = _Order(rows, sorted(set(pairs)))
    best, fewest = order.copy(), order.crossings()
    for sweep in range(SWEEPS):
        if not fewest:
            break
        order.sweep(sweep)
        crossings = order.crossings()
        if crossings < fewest:
            best, fewest = order.copy(), crossings
    return [row for row in best if row]


class _Order:
    """The rows under way: `at` is each one's place, `near` its neighbours above and below."""

    def __init__(self, rows: Sequence[int], pairs: list[tuple[int, int]]) -> None:
        self.rows: list[list[int]] = [[] for _ in range(max(rows, default=-1) + 1)]
        for one, row in enumerate(rows):
            self.rows[row].append(one)
        self.near: list[tuple[list[int], list[int]]] = [([], []) for _ in rows]
        for upper, lower in pairs:
            self.near[lower][0].append(upper)
            self.near[upper][1].append(lower)
        self.at = [0] * len(rows)
        for placed in self.rows:
            self._number(placed)

    def copy(self) -> list[list[int]]:
        return [list(row) for row in self.rows]

    def sweep(self, number: int) -> None:
        """Go down or up once. In every second pair of sweeps those that pull the same way pass each
        other, so that the order of the beginning does not decide."""
        side, turned = number % 2, number % 4 > 1
        for row in reversed(self.rows) if side else self.rows:
            means = {one: self._mean(one, side) for one in row}
            if turned:
                row.reverse()
            row.sort(key=means.__getitem__)
            self._number(row)
        for row in self.rows:
            self._exchange(row)

    def crossings(self) -> int:
        """How many arrows cross, between all rows."""
        found = 0
        for row in self.rows:
            seen: list[int] = []
            for one in row:
                places = self._places(one, 1)
                found += sum(len(seen) - bisect_right(seen, place) for place in places)
                for place in places:
                    insort(seen, place)
        return found

    def _number(self, row: list[int]) -> None:
        for place, one in enumerate(row):
            self.at[one] = place

    def _places(self, one: int, side: int) -> list[int]:
        return sorted(self.at[other] for other in self.near[one][side])

    def _mean(self, one: int, side: int) -> float:
        near = self.near[one][side]
        return sum(self.at[other] for other in near) / len(near) if near else self.at[one]

    def _exchange(self, row: list[int]) -> None:
        """Let neighbours change places where fewer arrows cross then."""
        places = {one: (self._places(one, 0), self._places(one, 1)) for one in row}
        for _ in range(PASSES):
            still = True
            for place in range(len(row) - 1):
                left, right = places[row[place]], places[row[place + 1]]
                if _crossed(left, right) > _crossed(right, left):
                    row[place], row[place + 1] = row[place + 1], row[place]
                    still = False
            if still:
                break
        self._number(row)


def _crossed(left: tuple[list[int], list[int]], right: tuple[list[int], list[int]]) -> int:
    """How often the arrows of two neighbours cross, above and below."""
    return sum(
        bisect_left(theirs, place)
        for mine, theirs in zip(left, right, strict=True)
        for place in mine
    )
