"""Files of FHIR resources as people have them: bundles or lines, gzip or not."""

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.core import database
from app.core.identity import Actor

from . import bundles, imports
from .events import FROM_A_FILE
from .imports import Imported, Origin

KEY = "fhir_import"
"""The same record is the same however it came in."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    name: str
    result: Imported | None
    problem: str


def read(workspace_id: uuid.UUID, origin: Origin, file: IO[bytes]) -> Imported:
    """Import one file. Raises Unreadable; what came before that is kept."""
    bundle = bundles.is_bundle(bundles.unpacked(file))
    file.seek(0)
    urls = bundles.urls(bundles.unpacked(file)) if bundle else {}
    file.seek(0)
    opened = bundles.unpacked(file)
    items = bundles.items(opened) if bundle else bundles.lines(opened)
    return imports.run(workspace_id, origin, items, urls)


def take(actor: Actor, name: str, file: IO[bytes]) -> Outcome:
    """Import one uploaded file, and say in words when it cannot be read to its end."""
    origin = Origin(KEY, KEY, Path(name).name[:128], confidence=FROM_A_FILE)
    try:
        return Outcome(name, read(actor.here.id, origin, file), "")
    except bundles.Unreadable as error:
        database.rollback()
        return Outcome(name, None, str(error))
