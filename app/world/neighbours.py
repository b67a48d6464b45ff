"""What an entity is related to, one step away, as a small picture: it on top, the others below.

Two boxes a row fit a phone. The words of a relationship stand in the box of the other one, so that
thirty lines stay readable.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from app.graphs.lettering import is_rtl, shortened

MOST = 30
BOX, GAP, BEND = 164, 36, 8
HEIGHT, STEP, BELOW, MARGIN, PAD = 44, 54, 66, 4, 10
NAME, SMALL = 13, 12
Related = tuple[uuid.UUID, str, str, str]
"""(other entity, icon, name, how they are related), as of `relations.related`."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box with a name and what stands below it; the one on top has no `id`."""

    x: float
    y: float
    width: float
    name: str
    text: str
    below: str
    rtl: bool
    id: uuid.UUID | None = None
    same: bool = False

    @property
    def middle(self) -> float:
        """The middle from left to right."""
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Line:
    """From the middle to a box; `same` joins records of one person."""

    d: str
    same: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes and lines; `more` others are not in it."""

    width: float
    height: float
    boxes: list[Box]
    lines: list[Line]
    more: int


def _box(x: float, y: float, width: float, name: str, below: str, ident: uuid.UUID | None = None,
         same: bool = False) -> Box:  # fmt: skip
    room = width - 2 * PAD
    return Box(x, y, width, name, shortened(name, room, NAME), shortened(below, room, SMALL),
               is_rtl(name), ident, same)  # fmt: skip


def _line(centre: Box, box: Box) -> Line:
    """Down the middle and round the corner to the box."""
    x, y = centre.middle, box.y + HEIGHT / 2
    left = box.x < x
    turn, edge = (x - BEND, box.x + box.width) if left else (x + BEND, box.x)
    return Line(f"M{x:g} {centre.y + HEIGHT:g}V{y - BEND:g}Q{x:g} {y:g} {turn:g} {y:g}H{edge:g}",
                box.same)  # fmt: skip


def picture(name: str, kind: str, same: Sequence[Related], others: Sequence[Related]) -> Picture:
    """The entity on top; below it records of the same person, then the others, thirty at most."""
    every = [*((one, True) for one in same), *((one, False) for one in others)]
    shown = every[:MOST]
    centre = _box(MARGIN + (BOX + GAP) / 2, MARGIN, BOX, name, kind)
    boxes = [
        _box(MARGIN + n % 2 * (BOX + GAP), MARGIN + BELOW + n // 2 * STEP, BOX, other, how, ident,
             linked)
        for n, ((ident, _icon, other, how), linked) in enumerate(shown)
    ]  # fmt: skip
    rows = (len(shown) + 1) // 2
    height = 2 * MARGIN + (BELOW + rows * STEP - (STEP - HEIGHT) if rows else HEIGHT)
    return Picture(2 * MARGIN + 2 * BOX + GAP, height, [centre, *boxes],
                   [_line(centre, box) for box in boxes], len(every) - len(shown))  # fmt: skip
