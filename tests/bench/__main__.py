"""`make bench`: how far each hot page and route is from a bare WSGI handler.

The product runs as `make run` runs it. The bare handler runs under the same server settings, in
the same minute, interleaved; it sends the same SQL through psycopg and returns the same bytes.
"""

import contextlib
import dataclasses
import os
import pickle
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from app import create_app
from app.config import load
from app.core import database
from app.core.postgres import EmbeddedPostgres
from app.run import web_command
from tests.bench import data
from tests.bench.load import Sample, cpu_of, drive
from tests.live import ROOT, free_port, wait_for

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SLICE = float(os.environ.get("BENCH_SECONDS", "1"))
CONNECTIONS = 4
PAGES = {
    "call list": "/w/{big}/calls",
    "call list, filtered": "/w/{big}/calls?status=no-answer",
    "call page": "/w/{big}/calls/{call_id}",
    "overview": "/w/{big}/",
    "voice settings": "/w/{big}/settings/voice",
    "workspace settings": "/w/{big}/settings/workspace",
    "members": "/w/{big}/members",
    "operators": "/w/{big}/operators",
    "on duty": "/w/{big}/operators/on-duty",
    "phone numbers, 500": "/w/{big}/phone-numbers",
    "routes, 500": "/w/{big}/phone-numbers/routes",
    "services, 200": "/w/{big}/services",
    "service page": "/w/{big}/services/{service_id}",
    "concepts, 1000": "/w/{big}/monitor-concepts",
    "context graphs": "/w/{big}/context-graphs",
    "graph of 200 states": "/w/{big}/context-graphs/{graph_id}/versions/1",
    "data sources": "/w/{big}/data-sources",
    "safety": "/w/{big}/safety",
    "escalation": "/w/{big}/settings/escalation",
    "retention": "/w/{big}/settings/retention",
    "find": "/w/{big}/find?q=line",
    "API keys": "/w/{big}/api-keys",
    "audit": "/w/{big}/audit",
    "GET calls": "/v1/{workspace_id}/calls",
    "GET call": "/v1/{workspace_id}/calls/{call_id}",
    "GET operators": "/v1/{workspace_id}/operators",
    "GET phone numbers": "/v1/{workspace_id}/phone-numbers",
    "GET services": "/v1/{workspace_id}/services",
    "GET concepts": "/v1/{workspace_id}/monitor-concepts",
    "GET graph version": "/v1/{workspace_id}/context-graphs/{graph_id}/versions/latest",
    "GET voice settings": "/v1/{workspace_id}/settings/voice",
}
HEADERS_OF_ONE_RUN = ("set-cookie", "content-length", "date")


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
        process.wait(30)


def request(path: str, cookie: str, key: str) -> bytes:
    """The bytes of one GET, as a browser or as a script."""
    who = f"Authorization: Bearer {key}" if path.startswith("/v1") else f"Cookie: ward={cookie}"
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{who}\r\n\r\n".encode()


def record(app: Flask, cookie: str, place: data.Place) -> dict[str, tuple[object, object, bytes]]:
    """Each page's SQL, headers and bytes, from the product itself."""
    found: dict[str, tuple[object, object, bytes]] = {}
    for pattern in PAGES.values():
        path = pattern.format(**dataclasses.asdict(place))
        client = app.test_client(use_cookies=False)
        headers = {"Cookie": f"ward={cookie}", "Authorization": f"Bearer {place.key}"}
        client.get(path, headers=headers)
        with database.recorded() as log:
            response = client.get(path, headers=headers)
        if response.status_code != 200:
            raise RuntimeError(f"{path} answered {response.status_code}")
        kept = [(n, v) for n, v in response.headers if n.lower() not in HEADERS_OF_ONE_RUN]
        kept.append(("Content-Length", str(len(response.data))))
        found[path] = ([(sql.encode(), values) for sql, values in log], kept, response.data)
    return found


def measure(sides: dict[str, tuple[int, int, bytes]], connections: int) -> dict[str, Sample]:
    """Interleaved slices of load on (port, process, request), one sample a side."""
    samples = {name: Sample() for name in sides}
    for port, _pid, wanted in sides.values():
        drive(port, wanted, 0.3, connections, Sample())
    for _ in range(ROUNDS):
        for name, (port, pid, wanted) in sides.items():
            before = cpu_of(pid)
            drive(port, wanted, SLICE, connections, samples[name])
            samples[name].cpu += cpu_of(pid) - before
    return samples


