"""Importing a file piece by piece: what is stored and how far it came are one transaction, so that
an import that is killed goes on where it was."""

import uuid
from collections.abc import Iterator
from typing import IO

from app.core import audit, database
from app.world import bundles
from app.world.events import FROM_A_FILE
from app.world.imports import MOST_ERRORS, Importer, Item, Origin
from app.world.uploads import KEY

from . import folder, queries
from .queries import Import

PIECE = 500
"""Records of a transaction."""
PIECE_BYTES = 2 * 1024 * 1024
"""Large records make smaller pieces: a piece is what stands in memory."""
GONE = "The file is no longer there. Send it again."


def run(workspace_id: uuid.UUID, ident: uuid.UUID, most: int | None = None) -> None:
    """Import a file to its end, or `most` pieces of it."""
    with database.advisory(f"import {ident}") as held:
        found = queries.begin(workspace_id, ident) if held else None
        database.commit()
        if found is None:
            return
        try:
            with folder.opened(workspace_id, found.key) as file:
                if _read(workspace_id, found, file, most):
                    _end(workspace_id, found, None)
        except FileNotFoundError:
            _end(workspace_id, found, GONE)
        except bundles.Unreadable as wrong:
            _end(workspace_id, found, f"{wrong} What came before that is kept.")
        except Exception:
            _end(workspace_id, found, "Ward could not store what it read. The log says more.")
            raise


def _end(workspace_id: uuid.UUID, found: Import, error: str | None) -> None:
    database.rollback()
    status = "failed" if error else "done"
    if queries.end(workspace_id, found.id, status, error):
        audit.record("import.end", "import_file", found.id, resource_name=found.name, phi=True,
                     outcome="failed" if error else "ok")  # fmt: skip
    database.commit()
    folder.remove(workspace_id, found.key)


def _read(workspace_id: uuid.UUID, found: Import, file: IO[bytes], most: int | None) -> bool:
    """Whether the end was reached; not so when it was cancelled or `most` pieces are read."""
    origin = Origin(KEY, KEY, found.name[:128], confidence=FROM_A_FILE)
    importer = Importer(workspace_id, origin, commits=False)
    records = found.records
    for number, piece in enumerate(_pieces(_items(file, importer), file, records), 1):
        for place, _url, resource in piece:
            importer.take(place, resource)
        records += len(piece)
        if not _keep(workspace_id, found, importer, records, file.tell()):
            folder.remove(workspace_id, found.key)
            return False
        if number == most:
            return False
    return True


def _items(file: IO[bytes], importer: Importer) -> Iterator[Item]:
    bundle = bundles.is_bundle(bundles.unpacked(file))
    file.seek(0)
    if bundle:
        importer.urls = bundles.urls(bundles.unpacked(file))
        file.seek(0)
    opened = bundles.unpacked(file)
    return bundles.items(opened) if bundle else bundles.lines(opened)


def _pieces(items: Iterator[Item], file: IO[bytes], done: int) -> Iterator[list[Item]]:
    piece: list[Item] = []
    began = 0
    for number, item in enumerate(items):
        if number < done:
            continue
        piece.append(item)
        if len(piece) == PIECE or file.tell() - began >= PIECE_BYTES:
            yield piece
            piece, began = [], file.tell()
    if piece:
        yield piece


def _keep(
    workspace_id: uuid.UUID, found: Import, importer: Importer, records: int, position: int
) -> bool:  # fmt: skip
    """Store a piece with how far it came; False when the import was cancelled."""
    importer.flush()
    done = importer.result
    going_on = queries.keep(workspace_id, found.id, {
        "position": position, "records": records,
        "created": found.created + done.events_created,
        "changed": found.changed + done.events_updated,
        "unchanged": found.unchanged + done.events_skipped,
        "refused": found.refused + done.refused,
        "problems": [*found.problems, *done.errors][:MOST_ERRORS],
    })  # fmt: skip
    database.commit()
    return going_on


def sweep() -> int:
    """Delete files that nobody needs any more; how many."""
    from app.core import tenancy

    done = 0
    for place, key in folder.old():
        with database.transaction(), tenancy.inside(place):
            if not queries.waits(place, key):
                folder.remove(place, key)
                done += 1
    return done
