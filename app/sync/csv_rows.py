"""Reading CSV as a stream: whatever its size, letters, line ends and mistakes.

A row that cannot be understood is refused by itself, with the line it begins on, and reading goes
on with the line after it: a quotation mark that is never closed swallows nothing.
"""

import codecs
import csv
import hashlib
import io
import zlib
from array import array
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import IO, Any

from app.world.bundles import Unreadable
from app.world.records import Refused

CHUNK = 1024 * 1024
LONGEST_LINE = 256 * 1024
MOST_LINES = 500
MOST_COLUMNS = 2000
LATIN = "cp1252"
UNUSED = frozenset(b"\x81\x8d\x8f\x90\x9d")
"""Bytes that stand for nothing in Latin-1 as Windows writes it."""
BROKEN = (
    "The quotation marks of this row do not fit together, or a value in it is longer than"
    " 131,072 characters."
)
LONG = f"This line is longer than {LONGEST_LINE:,} characters."
TOO_LONG = "\0"
"""Stands for a line that was skipped; no text holds it."""
Row = tuple[int, list[str] | Refused]


def encoding_of(file: IO[bytes]) -> str:
    """UTF-8, UTF-16 with its mark, or Latin-1, after a look at every byte; the file is read from
    its beginning afterwards. Raises Unreadable."""
    start = file.read(4)
    file.seek(0)
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    if start == b"PK\x03\x04":
        raise Unreadable("This is a spreadsheet or ZIP file. Save it as CSV.")
    found = _looked(file)
    file.seek(0)
    return found


def _looked(file: IO[bytes]) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    latin, beyond, line = False, False, 1
    while chunk := _read(file):
        if b"\0" in chunk:
            raise Unreadable("It holds NUL characters, so it is no text.")
        if not latin:
            try:
                beyond |= not decoder.decode(chunk).isascii()
            except UnicodeDecodeError as error:
                before = error.object[: error.start]
                line += before.count(b"\n")
                if beyond or not before.isascii():
                    raise Unreadable(f"Its letters are UTF-8 at first, but not on line {line}. Save"
                                     " it as UTF-8.") from None  # fmt: skip
                latin = True
            else:
                line += chunk.count(b"\n")
        if latin and not UNUSED.isdisjoint(chunk):
            raise Unreadable(f"Its letters are neither UTF-8 nor Latin-1 (line {line} or later)."
                             " Save it as UTF-8.")  # fmt: skip
    return LATIN if latin or not _whole(decoder) else "utf-8-sig"


def _whole(decoder: codecs.IncrementalDecoder) -> bool:
    try:
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _read(file: IO[bytes]) -> bytes:
    try:
        return file.read(CHUNK)
    except (OSError, EOFError, zlib.error):
        raise Unreadable("The compressed file is damaged.") from None


class _Broken(Exception):
    """A record that goes on too long."""


