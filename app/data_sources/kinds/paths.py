"""Places in records and files, as the kinds of sources name them."""

import re
from pathlib import PurePosixPath
from typing import Annotated

from annotated_types import MaxLen
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

PATH = re.compile(r"[A-Za-z_][\w-]*(\[\d+\])?(\.[A-Za-z_][\w-]*(\[\d+\])?)*")


def _json_path(text: str) -> str:
    if not PATH.fullmatch(text):
        raise PydanticCustomError("json_path", "Enter a path into the JSON such as event.id.")
    return text


def _folder(text: str) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or "\\" in text or not text.isprintable():
        raise PydanticCustomError(
            "folder", "Enter a folder below this workspace’s own, such as exports, without “..”."
        )
    return str(path)


def _column(text: str) -> str:
    if not text.isprintable():
        raise PydanticCustomError("column", "Leave line breaks and control characters out.")
    return text


JsonPath = Annotated[str, MaxLen(256), AfterValidator(_json_path)]
"""A path into a record such as event.id or names[0].given."""
Folder = Annotated[str, MaxLen(1024), AfterValidator(_folder)]
"""A folder below the workspace's own."""
Column = Annotated[str, MaxLen(256), AfterValidator(_column)]
"""The name of a column, or a path into a record."""
