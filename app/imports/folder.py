"""Files that wait to be imported: <drop folder>/.imports/<workspace id>/<32 hex>."""

import contextlib
import errno
import re
import secrets
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from flask import current_app

from app.core import files
from app.core.errors import Unavailable

MOST_BYTES = 2 * 1024**3
OLD = 3600
KEY = re.compile(r"[0-9a-f]{32}")
NO_FOLDER = "This installation has no folder for files; WARD_DROP_FOLDER names it."
TOO_LARGE = f"A file is at most {MOST_BYTES // 1024**3} GB."


def root() -> Path:
    """The folder of all workspaces. Raises Unavailable when none is set."""
    given = current_app.config["WARD"].drop_folder
    if not given:
        raise Unavailable(NO_FOLDER)
    # No workspace's own folder is named so, and none can be configured to be this one.
    return Path(given) / ".imports"


def path_of(workspace_id: uuid.UUID, key: str) -> Path:
    """Where a file lies. Raises FileNotFoundError for what is no key."""
    if not KEY.fullmatch(key):
        raise FileNotFoundError(errno.ENOENT, "not a key")
    return root() / str(workspace_id) / key


def remove(workspace_id: uuid.UUID, key: str) -> None:
    """Delete a file; what cannot be deleted now is left to the sweep."""
    with contextlib.suppress(OSError):
        path_of(workspace_id, key).unlink(missing_ok=True)


class Incoming(files.Incoming):
    """A file while it comes in; gone with the request unless `keep` is called."""

    def __init__(self, workspace_id: uuid.UUID, expected: int) -> None:
        self.key = secrets.token_hex(16)
        super().__init__(path_of(workspace_id, self.key), expected, MOST_BYTES, TOO_LARGE)

    def keep(self) -> str:
        """Make the file last; its key. Raises what went wrong while it came in."""
        self.make_last()
        self.kept = True
        return self.key


def old() -> Iterator[tuple[uuid.UUID, str]]:
    """(workspace, key) of all files that have lain for an hour."""
    for folder in root().iterdir() if root().is_dir() else ():
        with contextlib.suppress(ValueError):
            place = uuid.UUID(folder.name)
            for path in folder.iterdir():
                with contextlib.suppress(FileNotFoundError):
                    if time.time() - path.stat().st_mtime > OLD:
                        yield place, path.name


def opened(workspace_id: uuid.UUID, key: str) -> IO[bytes]:
    """The file. Raises FileNotFoundError."""
    return path_of(workspace_id, key).open("rb")
