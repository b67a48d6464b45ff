"""Where recordings lie: <folder>/<workspace id>/<2 hex>/<64 hex>.

The key is random and stands in the row alone; a path is built from a workspace id and a key of
exactly that form, so nothing that anybody sends can lead elsewhere. What comes in is written
beside it, in <workspace id>/incoming, and renamed when it is whole.
"""

import contextlib
import errno
import hashlib
import logging
import os
import re
import secrets
import shutil
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from flask import current_app, g

from app.core.errors import BadRequest, Full, TooLarge, Unavailable, WardError

log = logging.getLogger("ward")
MOST_BYTES = 200 * 1024 * 1024
KEPT_FREE = 64 * 1024 * 1024
"""Recordings leave this much of the disk to others: the database may lie on the same one."""
INCOMING = "incoming"
KEY = re.compile(r"[0-9a-f]{64}")
CHUNK = 256 * 1024
TOO_LARGE = f"A recording is at most {MOST_BYTES // 1024**2} MB."
CUT_OFF = "The recording broke off before its end. Nothing was stored; send it again."
NO_FOLDER = "This installation has no folder for recordings; WARD_RECORDINGS names it."


def root() -> Path:
    """The folder of all workspaces. Raises Unavailable when none is set."""
    given = current_app.config["WARD"].recordings
    if not given:
        raise Unavailable(NO_FOLDER)
    return Path(given)


def place_of(workspace_id: uuid.UUID) -> Path:
    """The folder of one workspace."""
    return root() / str(uuid.UUID(str(workspace_id)))


def path_of(workspace_id: uuid.UUID, key: str) -> Path:
    """Where a recording lies. Raises FileNotFoundError for what is no key."""
    if not KEY.fullmatch(key):
        raise FileNotFoundError(errno.ENOENT, "not a key")
    return place_of(workspace_id) / key[:2] / key


def read(workspace_id: uuid.UUID, key: str) -> IO[bytes]:
    """The stored file. Raises FileNotFoundError when it is gone, or no plain file."""
    try:
        opened = os.open(path_of(workspace_id, key), os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise FileNotFoundError(errno.ENOENT, "no such recording") from None
        raise
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise FileNotFoundError(errno.ENOENT, "not a file")
    return os.fdopen(opened, "rb")


def remove(workspace_id: uuid.UUID, key: str) -> None:
    """Delete a stored file, if it is there. What cannot be deleted now is left to the sweep."""
    try:
        path_of(workspace_id, key).unlink(missing_ok=True)
    except OSError as error:
        log.error("a recording could not be deleted: %s", error.strerror)


def _sync(folder: Path) -> None:
    """Make the names in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _ensure(folder: Path) -> None:
    if not folder.is_dir():
        _ensure(folder.parent)
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        _sync(folder.parent)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """A full disk in words."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Full from None
        raise


class Incoming:
    """A file while it comes in. Unless `keep` is called it is gone with the request.

    `write` does not raise when the file grows too large or the disk is full: the rest is read
    and dropped, so that the sender hears why, and `check` raises.
    """

    def __init__(self, workspace_id: uuid.UUID, expected: int) -> None:
        self.workspace_id, self.bytes = workspace_id, 0
        self.problem: WardError | None = None
        self._hash = hashlib.sha256()
        folder = place_of(workspace_id) / INCOMING
        self.path = folder / f"{secrets.token_hex(16)}.part"
        with _told():
            _ensure(folder)
            if shutil.disk_usage(folder).free < expected + KEPT_FREE:
                self.problem = Full()
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            self.file = os.fdopen(os.open(self.path, flags, 0o600), "w+b", buffering=0)
        self._listed()

    def _listed(self) -> None:
        g.setdefault("incoming", []).append(self)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, content: bytes) -> int:
        """Append; what cannot be kept is dropped and noted."""
        self.bytes += len(content)
        if self.bytes > MOST_BYTES:
            self._spoiled(TooLarge(TOO_LARGE))
        if self.problem is None:
            self._hash.update(content)
            try:
                with _told():
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

    def keep(self) -> str:
        """Put the file where it stays, safe against a power cut; its key."""
        key = secrets.token_hex(32)
        target = path_of(self.workspace_id, key)
        with _told():
            os.fsync(self.file.fileno())
            _ensure(target.parent)
            self.path.rename(target)
            _sync(target.parent)
        self.file.close()
        return key

    def discard(self) -> None:
        """Close the file, and delete it unless it was kept."""
        self.file.close()
        self.path.unlink(missing_ok=True)

    def __getattr__(self, name: str) -> Any:
        """The rest of a file's manners (seek, read, close), which forms ask for."""
        return getattr(self.file, name)


def _write_all(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def receive(workspace_id: uuid.UUID, stream: IO[bytes], length: int) -> Incoming:
    """A body of `length` bytes, written to disk piece by piece.

    Raises BadRequest (it broke off), TooLarge or Full.
    """
    if length > MOST_BYTES:
        raise TooLarge(TOO_LARGE)
    incoming = Incoming(workspace_id, length)
    while incoming.bytes < length:
        chunk = stream.read(min(CHUNK, length - incoming.bytes))
        if not chunk:
            raise BadRequest(CUT_OFF)
        incoming.write(chunk)
    incoming.check()
    return incoming


def tidy() -> None:
    """Delete what this request left unfinished."""
    for incoming in g.pop("incoming", ()):
        incoming.discard()
