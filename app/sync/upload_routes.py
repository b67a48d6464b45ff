"""Files that people upload for a file drop: they go where the other system's files go."""

import contextlib
import re
import uuid
from pathlib import Path
from typing import Any

from flask import Response, current_app, flash, request

from app.core import audit, database, files
from app.core import collection_store as store
from app.core.collection import Record
from app.core.errors import Conflict, NotFound
from app.core.feature import MIB
from app.core.formats import isolated
from app.core.identity import actor
from app.core.pages import redirect_to
from app.core.uploads import Upload
from app.data_sources import probes
from app.data_sources.declaration import DATA_SOURCES
from app.data_sources.kinds.others import FileDropConfig
from app.data_sources.routes import faces

from .hook_routes import feature

MOST = 2048 * MIB
NAME = re.compile(r"[^\w.() -]+")
TOO_LARGE = f"A file is at most {MOST // 1024**3} GB."


def _arriving(expected: int) -> files.Incoming:
    """The file in its folder, under a name that no reading looks at."""
    _, config = _source((request.view_args or {})["ident"])
    part = _folder(actor().here.id, config.path) / f".{uuid.uuid4().hex}.part"
    # A slow line must not hold a connection of the database.
    database.commit()
    return files.Incoming(part, expected, MOST, TOO_LARGE)


FILE = Upload(
    "file", ("text/csv", "application/json", "application/x-ndjson", "application/gzip"), MOST,
    _arriving,
)  # fmt: skip


def _folder(workspace_id: uuid.UUID, path: str) -> Path:
    """The source's folder, made where it is missing. Raises Conflict."""
    drop = current_app.config["WARD"].drop_folder
    if not drop:
        raise Conflict("This installation has no drop folder (WARD_DROP_FOLDER).")
    home = Path(drop) / str(workspace_id)
    place = (home / path).resolve()
    if not place.is_relative_to(home.resolve()):
        raise Conflict("The folder of this source leads out of the workspace’s own.")
    place.mkdir(parents=True, exist_ok=True)
    return place


def _named(incoming: files.Incoming, given: str) -> Path:
    """Give a whole file a name that is free."""
    given = NAME.sub("_", Path(given.replace("\\", "/")).name)
    stem, _, suffix = given.lower().rpartition(".")
    stem = given[: len(stem)].strip(". ")[:100] or "file"
    incoming.make_last()
    for number in range(10_000):
        name = incoming.path.with_name(f"{stem}{f'-{number}' if number else ''}.{suffix}")
        with contextlib.suppress(FileExistsError):
            # Unlike a rename, a link never takes the place of another file.
            name.hardlink_to(incoming.path)
            return name
    raise Conflict("There are too many files of this name in the folder.")


def _source(ident: uuid.UUID) -> tuple[Record[Any], FileDropConfig]:
    record = store.one(DATA_SOURCES, actor(), ident)
    if record.value.source_type != "file_drop":
        raise NotFound("Files are uploaded to file drops only.")
    return record, FileDropConfig.model_validate(record.value.connection_config)


@feature.page("/data-sources/<uuid:ident>/files", permission="DataSource.update",
              methods=["POST"], upload=FILE)  # fmt: skip
def upload(ident: uuid.UUID) -> Response:
    """Put a file into the folder and have it read."""
    from .routes import start

    record, config = _source(ident)
    file = request.files.get("file")
    if file is None or not file.filename:
        return faces.with_wrong_file(record, "Choose a file first.")
    suffixes = probes.SUFFIXES[config.format]
    if not file.filename.lower().endswith(suffixes):
        listed = " or ".join(suffixes)
        return faces.with_wrong_file(record, f"Files of this source end in {listed}.")
    incoming: files.Incoming = file.stream  # type: ignore[assignment]
    kept = _named(incoming, file.filename)
    audit.record("data_source.upload", "data_source", ident, resource_name=record.value.name,
                 metadata={"bytes": incoming.bytes})  # fmt: skip
    try:
        start(actor(), ident)
        flash(
            f"{isolated(kept.name)} is in the folder. Reading begins; reload the page in a moment."
        )
    except Conflict as later:
        flash(f"{isolated(kept.name)} is in the folder, and waits there. {later.sentence}")
    return redirect_to("data_sources.show", ident=ident)
