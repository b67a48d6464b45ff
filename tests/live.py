"""The product with its demo data, running as `make run` runs it, for browsers to visit."""

import contextlib
import fcntl
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from tests.database import keep, throwaway

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "ward-demo"
ROLES = ("owner", "admin", "member", "viewer")
HOME = "riverside-family"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
NOT_A_PAGE = (
    "<ident>/turns",
    "/healthz",
    "/readyz",
    "/workspaces/slug",
    "preview.wav",
    "export.<kind>",
    "<token>",
)


OF_TABLES = {
    "operators": "operator", "agents": "agent", "context-graphs": "context_graph",
    "services": "service", "phone-numbers": "phone_number", "monitor-concepts": "monitor_concept",
    "data-sources": "data_source", "world": "entity",
    "views": "saved_view",
}  # fmt: skip
"""Part of the address -> the table whose first member is shown."""
ORDER = {"entity": "event_count desc, id", "saved_view": "name"}


@dataclass
class Product:
    """A running product: its address and its throw-away database."""

    url: str
    server: Any
    recordings: Path

    def sql(self, statement: str) -> Any:
        """The first column of the first row, across workspaces."""
        address = self.server.url("maintenance").replace("+psycopg", "")
        with psycopg.connect(address) as connection:
            found = connection.execute(statement.encode()).fetchone()
        return found[0] if found else None


def chromium_path() -> str:
    """The system's browser. Raises with a sentence when there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    raise RuntimeError("These tests need Chromium: apt-get install chromium.")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    """Wait until the process listens. Raises RuntimeError when it does not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    raise RuntimeError("the product did not start")


def environment(server: Any, recordings: Path) -> dict[str, str]:
    """What the product reads from its environment, on a throw-away server."""
    return {
        **os.environ,
        "DATABASE_URL": server.url("app"),
        "WARD_OWNER_DATABASE_URL": server.url("owner"),
        "WARD_MAINTENANCE_DATABASE_URL": server.url("maintenance"),
        "SECRET_KEY": "a-secret-of-the-browser-tests-0123456789",
        "WARD_SECRETS_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "WARD_RECORDINGS": str(recordings),
    }


def load_demo(folder: Path) -> None:
    """Keep a stopped server with the demo data, and its recordings, for many to begin with."""
    with throwaway() as server:
        flask = [sys.executable, "-m", "flask", "--app", "wsgi:app", "demo", "load"]
        environ = environment(server, folder / "recordings")
        subprocess.run(flask, env=environ, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        keep(server, folder / "server")


@contextlib.contextmanager
def demo(shared: Path | None) -> Iterator[Path]:
    """The folder of the demo: made once in `shared` for all who name it, or for this one alone."""
    with TemporaryDirectory(prefix="ward-demo-") as alone:
        folder = shared or Path(alone)
        with (folder / "demo.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "demo/server").exists():
                load_demo(folder / "demo")
        yield folder / "demo"


@contextlib.contextmanager
def product(shared: Path | None = None) -> Iterator[Product]:
    """Start PostgreSQL with the demo, serve it with granian; end all of it afterwards."""
    with (
        demo(shared) as made,
        throwaway(like=made / "server") as server,
        TemporaryDirectory(prefix="ward-recordings-") as folder,
    ):
        recordings = Path(folder) / "recordings"
        shutil.copytree(made / "recordings", recordings)
        port = free_port()
        command = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port),
            "--workers", "2", "--blocking-threads", "2", "--no-ws", "--log-level", "error",
            "wsgi:app",
        ]  # fmt: skip
        process = subprocess.Popen(
            command, env=environment(server, recordings), cwd=ROOT, stdout=subprocess.DEVNULL
        )
        try:
            wait_for(port, process)
            yield Product(f"http://127.0.0.1:{port}", server, recordings)
        finally:
            process.terminate()
            process.wait(10)


def addresses(running: Product) -> dict[str, str]:
    """Every page of the route table, its parameters filled from the demo."""
    place = f"(select id from workspace where slug = '{HOME}')"
    fill = {
        "slug": HOME,
        "ident": running.sql(
            f"select id from call where workspace_id = {place} and turn_count > 12"
            " order by has_recording desc, started_at desc limit 1"
        ),
        "version": 2,
        "number": 1,
        "key_id": running.sql(f"select key_id from api_key where workspace_id = {place} limit 1"),
    }
    members = {
        table: running.sql(
            f"select id from {table} where workspace_id = {place} order by {ORDER.get(table, 'number')}"
        )
        for table in OF_TABLES.values()
    }
    found = {}
    for line in (ROOT / "tests/routes.txt").read_text().splitlines():
        method, rule = line.split()[:2]
        if method != "GET" or rule.startswith("/v1") or any(part in rule for part in NOT_A_PAGE):
            continue
        if rule.endswith("/recording"):
            continue
        known = fill
        for part, table in OF_TABLES.items():
            if f"/{part}/" in rule:
                known = {**fill, "ident": members[table]}
        if "/safety/templates/" in rule:
            known = {**fill, "ident": "healthcare_baseline"}
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda m, known=known: str(known[m[1]]), rule)
        found[re.sub(r"\W+", "-", rule.replace("/w/<slug>", "")).strip("-") or "overview"] = path
    found["data-source-new"] = f"/w/{HOME}/data-sources/new?kind=smart_fhir"
    for kind in ("webhook", "file_drop", "rest_api"):
        one = running.sql(
            f"select id from data_source where workspace_id = {place} and source_type = '{kind}'"
        )
        found[f"data-source-{kind}"] = f"/w/{HOME}/data-sources/{one}"
    found["find-something"] = f"/w/{HOME}/find?q=line"
    found["calls-filtered"] = f"/w/{HOME}/calls?direction=outbound"
    found["calls-searched"] = f"/w/{HOME}/calls?q=refill+or+%22after+hours%22&who=caller"
    found["calls-narrowed"] = (
        f"/w/{HOME}/calls?outcome=answered&date_from=2026-01-01&min_duration=30&caller=415&sort=-duration"
    )
    found["calls-mended"] = f"/w/{HOME}/calls?q=the&date_from=yesterday&caller=12"
    found["calls-none"] = f"/w/{HOME}/calls?q=unicorn&period=7"
    found["calls-views-new-filled"] = f"/w/{HOME}/calls/views/new?outcome=unanswered&period=7"
    found["world-then"] = f"{found['world-uuid-ident']}?at=2026-01-01T00:00"
    found["world-found"] = f"/w/{HOME}/world?q=ma"
    found["nothing"] = f"/w/{HOME}/nothing-here"
    return found
