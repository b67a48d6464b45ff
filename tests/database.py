"""A throw-away PostgreSQL, migrated to the head."""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from app.core.migrate import upgrade
from app.core.postgres import EmbeddedPostgres


@contextlib.contextmanager
def throwaway(like: Path | None = None) -> Iterator[EmbeddedPostgres]:
    """A running server in a temporary folder, without fsync, with every migration applied.

    `like`: the folder of a stopped server to begin with, from `keep`.
    """
    folder = Path(tempfile.mkdtemp(prefix="ward-"))
    folder.chmod(0o755)
    try:
        if like:
            _copy(like, folder)
        with EmbeddedPostgres(folder, ("fsync=off", "synchronous_commit=off")) as server:
            if not like:
                upgrade(server.url("owner"))
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    """Copy a folder with its owners: the server refuses files of others."""
    subprocess.run(["cp", "-a", "--reflink=auto", f"{source}/.", str(target)], check=True)


def keep(server: EmbeddedPostgres, folder: Path) -> None:
    """Stop the server and copy its folder."""
    server.stop()
    folder.mkdir(parents=True)
    _copy(server.directory, folder)
