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
    "views": "saved_view", "imports": "import_file",
    "enrichment-keys": "enrichment_key",
}  # fmt: skip
"""Part of the address -> the table whose first member is shown."""
AN_IMPORT = """
insert into import_file (workspace_id, name, key, size, status, position, records, created, refused,
  problems, created_by)
select id, 'patients-2026.ndjson', 'none', 210000000, 'running', 90000000, 52000, 51990, 10,
  '[{{"place": "line 41", "detail": "The birthDate is no date."}}]', 'Marcus Chen'
from workspace where id = {0} returning id
"""
# The demo's sources lead nowhere: one of them is given a reading that failed.
A_READING = """
with source as (select workspace_id, id from data_source where workspace_id = {0}
    order by number limit 1),
  state as (insert into sync_state (workspace_id, data_source_id, consecutive_errors, last_run_at,
    last_success_at, last_status, last_count, last_error, error_code, next_run_at)
    select workspace_id, id, 2, now(), now() - interval '1 day', 'error', 12,
      'fhir.example.com did not accept the credentials (401).', 'unauthorised',
      now() + interval '9 min' from source on conflict do nothing),
  aside as (insert into set_aside (workspace_id, data_source_id, key, place, reason, resource_type,
    external_id) select workspace_id, id, 'Patient/p' || n,
      'https://fhir.example.com/r4/Patient?_count=100, entry ' || n, 'The birthDate is no date.',
      'Patient', 'p' || n from source, generate_series(1, 12) n on conflict do nothing)
insert into sync_run (workspace_id, data_source_id, status, started_by, started_at, finished_at,
  pages, created, changed, unchanged, refused, error, error_code, up_to_seq)
select workspace_id, id, 'error', 'Schedule', now() - interval '3 min', now() - interval '2 min', 4,
  310, 20, 70, 12, 'fhir.example.com did not accept the credentials (401).',
  'unauthorised', 1000000 from source returning id
"""
ORDER = {"entity": "event_count desc, id", "saved_view": "name", "import_file": "created_at"}


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
        "key": "preferred_pharmacy",
        "key_id": running.sql(f"select key_id from api_key where workspace_id = {place} limit 1"),
        "run": running.sql(A_READING.format(place)),
    }
    running.sql(AN_IMPORT.format(place))
    members = {
        table: running.sql(
            f"select id from {table} where workspace_id = {place} order by {ORDER.get(table, 'number')}"
        )
        for table in OF_TABLES.values()
    }

    fill["event"] = running.sql(
        f"select event_id from event_entity where workspace_id = {place} and entity_id ="
        f" '{members['entity']}' order by seq limit 1"
    )

    def pair(which: str, order: str = "confidence") -> str:
        found: str = running.sql(f"select {which} from duplicate where workspace_id = {place}"
                                 f" order by {order}, first_id, second_id limit 1")  # fmt: skip
        return found

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
        if "/duplicates/<" in rule:
            known = {**fill, "ident": pair("first_id"), "other": pair("second_id")}
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
    caller = f"from relationship where workspace_id = {place} and relationship = 'caller'"
    for name, wanted in (
        ("call", f"source_entity_id {caller} order by 1 desc"),
        ("caller", f"target_entity_id {caller} group by 1 order by count(*) desc, 1"),
    ):
        found[f"world-{name}"] = f"/w/{HOME}/world/{running.sql(f'select {wanted} limit 1')}"
    found["world-calls"] = f"/w/{HOME}/world?type=call"
    found["world-then"] = f"{found['world-uuid-ident']}?at=2026-01-01T00:00"
    found["world-found"] = f"/w/{HOME}/world?q=ma"
    found["world-least-sure"] = f"/w/{HOME}/world?sure=low&since=week"
    found["world-linked"] = f"/w/{HOME}/world/{pair('first_id', 'confidence desc')}"
    found["world-linked-together"] = (
        f"/w/{HOME}/world/{pair('second_id', 'confidence desc')}/together"
    )
    found["nothing"] = f"/w/{HOME}/nothing-here"
    return found
