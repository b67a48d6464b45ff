"""Words in boxes and on arrows: how wide they are, where they break, what is left out."""

from collections.abc import Iterable, Iterator
from unicodedata import bidirectional, category, east_asian_width

from .figures import KINDS, MARKS, NAME_LINES, NAME_STEP, PAD, ROOM, SMALL_STEP, Line, Node


def kind_word(kind: str) -> str:
    return KINDS.get(kind) or kind.replace("_", " ").strip().capitalize() or "State"


def mark_words(marks: Iterable[str]) -> list[str]:
    return [MARKS[mark] for mark in MARKS if mark in marks]


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
