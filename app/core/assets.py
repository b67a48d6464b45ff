"""Static files: compressed beside their originals, served with a year of cache."""

import contextlib
import gzip
import os
from collections.abc import MutableMapping
from pathlib import Path

COMPRESSED = (".css", ".js", ".svg")
YEAR = 31_536_000


def compress(folder: Path) -> None:
    """Write `name.gz` beside what is new or changed. A folder we may not write to stays as is."""
    for path in folder.rglob("*"):
        if path.suffix in COMPRESSED and "src" not in path.parts:
            with contextlib.suppress(OSError):
                _compress_one(path)


def _compress_one(path: Path) -> None:
    packed = path.with_name(path.name + ".gz")
    changed = path.stat().st_mtime_ns
    if packed.exists() and packed.stat().st_mtime_ns == changed:
        return
    made = packed.with_name(f"{packed.name}.{os.getpid()}")
    made.write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
    os.utime(made, ns=(changed, changed))
    made.replace(packed)


def headers(fields: MutableMapping[str, str], _path: str, _url: str) -> None:
    """What every static file is sent with besides its cache time."""
    fields["X-Content-Type-Options"] = "nosniff"
    fields["Cross-Origin-Resource-Policy"] = "same-origin"
