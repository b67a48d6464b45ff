"""Files that wait to be imported: <drop folder>/.imports/<workspace id>/<32 hex>."""

import contextlib
import errno
import os
import re
import secrets
import shutil
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from flask import current_app, g

from app.core.errors import Full, TooLarge, Unavailable, WardError

MOST_BYTES = 2 * 1024**3
KEPT_FREE = 64 * 1024**2
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


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Full from None
        raise


class Incoming:
    """A file while it comes in; gone with the request unless it is kept.

    What does not fit is read and dropped, so that the sender hears why from `check`.
    """

    def __init__(self, workspace_id: uuid.UUID, expected: int) -> None:
        self.workspace_id, self.bytes, self.kept = workspace_id, 0, False
        self.key = secrets.token_hex(16)
        self.problem: WardError | None = None
        self.path = path_of(workspace_id, self.key)
        with _told():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if shutil.disk_usage(self.path.parent).free < expected + KEPT_FREE:
                self.problem = Full()
            self.file = self.path.open("x+b", buffering=0)
        g.setdefault("imports_incoming", []).append(self)

    def write(self, content: bytes) -> int:
        """Append, or drop it and note why."""
        self.bytes += len(content)
        if self.bytes > MOST_BYTES and self.problem is None:
            self.problem = TooLarge(TOO_LARGE)
            self.file.truncate(0)
        if self.problem is None:
            try:
                with _told():
                    left = memoryview(content)
                    while left:
                        left = left[self.file.write(left) :]
            except Full as problem:
                self.problem = problem
                self.file.truncate(0)
        return len(content)

    def keep(self) -> str:
        """Make the file last; its key. Raises what went wrong while it came in."""
        if self.problem is not None:
            raise self.problem
        with _told():
            os.fsync(self.file.fileno())
        self.kept = True
        return self.key

    def discard(self) -> None:
        """Close the file, and delete it unless it was kept."""
        self.file.close()
        if not self.kept:
            self.path.unlink(missing_ok=True)

    def __getattr__(self, name: str) -> Any:
        """The rest of a file's manners (seek, read, close), which forms ask for."""
        return getattr(self.file, name)


def tidy() -> None:
    """Delete what this request left unfinished."""
    for incoming in g.pop("imports_incoming", ()):
        incoming.discard()


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
