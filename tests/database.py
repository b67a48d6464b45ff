"""A throw-away PostgreSQL, migrated to the head."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from app.core.migrate import upgrade
from app.core.postgres import EmbeddedPostgres


@contextlib.contextmanager
def throwaway() -> Iterator[EmbeddedPostgres]:
    """A running server in a temporary folder, without fsync, with every migration applied."""
    folder = Path(tempfile.mkdtemp(prefix="ward-"))
    folder.chmod(0o755)
    try:
        with EmbeddedPostgres(folder, ("fsync=off", "synchronous_commit=off")) as server:
            upgrade(server.url("owner"))
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)
