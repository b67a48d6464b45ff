"""Reading files that another system drops into the workspace's folder."""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from app.data_sources import probes
from app.data_sources.mapping import Mapping
from app.world import bundles
from app.world.imports import Importer, Item

from . import files, mapped
from .asking import Failed

BLOCK = 500
MOST_FILES = 10_000


def read(home: Path | None, config: Any, cursor: dict[str, Any], importer: Importer,
         take: Callable[[list[Item], dict[str, Any]], None], by: Mapping | None = None,
         mark: str = "") -> None:  # fmt: skip
    """Read every file that is new or has changed, oldest first, as FHIR or `by` a mapping.

    A file counts as changed as well when `mark`, which stands for the mapping, is another. One
    that cannot be read does not keep the others waiting. Raises Failed.
    """
    if by is not None and (wrong := mapped.missing(by, config.id_path)):
        raise Failed(wrong, final=True, code="not_mapped")
    found = probes.folder(home, config.path, config.format)
    if not found.ok or home is None:
        raise Failed(found.sentence, final=True, code="no_folder")
    folder = (home / config.path).resolve()
    known: dict[str, str] = dict(cursor.get("files") or {})
    unread: list[Failed] = []
    for path in _files(folder, config.format):
        before, content = _stand(path), _mark(path) + mark
        if known.get(path.name) == content:
            # A run that was killed may not have put it away.
            _archive(path, home, config.archive_path)
            continue
        part = cursor.get("part") or {}
        again = part.get("name") == path.name and part.get("mark") == content
        at = {"name": path.name, "mark": content, "done": part["done"] if again else 0}
        try:
            _one(path, config, importer, take, by, at)
        except Failed as failed:
            unread.append(failed)
            continue
        if _stand(path) != before:
            # It is still being written: the next run reads it to its end.
            continue
        known = {**known, path.name: content}
        take([], {"files": dict(list(known.items())[-MOST_FILES:]), "part": None})
        _archive(path, home, config.archive_path)
    if unread:
        more = f" {len(unread) - 1} more files could not be read." if len(unread) > 1 else ""
        raise Failed(unread[0].sentence + more, final=True, code=unread[0].code)


def newest(home: Path, config: Any) -> Path | None:
    """The file that came last, if there is one."""
    found = _files((home / config.path).resolve(), config.format)
    return found[-1] if found else None


def _files(folder: Path, kind: str) -> list[Path]:
    found = [p for p in folder.iterdir()
             if p.suffix.lower() in probes.SUFFIXES[kind] and p.is_file() and not p.is_symlink()]  # fmt: skip
    return sorted(found, key=lambda p: (p.stat().st_mtime_ns, p.name))[:MOST_FILES]


def _stand(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _mark(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _one(
    path: Path, config: Any, importer: Importer, take: Callable[..., None], by: Mapping | None,
    at: dict[str, Any],
) -> None:  # fmt: skip
    """Read one file. `at` says how much of it was taken before; a run that ends in the middle of a
    large file goes on from there."""
    block: list[Item] = []
    number, begun = 0, at["done"]

    def kept() -> None:
        nonlocal block
        take(block, {"part": {**at, "done": number}})
        block = []

    with path.open("rb") as file:
        try:
            for number, (place, url, record) in enumerate(_items(file, config, importer, by), 1):
                if number > begun:
                    block.append((f"{path.name}, {place}", url, record))
                if len(block) >= BLOCK:
                    kept()
            kept()
        except bundles.Unreadable as error:
            kept()
            raise Failed(f"{path.name}: {error}", final=True, code="unreadable_file") from None


def _items(
    file: IO[bytes], config: Any, importer: Importer, by: Mapping | None
) -> Iterator[tuple[str, str | None, Any]]:
    if by is not None:
        for place, record in files.records(file, config, by):
            yield place, None, record
    elif config.format == "fhir_bundle":
        importer.urls = bundles.urls(bundles.unpacked(file))
        file.seek(0)
        yield from bundles.items(bundles.unpacked(file))
    else:
        yield from bundles.lines(bundles.unpacked(file))


def _archive(path: Path, home: Path, archive: str | None) -> None:
    """Move a file that was read; it stays where it is when that fails, and is not read again."""
    if archive:
        target = (home / archive).resolve()
        if target.is_relative_to(home.resolve()):
            with contextlib.suppress(OSError):
                target.mkdir(parents=True, exist_ok=True)
                name = path.name
                if (target / name).exists():
                    name = f"{path.stem}-{_mark(path)[:12]}{path.suffix}"
                path.rename(target / name)
