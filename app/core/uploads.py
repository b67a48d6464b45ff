"""Files in request bodies: only where a route says so, and straight to where it says."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import IO, Any

import flask
from flask import g
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.sansio.http import parse_cookie

from . import database
from .errors import BadRequest

SLACK = 1024 * 1024
"""Bytes of a form beside its fields and its file."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a route takes: as the field `field` of a form, or as the body itself.

    `open` is told how many bytes to expect, and gives the place into which they are written as
    they come in.
    """

    field: str
    types: tuple[str, ...]
    most: int
    open: Callable[[int], Any]
    part: str = ""
    """The field of the form that holds the JSON body, where one comes along."""


@lru_cache(1024)
def _cookies(header: str) -> ImmutableMultiDict[str, str]:
    return ImmutableMultiDict(parse_cookie(header))


class Request(flask.Request):
    """A request that keeps no file in memory and none where nobody asked for one."""

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """The cookies; the same header is read once."""
        return _cookies(self.environ.get("HTTP_COOKIE", ""))

    def _get_file_stream(
        self, total_content_length: int | None, content_type: str | None,
        filename: str | None = None, content_length: int | None = None,
    ) -> IO[bytes]:  # fmt: skip
        route = g.get("route")
        if route is None or route.upload is None:
            raise BadRequest("No file can be sent here.")
        # A slow line must not hold a connection of the database.
        database.commit()
        opened: IO[bytes] = route.upload.open(total_content_length or 0)
        self._opened.append(opened)
        return opened

    @cached_property
    def _opened(self) -> list[IO[bytes]]:
        return []

    def close(self) -> None:
        """Close what came in, also of a form that broke off."""
        super().close()
        for opened in self._opened:
            opened.close()


def limit(upload: Upload | None, most_text: int) -> None:
    """How large the form of this request may be, its text in `most_text` bytes at most."""
    if upload is not None:
        flask.request.max_content_length = upload.most + most_text + SLACK
        flask.request.max_form_memory_size = most_text


def is_form() -> bool:
    """Whether the body is a form with files."""
    return flask.request.mimetype == "multipart/form-data"


def text_part(name: str, most: int) -> bytes:
    """A field of the form, sent as text or as a file. Raises BadRequest when it is missing."""
    field = flask.request.form.get(name)
    if field is not None:
        return field.encode()
    sent = flask.request.files.get(name)
    if sent is None:
        raise BadRequest(f"The form has no part named {name}, or it broke off.")
    size = sent.stream.seek(0, os.SEEK_END)
    sent.stream.seek(0)
    if size > most:
        raise BadRequest(f"The part {name} is larger than {most:,} bytes.")
    return sent.stream.read()
