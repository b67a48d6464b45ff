"""Counting lengths and response times in buckets, so that figures of many calls add up exactly.

A bucket's count can be added and taken away; a quantile is read from the counts, no further from
the truth than its bucket is wide (a fifth of its value for response times, a quarter for lengths).
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

LENGTHS = (
    5.0, 8.0, 10.0, 13.0, 16.0, 20.0, 25.0, 32.0, 40.0, 50.0, 60.0, 75.0, 90.0, 110.0, 135.0, 165.0,
    200.0, 240.0, 300.0, 360.0, 450.0, 540.0, 660.0, 810.0, 1000.0, 1200.0, 1500.0, 1800.0, 2700.0,
    3600.0, 7200.0,
)  # fmt: skip
"""Seconds. Bucket n holds what is at least LENGTHS[n - 1] and below LENGTHS[n]."""
RESPONSES = (
    100.0, 150.0, 200.0, 250.0, 300.0, 360.0, 430.0, 510.0, 610.0, 730.0, 870.0, 1000.0, 1200.0,
    1500.0, 1800.0, 2200.0, 2600.0, 3100.0, 3700.0, 4500.0, 5400.0, 6500.0, 8000.0, 10000.0,
    15000.0, 30000.0,
)  # fmt: skip
"""Milliseconds, likewise."""


def count(values: Iterable[float], bounds: Sequence[float]) -> list[int]:
    """How many values fall into each bucket; one bucket more than there are bounds."""
    found = [0] * (len(bounds) + 1)
    for value in values:
        found[bisect_right(bounds, value)] += 1
    return found


def quantile(counts: Sequence[int], bounds: Sequence[float], share: float) -> float | None:
    """The value below which `share` (0..1) of what was counted lies; None for nothing.

    Within a bucket the values are taken to be spread evenly; the last bucket has no end and
    answers with its beginning.
    """
    total = sum(counts)
    if not total:
        return None
    wanted, before = share * total, 0
    for index, here in enumerate(counts):
        if here and before + here >= wanted:
            low = bounds[index - 1] if index else 0.0
            high = bounds[index] if index < len(bounds) else low
            return low + (high - low) * (wanted - before) / here
        before += here
    return bounds[-1]
