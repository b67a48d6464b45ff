"""The product under measure, running as `make run` runs it, filled once."""

import contextlib
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from app import create_app
from app.config import load
from app.core import memory
from app.core.postgres import EmbeddedPostgres
from app.run import web_command
from tests.live import ROOT, free_port, wait_for

from . import calls, data, worldly
from .places import Place


@dataclass(frozen=True, slots=True)
class Bench:
    """A running product, who asks it, and what a second server needs to run like it."""

    port: int
    web: int
    """The process id of granian."""
    database: int
    """The process id of the database server."""
    place: Place
    cookie: str
    key: str
    app: Flask
    environ: dict[str, str]
    urls: calls.Urls
    folder: Path

    def request(self, path: str) -> bytes:
        """The bytes of one GET, as a browser or as a script."""
        json = path.startswith("/v1")
        who = f"Authorization: Bearer {self.key}" if json else f"Cookie: ward={self.cookie}"
        return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{who}\r\n\r\n".encode()


@contextlib.contextmanager
def running(command: list[str], environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A server that is ended afterwards."""
    process = subprocess.Popen(
        command, env={**os.environ, **environ}, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


@contextlib.contextmanager
def bare(bench: Bench, recorded: Path) -> Iterator[tuple[int, int]]:
    """The bare handler under the same server settings: its port and its process id."""
    port = free_port()
    environ = {**bench.environ, "PORT": str(port), "BENCH_RECORDED": str(recorded)}
    command = [*web_command(load(environ))[:-1], "tests.bench.bare:app"]
    with running(command, environ) as process:
        wait_for(port, process)
        yield port, process.pid


@contextlib.contextmanager
def filled(size: calls.Size, keep: str) -> Iterator[Bench]:
    """Start and fill. `keep` names a folder that holds the data for the next time."""
    with contextlib.ExitStack() as stack:
        name = keep or stack.enter_context(tempfile.TemporaryDirectory(prefix="ward-bench-"))
        folder = Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        port = free_port()
        settings = {"WARD_DATA": name, "WARD_DEMO": "0", "PORT": str(port),
                    "WARD_API_RATE_PER_MINUTE": "10000000"}  # fmt: skip
        process = stack.enter_context(running([sys.executable, "-m", "app.run"], settings))
        wait_for(port, process, 180)
        postgres = EmbeddedPostgres(folder)
        postgres.read_secrets()
        environ = {**settings, "DATABASE_URL": postgres.url("app"),
                   "SECRET_KEY": postgres.secrets["session"]}  # fmt: skip
        urls = calls.Urls(
            postgres.superuser_url, postgres.url("owner"), postgres.url("maintenance")
        )
        app = create_app(load(environ))
        memory.settle()
        place = _place(folder / "place.json", urls, size, app)
        yield Bench(port, _web(process.pid), _database(postgres), place, cookie_of(app, place), place.key, app, environ,
                    urls, folder)  # fmt: skip


def _place(note: Path, urls: calls.Urls, size: calls.Size, app: Flask) -> Place:
    if note.exists():
        return Place.read(note.read_text())
    place = data.fill(urls, size, lambda line: print(line, flush=True))
    worldly.settle(app, urls, [uuid.UUID(spot.workspace_id) for spot in place.spots])
    note.write_text(place.text())
    return place


def cookie_of(app: Flask, place: Place) -> str:
    """The cookie of the person who is signed in."""
    with app.app_context():
        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        user = {"_user_id": f"{place.user}.{place.token}", "csrf_token": "0" * 40}
        return str(serializer.dumps(user))


def _database(postgres: EmbeddedPostgres) -> int:
    """The process id of the server whose data these are."""
    return int((postgres.data / "postmaster.pid").read_text().split()[0])


def _web(supervisor: int) -> int:
    """The process id of granian below the supervisor."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == supervisor and b"granian" in (entry / "cmdline").read_bytes():
                return int(entry.name)
    raise RuntimeError("the web process was not found")
