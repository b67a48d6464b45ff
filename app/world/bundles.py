"""Reading bundles and lines of FHIR resources as a stream, whatever their size."""

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import IO, Any, cast

import ijson
import orjson
from werkzeug.exceptions import ClientDisconnected

from .imports import Item

CHUNK = 256 * 1024
LONGEST_LINE = 16 * 1024 * 1024
GZIP = b"\x1f\x8b"


class Unreadable(ValueError):
    """The file is no bundle; the message says what is wrong, in words."""


def unpacked(file: IO[bytes]) -> IO[bytes]:
    """The file, decompressed when it is gzip."""
    start = file.read(2)
    file.seek(0)
    return cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if start == GZIP else file


def _entries(file: IO[bytes]) -> Iterator[Any]:
    try:
        yield from ijson.items(file, "entry.item", use_float=True)
    except ijson.JSONError as error:
        raise Unreadable(f"The bundle breaks off or is no JSON: {_short(error)}.") from None
    except (OSError, EOFError, zlib.error):
        raise Unreadable("The compressed file is damaged.") from None


def _short(error: Exception) -> str:
    return str(error).split("\n")[0].strip().rstrip(".")[:200]


def urls(file: IO[bytes]) -> dict[str, tuple[str, str]]:
    """fullUrl -> (type, id) of every entry. Raises Unreadable."""
    found: dict[str, tuple[str, str]] = {}
    for entry in _entries(file):
        if isinstance(entry, dict) and isinstance(entry.get("fullUrl"), str):
            resource = entry.get("resource")
            if isinstance(resource, dict):
                kind, ident = resource.get("resourceType"), resource.get("id")
                ident = ident or entry["fullUrl"].rpartition(":")[2].rpartition("/")[2]
                if isinstance(kind, str) and isinstance(ident, str):
                    found[entry["fullUrl"]] = (kind, ident)
    return found


def items(file: IO[bytes]) -> Iterator[Item]:
    """The resources of a bundle; one without an id takes that of its fullUrl. Raises Unreadable."""
    for number, entry in enumerate(_entries(file), 1):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        url = entry.get("fullUrl") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and "id" not in resource and isinstance(url, str):
            resource = {**resource, "id": url.rpartition(":")[2].rpartition("/")[2]}
        yield f"entry {number}", url, resource


def lines(file: IO[bytes]) -> Iterator[Item]:
    """The resources of NDJSON, one a line."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            while line and not line.endswith(b"\n"):
                line = file.readline(LONGEST_LINE)
            yield f"line {number}", None, None
        elif line.strip():
            try:
                yield f"line {number}", None, orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
            except orjson.JSONDecodeError:
                yield f"line {number}", None, "no JSON"


def is_bundle(file: IO[bytes]) -> bool:
    """Whether the first object of a file is a bundle rather than the first of many lines."""
    try:
        for prefix, event, value in ijson.parse(file, use_float=True):
            if prefix == "entry" and event == "start_array":
                return True
            if prefix == "resourceType":
                return bool(value == "Bundle")
    except ijson.JSONError:
        pass
    except (OSError, EOFError, zlib.error):
        raise Unreadable("The compressed file is damaged.") from None
    finally:
        file.seek(0)
    return False


class Lines(io.RawIOBase):
    """A request's body as a file that reads lines and ends where the client stops."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.kept, self.over = stream, b"", False

    def readline(self, size: int | None = -1, /) -> bytes:
        """The next line, or its first `size` bytes."""
        limit = LONGEST_LINE if size is None or size < 0 else size
        while b"\n" not in self.kept and len(self.kept) < limit and not self.over:
            chunk = self._chunk()
            self.over = not chunk
            self.kept += chunk
        end = self.kept.find(b"\n") + 1 or len(self.kept)
        end = min(end, limit)
        line, self.kept = self.kept[:end], self.kept[end:]
        return line

    def _chunk(self) -> bytes:
        try:
            return self.stream.read(CHUNK)
        except ClientDisconnected:
            return b""


def of_stream(stream: IO[bytes]) -> IO[bytes]:
    """A request's body, to be read by lines."""
    return cast("IO[bytes]", Lines(stream))
