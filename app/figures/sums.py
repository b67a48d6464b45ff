"""What was counted of some calls, and how two countings compare."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from app.calls import buckets

COUNTS = ("calls", "answered", "transferred", "unanswered", "escalated")
OUTCOMES = ("answered", "transferred", "unanswered")


@dataclass(frozen=True, slots=True)
class Sums:
    """Counts of ended calls, of their lengths (s) and of the waits for an answer (ms)."""

    calls: int = 0
    answered: int = 0
    transferred: int = 0
    unanswered: int = 0
    escalated: int = 0
    lengths: tuple[int, ...] = ()
    responses: tuple[int, ...] = ()

    def length(self, share: float) -> float | None:
        """The length in seconds that `share` (0..1) of the calls did not pass."""
        return buckets.quantile(self.lengths, buckets.LENGTHS, share)

    def response(self, share: float) -> float | None:
        """The wait in milliseconds that `share` (0..1) of the answers did not pass."""
        return buckets.quantile(self.responses, buckets.RESPONSES, share)

    @classmethod
    def total(cls, parts: Iterable[Self]) -> Self:
        """All of them together."""
        found = list(parts)
        return cls(
            **{name: sum(getattr(one, name) for one in found) for name in COUNTS},
            lengths=_added(one.lengths for one in found),
            responses=_added(one.responses for one in found),
        )


def _added(all_of: Iterable[Sequence[int]]) -> tuple[int, ...]:
    return tuple(sum(same) for same in zip(*(one for one in all_of if one), strict=True))


def delta_pct(now: float | None, before: float | None) -> float | None:
    """By how many percent it changed; None where there is nothing to compare with."""
    if now is None or not before:
        return None
    return round((now - before) / before * 100, 1)
