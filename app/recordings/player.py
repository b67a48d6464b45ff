"""What the player shows: the waveform as a path, and moments worth a look."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.core import formats

from .queries import Recording
from .schema import NAMES

LANE = 40
"""Height of a lane of the waveform; it is as wide as there are peaks."""
MOST_MOMENTS = 60
KINDS = {"slow": "Slow answer", "cut": "Interrupted"}
Href = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Moment:
    """Something to look at, in seconds: `turn` counts from 1, `kind` is slow or cut."""

    at: float
    turn: int
    kind: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment in the drawing: how far along, in percent."""

    left: str
    kind: str
    at: float
    href: str
    words: str


@dataclass(frozen=True, slots=True)
class Player:
    """A recording, ready to draw."""

    length: str
    seconds: float
    about: str
    lanes: tuple[tuple[str, str], ...]
    """(whose it is, the path) of each channel."""
    width: int
    height: int
    marks: tuple[Mark, ...]
    kinds: tuple[tuple[str, str], ...]
    """(kind, words) of the moments that are marked."""
    drawn: bool


def _path(peaks: Sequence[int]) -> str:
    """One stroke a peak, around the middle of the lane."""
    middle = LANE / 2
    return "".join(
        f"M{place} {middle - high:g}V{middle + high:g}"
        for place, high in (
            (p, max(0.5, peak * (middle - 2) / 100)) for p, peak in enumerate(peaks)
        )
    )


def _size(size: int) -> str:
    return f"{size / 1024**2:.1f} MB" if size >= 1024**2 else f"{max(1, round(size / 1024))} kB"


def player(recording: Recording, moments: Sequence[Moment], href: Href) -> Player:
    """The player of a recording; `href` gives the link to a turn."""
    peaks = recording.peaks or []
    names = ("Caller", "Agent") if len(peaks) == 2 else ("",)
    whole = recording.duration_seconds
    sides = {1: "one channel", 2: "caller and agent apart"}
    about = (
        f"{NAMES[recording.format]}, {sides.get(recording.channels, 'several channels')},"
        f" {_size(recording.bytes)}"
    )
    shown = [moment for moment in moments if moment.at <= whole][:MOST_MOMENTS]
    return Player(
        formats.clock(whole), whole, about,
        tuple((name, _path(lane)) for name, lane in zip(names, peaks, strict=False)),
        len(peaks[0]) if peaks else 0, LANE,
        tuple(Mark(f"{m.at * 100 / whole:.2f}%", m.kind, m.at, href(m.turn),
                   f"{KINDS[m.kind]}, {formats.clock(m.at)}") for m in shown),
        tuple((kind, words) for kind, words in KINDS.items() if any(m.kind == kind for m in shown)),
        recording.peaks is not None,
    )  # fmt: skip
