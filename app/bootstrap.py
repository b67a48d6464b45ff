"""What stands before the app: a database, its address in the environment, its migrations."""

import contextlib
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psycopg

from .config import Config, ConfigError
from .core import migrate as migrations
from .core import vault
from .core.postgres import EmbeddedPostgres, plain

ROOT = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """WARD_DATA, or `var` in the checkout.

    Where root's checkout is closed to others (PostgreSQL never runs as root), a folder of this
    checkout's own below /var/lib.
    """
    given = os.environ.get("WARD_DATA", "").strip()
    if given:
        return Path(given).absolute()
    if os.geteuid() == 0 and not all(_is_open(folder) for folder in (ROOT, *ROOT.parents)):
        return Path("/var/lib") / f"ward-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]}"
    return ROOT / "var"


def _is_open(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IXOTH)


def _addresses(server: EmbeddedPostgres) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": server.url("app"),
        "WARD_OWNER_DATABASE_URL": server.url("owner"),
        "WARD_MAINTENANCE_DATABASE_URL": server.url("maintenance"),
        "SECRET_KEY": os.environ.get("SECRET_KEY") or server.secrets["session"],
        "WARD_SECRETS_FILE": os.environ.get("WARD_SECRETS_FILE") or str(_key_file()),
        "WARD_RECORDINGS": os.environ.get("WARD_RECORDINGS") or str(data_folder() / "recordings"),
        "WARD_DROP_FOLDER": os.environ.get("WARD_DROP_FOLDER") or str(data_folder() / "drop"),
    }


def _key_file() -> Path:
    """The keys that seal secrets: made at the first start, kept beside the data."""
    path = data_folder() / "secrets.keys"
    if not path.exists():
        vault.write_keys(path, [vault.new_key()])
    return path


@contextlib.contextmanager
def database(shared: bool = False) -> Iterator[dict[str, str]]:
    """The environment with the database's addresses; starts the embedded server when needed.

    With `shared`, a server that another supervisor of the same folder runs is used as it is.
    """
    with server(shared) as (environ, _):
        yield environ


@contextlib.contextmanager
def server(shared: bool = False) -> Iterator[tuple[dict[str, str], EmbeddedPostgres | None]]:
    """Like `database`, with the embedded server when this process runs it."""
    if os.environ.get("DATABASE_URL"):
        yield dict(os.environ), None
        return
    with _lock(data_folder()) as lock:
        embedded = EmbeddedPostgres(data_folder())
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not shared:
                raise ConfigError(f"Ward is already running on {data_folder()}.") from None
            embedded.read_secrets()
            yield _addresses(embedded), None
            return
        with embedded:
            yield _addresses(embedded), embedded


def _lock(folder: Path) -> IO[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / "lock").open("a")
    except OSError as error:
        raise ConfigError(
            f"The data folder {folder} cannot be written ({error.strerror}). Set WARD_DATA."
        ) from None


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
    with psycopg.connect(plain(config.maintenance_url or config.database_url)) as connection:
        found = connection.execute("select exists (select from workspace)").fetchone()
    return not (found and found[0])
