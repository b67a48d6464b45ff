"""What a drawing of a graph is made of, in pixels."""

from dataclasses import dataclass

KINDS = {
    "action": "Action",
    "decision": "Decision",
    "annotation": "Annotation",
    "data_collection": "Data collection",
}
MARKS = {"new": "Start, new caller", "returning": "Start, known caller", "terminal": "End"}

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
