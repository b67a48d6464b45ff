"""How long calls were and how long callers waited: the words, and where an axis ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.core import formats

MEDIAN, MOST = 0.5, 0.95


def _milliseconds(value: float) -> str:
    return f"{round(value):,} ms" if value < 9999.5 else f"{value / 1000:.1f} s"


def _minutes(value: float) -> str:
    return f"{int(value) // 60}:{int(value) % 60:02}"


@dataclass(frozen=True, slots=True)
class Measure:
    """`name` is the method of Sums; `ends` are the round ends that an axis may have."""

    name: str
    read: Callable[[float], str]
    tick: Callable[[float], str]
    more: str
    less: str
    ends: Sequence[int]

    def top(self, highest: float) -> float:
        """The end of an axis for values up to the highest."""
        return next((end for end in self.ends if end >= highest), highest)


LENGTH = Measure(
    "length", formats.duration, _minutes, "longer", "shorter",
    (20, 40, 60, 120, 240, 480, 720, 1200, 2400, 3600, 7200),
)  # fmt: skip
RESPONSE = Measure(
    "response", _milliseconds, lambda value: f"{round(value):,}", "slower", "faster",
    (400, 800, 1200, 2000, 4000, 8000, 12000, 20000, 30000),
)  # fmt: skip
