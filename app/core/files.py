"""Private files: while they come in, and as answers in ranges, never from a cache."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from flask import Response, g, request
from werkzeug.wsgi import FileWrapper

from .errors import Full, TooLarge, WardError

KEPT_FREE = 64 * 1024 * 1024
"""Files leave this much of the disk to others: the database may lie on the same one."""
BLOCK = 64 * 1024
PIECE = 1024 * 1024
"""Of a range without an end, as players ask for, so much is sent: the player asks again.

A player reads as slowly as it plays, and would hold a thread of the server for all that time.
"""


def begins() -> int | None:
    """The first byte that is asked for; None for so and so many from the end."""
    asked = request.range
    if asked is None or len(asked.ranges) != 1:
        return 0
    start: int = asked.ranges[0][0]
    return start if start >= 0 else None


def _asked(size: int) -> dict[str, Any]:
    """The request's headers, with a range that ends; several ranges at once count as none."""
    asked, environ = request.range, dict(request.environ)
    if asked is None:
        return environ
    if len(asked.ranges) != 1:
        environ.pop("HTTP_RANGE")
        return environ
    start, end = asked.ranges[0]
    if end is None and 0 <= start < size:
        environ["HTTP_RANGE"] = f"bytes={start}-{min(start + PIECE, size) - 1}"
    return environ


def send(file: IO[bytes], size: int, kind: str, etag: str, name: str, download: bool) -> Response:
    """The open file of `size` bytes, or the range that is asked for; closes it at the end.

    Raises RequestedRangeNotSatisfiable (416).
    """
    response = Response(
        FileWrapper(file, BLOCK),
        mimetype=kind, direct_passthrough=True,
    )  # fmt: skip
    response.call_on_close(file.close)
    response.content_length = size
    response.set_etag(etag)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Disposition"] = (
        f'{"attachment" if download else "inline"}; filename="{name}"'
    )
    try:
        response.make_conditional(_asked(size), accept_ranges=True, complete_length=size)
    except BaseException:
        file.close()
        raise
    return response


@contextlib.contextmanager
def full_told() -> Iterator[None]:
    """A full disk in words."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Full from None
        raise


def sync(folder: Path) -> None:
    """Make the names in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def ensure(folder: Path) -> None:
    """Make a folder of our own, safe against a power cut."""
    if not folder.is_dir():
        ensure(folder.parent)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        sync(folder.parent)


class Incoming:
    """A file while it comes in, at a path that nobody else uses; gone with the request unless it is
    `kept`.

    `write` does not raise when the file grows beyond `most` bytes or the disk is full: the rest is
    read and dropped, so that the sender hears why, and `check` raises.
    """

    def __init__(self, path: Path, expected: int, most: int, too_large: str) -> None:
        self.path, self.most, self.too_large = path, most, too_large
        self.bytes, self.kept = 0, False
        self.problem: WardError | None = None
        with full_told():
            ensure(path.parent)
            if shutil.disk_usage(path.parent).free < expected + KEPT_FREE:
                self.problem = Full()
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            self.file = os.fdopen(os.open(path, flags, 0o600), "w+b", buffering=0)
        g.setdefault("incoming", []).append(self)

    def write(self, content: bytes) -> int:
        """Append; what cannot be kept is dropped and noted."""
        self.bytes += len(content)
        if self.bytes > self.most:
            self._spoiled(TooLarge(self.too_large))
        if self.problem is None:
            try:
                with full_told():
                    _write_all(self.file.fileno(), content)
            except Full as problem:
                self._spoiled(problem)
        return len(content)

    def _spoiled(self, problem: WardError) -> None:
        """Give the room back at once."""
        if self.problem is None:
            self.problem = problem
            os.truncate(self.file.fileno(), 0)

    def check(self) -> None:
        """Raise what went wrong, if anything did."""
        if self.problem is not None:
            raise self.problem

    def make_last(self) -> None:
        """Have it all on the disk. Raises what went wrong while it came in."""
        self.check()
        with full_told():
            os.fsync(self.file.fileno())

    def discard(self) -> None:
        """Close the file, and delete it unless it was kept."""
        self.file.close()
        if not self.kept:
            self.path.unlink(missing_ok=True)

    def __getattr__(self, name: str) -> Any:
        """The rest of a file's manners (seek, read, close), which forms ask for."""
        return getattr(self.file, name)


def _write_all(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def tidy(_error: BaseException | None = None) -> None:
    """Delete what this request left unfinished, at its end."""
    for incoming in g.pop("incoming", ()):
        incoming.discard()
