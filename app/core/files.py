"""A private file as an answer: in ranges, never from a cache, never guessed at."""

from typing import IO, Any

from flask import Response, request
from werkzeug.wsgi import FileWrapper

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