def line(name: str, statements: int, ward: Sample, bare: Sample) -> str:
    """One row of the report."""
    rate = [len(s.times) / s.wall for s in (ward, bare)]
    return (
        f"{name:22}{rate[0]:8.0f}{ward.quantile(0.5) * 1000:8.1f}{ward.quantile(0.99) * 1000:8.1f}"
        f"{ward.cpu_each * 1000:9.2f}{bare.cpu_each * 1000:9.2f}{statements:6}"
        f"{ward.cpu_each / max(bare.cpu_each, 1e-9):9.2f}{rate[1] / rate[0]:9.2f}"
    )


HEAD = (
    f"{'':22}{'req/s':>8}{'p50 ms':>8}{'p99 ms':>8}{'CPU ms':>9}{'bare':>9}{'SQL':>6}"
    f"{'CPU x':>9}{'time x':>9}"
)


def imports(port: int, place: data.Place) -> str:
    """How many turns a second the import route stores."""
    best = 0.0
    for mark in ("a", "b", "c"):
        body = data.lines(4000, 10, f"import-{mark}")
        wanted = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/{place.workspace_id}/calls/import", body,
            {"Authorization": f"Bearer {place.key}", "Content-Type": "application/x-ndjson"},
        )  # fmt: skip
        begun = time.perf_counter()
        with urllib.request.urlopen(wanted) as answer:
            assert b'"stored":4000' in answer.read()
        best = max(best, 40_000 / (time.perf_counter() - begun))
    return f"import: {best:,.0f} turns a second"


def sizes(port: int, pid: int, cookie: str, place: data.Place) -> str:
    """The call list of the biggest workspace against that of a small one."""
    sides = {
        slug: (port, pid, request(f"/w/{slug}/calls", cookie, ""))
        for slug in (place.big, place.small)
    }
    samples = measure(sides, 1)
    big, small = (samples[slug].quantile(0.5) for slug in (place.big, place.small))
    return (
        f"call list p50, one connection: biggest workspace {big * 1000:.2f} ms,"
        f" small one {small * 1000:.2f} ms, ratio {big / small:.2f}"
    )


def compare(web: int, port: int, bare_port: int, place: data.Place, environ: dict[str, str],
            folder: Path) -> None:  # fmt: skip
    """Run and print every comparison."""
    app = create_app(load(environ))
    with app.app_context():
        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        user = f"{place.cookie_user}.{place.cookie_token}"
        cookie = serializer.dumps({"_user_id": user, "csrf_token": "0" * 40})
    recorded = record(app, cookie, place)
    (folder / "pages.pickle").write_bytes(pickle.dumps(recorded))
    command = [*web_command(load({**environ, "PORT": str(bare_port)}))[:-1], "tests.bench.bare:app"]
    with running(command, {**environ, "BENCH_PAGES": str(folder / "pages.pickle")}) as bare:
        wait_for(bare_port, bare)
        print(HEAD, flush=True)
        for name, pattern in PAGES.items():
            data.analyze(environ["OWNER"], "audit_event")
            path = pattern.format(**dataclasses.asdict(place))
            wanted = request(path, cookie, place.key)
            both = {"ward": (port, web, wanted), "bare": (bare_port, bare.pid, wanted)}
            samples = measure(both, CONNECTIONS)
            statements = len(recorded[path][0])  # type: ignore[arg-type]
            print(line(name, statements, samples["ward"], samples["bare"]), flush=True)
    print(sizes(port, web, cookie, place))
    print(imports(port, place))


def main() -> None:
    """Start, fill, measure, print."""
    port, bare_port = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="ward-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        settings = {"WARD_DATA": name, "WARD_DEMO": "0", "PORT": str(port),
                    "WARD_API_RATE_PER_MINUTE": "10000000"}  # fmt: skip
        with running([sys.executable, "-m", "app.run"], settings) as product:
            wait_for(port, product, 120)
            postgres = EmbeddedPostgres(folder)
            postgres.read_secrets()
            environ = {
                **settings, "OWNER": postgres.url("owner"), "DATABASE_URL": postgres.url("app"),
                "SECRET_KEY": postgres.secrets["session"],
            }  # fmt: skip
            begun = time.perf_counter()
            place = data.fill(postgres.url("maintenance"), postgres.url("owner"))
            print(f"{data.WORKSPACES} workspaces, {data.CALLS:,} calls and"
                  f" {data.CALLS * data.TURNS:,} turns in {time.perf_counter() - begun:.0f} s;"
                  f" {CONNECTIONS} connections, {ROUNDS} x {SLICE:g} s a side")  # fmt: skip
            compare(web_process(product.pid), port, bare_port, place, environ, folder)


def web_process(supervisor: int) -> int:
    """The process id of granian below the supervisor."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == supervisor and b"granian" in (entry / "cmdline").read_bytes():
                return int(entry.name)
    raise RuntimeError("the web process was not found")


main()