class _Lines:
    """The lines of a text; those of a record that is broken come again, but for its first."""

    def __init__(self, text: io.TextIOBase) -> None:
        self.text, self.number = text, 0
        self.taken: list[str] = []
        self.again: deque[str] = deque()
        self.size = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.again.popleft() if self.again else self.text.readline(LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        if len(line) > LONGEST_LINE:
            while line and not line.endswith(("\n", "\r")):
                line = self.text.readline(LONGEST_LINE)
            line = TOO_LONG
        self.number += 1
        self.taken.append(line)
        self.size += len(line)
        if line == TOO_LONG or self.size > LONGEST_LINE or len(self.taken) > MOST_LINES:
            raise _Broken
        return line

    def done(self) -> int:
        """The record is over; the line it began on."""
        start = self.number - len(self.taken) + 1
        self.taken, self.size = [], 0
        return start

    def broken(self) -> Row:
        """The record is refused; what follows its first line is read anew."""
        start = self.number - len(self.taken) + 1
        reason = LONG if self.taken[0] == TOO_LONG else BROKEN
        self.again.extendleft(reversed(self.taken[1:]))
        self.number, self.taken, self.size = start, [], 0
        return start, Refused(reason)


def raw(text: io.TextIOBase, delimiter: str) -> Iterator[Row]:
    """(line, cells) of every row that holds anything, or why it is refused."""
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (_Broken, csv.Error):
            if not lines.taken:
                return
            yield lines.broken()
            continue
        start = lines.done()
        if any(cell.strip() for cell in cells):
            yield start, cells


def columns(file: IO[bytes], delimiter: str) -> list[str]:
    """The names of the header. Raises Unreadable."""
    text = io.TextIOWrapper(file, encoding_of(file), newline="")
    try:
        _line, names = next(raw(text, delimiter), (0, []))
    except UnicodeError:
        return []
    finally:
        text.detach()
    return [] if isinstance(names, Refused) else [name.strip() for name in names]


def rows(
    file: IO[bytes], delimiter: str, wanted: Sequence[Sequence[Sequence[str]]], id_column: str
) -> Iterator[tuple[int, dict[str, Any] | Refused]]:
    """(line, record) of every row below the header. `wanted` are the columns of each field, as
    alternatives. Raises Unreadable for a file whose header cannot serve them."""
    encoding = encoding_of(file)
    text = io.TextIOWrapper(file, encoding, newline="")
    found = raw(text, delimiter)
    try:
        _line, names = next(found, (0, []))
        if isinstance(names, Refused):
            raise Unreadable(f"The header cannot be read: {names.reason}")
        header = _header(names, delimiter, wanted, id_column)
        for line, cells in found:
            yield line, cells if isinstance(cells, Refused) else _record(header, cells)
    except UnicodeError:
        raise Unreadable("It breaks off in the middle of a letter.") from None
    finally:
        # The file is its owner's to close.
        text.detach()


def _header(
    names: list[str], delimiter: str, wanted: Sequence[Sequence[Sequence[str]]], id_column: str
) -> list[str]:
    header = [name.strip() for name in names]
    if not header:
        raise Unreadable("The file is empty.")
    if len(header) > MOST_COLUMNS:
        raise Unreadable(f"It has more than {MOST_COLUMNS:,} columns.")
    there = set(header)
    missing = [] if id_column in there else [id_column]
    used = {id_column}
    for alternatives in wanted:
        known = [joined for joined in alternatives if set(joined) <= there]
        used |= {name for joined in known for name in joined}
        if not known and alternatives:
            missing += [name for name in alternatives[0] if name not in there]
    if missing:
        hint = " Is the separator right?" if len(header) == 1 else ""
        listed = ", ".join(f"“{name}”" for name in dict.fromkeys(missing))
        raise Unreadable(f"The header has no column {listed}.{hint}")
    twice = sorted(name for name, count in Counter(header).items() if count > 1 and name in used)
    if twice:
        raise Unreadable(f"Two columns are named “{twice[0]}”. Give each its own name.")
    return header


def _record(header: list[str], cells: list[str]) -> dict[str, Any] | Refused:
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        return Refused(
            f"This row has {len(cells)} values, and the header names {len(header)} columns."
        )
    return dict(zip(header, cells, strict=False))


class Seen:
    """The ids of one file that came already: 64 bits each, so that millions stay small."""

    def __init__(self) -> None:
        self.count, self.slots = 0, array("Q", bytes(8 << 12))

    def again(self, ident: str) -> bool:
        """Whether it came before; it has now."""
        mark = int.from_bytes(
            hashlib.blake2b(ident.encode(errors="replace"), digest_size=8).digest()
        )
        if not self._put(self.slots, mark or 1):
            return True
        self.count += 1
        if self.count * 2 > len(self.slots):
            larger = array("Q", bytes(len(self.slots) * 16))
            for known in self.slots:
                if known:
                    self._put(larger, known)
            self.slots = larger
        return False

    @staticmethod
    def _put(slots: "array[int]", mark: int) -> bool:
        last = len(slots) - 1
        place = mark & last
        while slots[place]:
            if slots[place] == mark:
                return False
            place = (place + 1) & last
        slots[place] = mark
        return True
