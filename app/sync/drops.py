"""Reading files that another system drops into the workspace's folder."""

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.data_sources import probes
from app.world import bundles
from app.world.imports import Importer, Item

from .fhir import Failed

BLOCK = 500
READABLE = ("fhir_bundle", "ndjson")
MOST_FILES = 10_000


def read(home: Path | None, config: Any, cursor: dict[str, Any], importer: Importer,
         take: Callable[[list[Item], dict[str, Any]], None]) -> None:  # fmt: skip
    """Read every file that is new or has changed, oldest first. Raises Failed."""
    if config.format not in READABLE:
        raise Failed("Files of this format cannot be read yet; FHIR bundles and NDJSON can.",
                     final=True)  # fmt: skip
    found = probes.folder(home, config.path, config.format)
    if not found.ok or home is None:
        raise Failed(found.sentence, final=True, code="no_folder")
    folder = (home / config.path).resolve()
    known: dict[str, str] = dict(cursor.get("files") or {})
    for path in _files(folder, config.format):
        mark = _mark(path)
        if known.get(path.name) == mark:
            continue
        _one(path, config.format, importer, take)
        known = {**known, path.name: mark}
        take([], {"files": dict(list(known.items())[-MOST_FILES:])})
        _archive(path, home, config.archive_path)


def _files(folder: Path, kind: str) -> list[Path]:
    found = [p for p in folder.iterdir()
             if p.suffix.lower() in probes.SUFFIXES[kind] and p.is_file() and not p.is_symlink()]  # fmt: skip
    return sorted(found, key=lambda p: (p.stat().st_mtime_ns, p.name))[:MOST_FILES]


def _mark(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _one(path: Path, kind: str, importer: Importer, take: Callable[..., None]) -> None:
    with path.open("rb") as file:
        try:
            if kind == "fhir_bundle":
                importer.urls = bundles.urls(bundles.unpacked(file))
                file.seek(0)
            opened = bundles.unpacked(file)
            block: list[Item] = []
            for item in bundles.items(opened) if kind == "fhir_bundle" else bundles.lines(opened):
                block.append((f"{path.name}, {item[0]}", item[1], item[2]))
                if len(block) >= BLOCK:
                    take(block, {})
                    block = []
            take(block, {})
        except bundles.Unreadable as error:
            raise Failed(f"{path.name}: {error}", final=True, code="unreadable_file") from None


def _archive(path: Path, home: Path, archive: str | None) -> None:
    """Move a file that was read; it stays where it is when that fails, and is not read again."""
    if archive:
        target = (home / archive).resolve()
        if target.is_relative_to(home.resolve()):
            with contextlib.suppress(OSError):
                target.mkdir(parents=True, exist_ok=True)
                path.rename(target / path.name)
