"""What stands before the app: a database, its address in the environment, its migrations."""

import contextlib
import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg

from .config import Config, ConfigError
from .core import migrate as migrations
from .core.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """WARD_DATA, or `var` in the checkout; for root /var/lib/ward, which its helpers can enter."""
    given = os.environ.get("WARD_DATA", "").strip()
    if given:
        return Path(given)
    return Path("/var/lib/ward") if os.geteuid() == 0 else ROOT / "var"


def _addresses(server: EmbeddedPostgres) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": server.url("app"),
        "WARD_OWNER_DATABASE_URL": server.url("owner"),
        "WARD_MAINTENANCE_DATABASE_URL": server.url("maintenance"),
        "SECRET_KEY": os.environ.get("SECRET_KEY") or server.secrets["session"],
    }


@contextlib.contextmanager
def database(shared: bool = False) -> Iterator[dict[str, str]]:
    """The environment with the database's addresses; starts the embedded server when needed.

    With `shared`, a server that another supervisor of the same folder runs is used as it is.
    """
    if os.environ.get("DATABASE_URL"):
        yield dict(os.environ)
        return
    folder = data_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("a")
    except OSError as error:
        raise ConfigError(f"WARD_DATA {folder} cannot be written: {error.strerror}.") from None
    with lock:
        server = EmbeddedPostgres(folder)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not shared:
                raise
            server.read_secrets()
            yield _addresses(server)
            return
        with server:
            yield _addresses(server)


def migrate(config: Config) -> None:
    """Bring the database to the newest revision, as the owner role."""
    if not config.owner_url:
        raise ConfigError("WARD_OWNER_DATABASE_URL is not set: it is needed to migrate.")
    try:
        migrations.upgrade(config.owner_url)
    except Exception as error:
        if "OperationalError" in type(error).__name__:
            cause = str(error).splitlines()[0]
            raise ConfigError(f"The database cannot be reached: {cause}") from None
        raise


def is_empty(config: Config) -> bool:
    """Whether no workspace exists yet (asked as the maintenance role)."""
    url = (config.maintenance_url or config.database_url).replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        found = connection.execute("select exists (select from workspace)").fetchone()
    return not (found and found[0])


if __name__ == "__main__":
    sys.exit("Run `make run`.")
