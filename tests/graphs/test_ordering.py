"""The order along each row: nothing is lost, and few arrows cross."""

import random
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from app.graphs.ordering import ordered

Pairs = list[tuple[int, int]]


def crossings(order: list[list[int]], pairs: Pairs) -> int:
    """Counted pair by pair."""
    at = {one: (row, place) for row, rest in enumerate(order) for place, one in enumerate(rest)}
    return sum(
        (at[a][1] - at[c][1]) * (at[b][1] - at[d][1]) < 0
        for (a, b), (c, d) in combinations(set(pairs), 2)
        if at[a][0] == at[c][0]
    )


def rows_with(sizes: list[int], dice: random.Random, links: int) -> tuple[list[int], Pairs]:
    """Rows of these sizes, and links between those that follow each other."""
    rows = [row for row, size in enumerate(sizes) for _ in range(size)]
    dice.shuffle(rows)
    of_row = [[one for one, at in enumerate(rows) if at == row] for row in range(len(sizes))]
    pairs = []
    for _ in range(links if len(sizes) > 1 else 0):
        row = dice.randrange(len(sizes) - 1)
        pairs.append((dice.choice(of_row[row]), dice.choice(of_row[row + 1])))
    return rows, pairs


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=6), st.integers(0, 2**32), st.integers(0, 30)
)
def test_every_row_keeps_what_is_in_it_and_no_more_arrows_cross_than_before(sizes, seed, links):
    rows, pairs = rows_with(sizes, random.Random(seed), links)
    found = ordered(rows, pairs)
    assert [sorted(row) for row in found] == [
        [one for one, at in enumerate(rows) if at == row] for row in range(len(sizes))
    ]
    assert crossings(found, pairs) <= crossings([sorted(row) for row in found], pairs)
    assert found == ordered(rows, reversed(pairs))


def test_what_can_be_drawn_without_a_crossing_is():
    for seed in range(30):
        dice = random.Random(seed)
        rows, pairs, last = [0], [], [0]
        for row in range(1, 5):
            new = list(range(len(rows), len(rows) + dice.randint(2, 7)))
            parents = sorted(dice.choice(last) for _ in new)
            rows += [row] * len(new)
            dice.shuffle(new)
            pairs += zip(parents, new, strict=True)
            last = new
        assert crossings(ordered(rows, pairs), pairs) == 0, seed


def test_nothing_and_one_are_ordered():
    assert ordered([], []) == [] and ordered([0], []) == [[0]]
