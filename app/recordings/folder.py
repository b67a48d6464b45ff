"""Where recordings lie: <folder>/<workspace id>/<2 hex>/<64 hex>.

The key is random and stands in the row alone; a path is built from a workspace id and a key of
exactly that form, so nothing that anybody sends can lead elsewhere. What comes in is written
beside it, in <workspace id>/incoming, and renamed when it is whole.
"""

import errno
import hashlib
import logging
import os
import re
import secrets
import stat
import uuid
from pathlib import Path
from typing import IO

from flask import current_app

from app.core import files
from app.core.errors import BadRequest, TooLarge, Unavailable

log = logging.getLogger("ward")
MOST_BYTES = 200 * 1024 * 1024
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


class Incoming(files.Incoming):
    """A recording while it comes in. Unless `keep` is called it is gone with the request."""

    def __init__(self, workspace_id: uuid.UUID, expected: int) -> None:
        self.workspace_id, self._hash = workspace_id, hashlib.sha256()
        path = place_of(workspace_id) / INCOMING / f"{secrets.token_hex(16)}.part"
        super().__init__(path, expected, MOST_BYTES, TOO_LARGE)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, content: bytes) -> int:
        """Append; what cannot be kept is dropped and noted."""
        self._hash.update(content)
        return super().write(content)

    def keep(self) -> str:
        """Put the file where it stays, safe against a power cut; its key."""
        key = secrets.token_hex(32)
        target = path_of(self.workspace_id, key)
        self.make_last()
        with files.full_told():
            files.ensure(target.parent)
            self.path.rename(target)
            files.sync(target.parent)
        self.file.close()
        return key


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
