"""Keeping the folder and the table of recordings together.

Removes files that no row knows and uploads that were never finished, both once they are an hour
old, and tells of rows whose file is gone. A folder of a workspace that the database does not
know is told of and left alone: it may be the wrong database, or one that is not restored yet.
"""

import contextlib
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.core import database, tenancy

from . import folder, queries
from .folder import INCOMING, KEY

OLD = 3600
SHELVES = tuple(f"{number:02x}" for number in range(256))
_EXISTS = "select exists (select from workspace where id = %(workspace_id)s)"


@dataclass(slots=True)
class Swept:
    """What was removed, in files, and what was found wrong."""

    unknown: int = 0
    unfinished: int = 0
    missing: list[tuple[uuid.UUID, uuid.UUID]] = field(default_factory=list)
    """(workspace, call) of rows whose file is gone."""
    foreign: list[str] = field(default_factory=list)
    """Names in the folder that belong to no workspace here."""


def sweep() -> Swept:
    """Sweep the folders of all workspaces, each in transactions of its own."""
    done, root = Swept(), folder.root()
    for name in sorted(_names(root)):
        place = _workspace(name)
        if place is None:
            if not _was_empty(root / name):
                done.foreign.append(name)
            continue
        with database.transaction(), tenancy.inside(place):
            _workspace_folder(done, place, root / name)
    return done


def _workspace(name: str) -> uuid.UUID | None:
    """The workspace that a folder's name means, where the database knows it."""
    try:
        place = uuid.UUID(name)
    except ValueError:
        return None
    with database.transaction(), tenancy.inside(place):
        known = str(place) == name and database.value(_EXISTS, {"workspace_id": place})
    return place if known else None


def _was_empty(home: Path) -> bool:
    """Remove a folder in which nothing ever stayed; a workspace that was only tried leaves one."""
    with contextlib.suppress(OSError):
        if (home / INCOMING).is_dir():
            (home / INCOMING).rmdir()
        home.rmdir()
        return True
    return False


def _names(path: Path) -> list[str]:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return [entry.name for entry in path.iterdir()]
    return []


def _workspace_folder(done: Swept, place: uuid.UUID, home: Path) -> None:
    for path in _old(home / INCOMING):
        path.unlink(missing_ok=True)
        done.unfinished += 1
    for shelf in SHELVES:
        there = set(_names(home / shelf))
        known = queries.keys(place, shelf)
        for path in _old(home / shelf, there - known.keys()):
            path.unlink(missing_ok=True)
            done.unknown += 1
        for key in known.keys() - there:
            if not (home / shelf / key).exists():
                done.missing.append((place, known[key]))


def _old(path: Path, names: set[str] | None = None) -> Iterator[Path]:
    """Files in a folder that were last written to more than an hour ago."""
    for name in _names(path) if names is None else names:
        found = path / name
        with contextlib.suppress(FileNotFoundError):
            status = found.lstat()
            wanted = names is None or KEY.fullmatch(name)
            if wanted and not found.is_dir() and time.time() - status.st_mtime > OLD:
                yield found
