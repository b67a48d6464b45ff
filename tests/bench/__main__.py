"""`make bench`: how quick each hot page and route is, and how it grows with the calls.

Each page is compared with a bare WSGI handler that runs under the same server settings, sends the
same SQL through psycopg and returns the same bytes, and with the same page of a workspace of
10,000 calls: all in the same minute, in turns.

BENCH_SIZE=small (the default), world: 2,000,000 events of 100,000 entities in one workspace and
few calls, or full: those and 1,000,000 calls with 10,000,000 turns.
BENCH_ONLY=text measures only what has the text in its name.
What is written is told by CPU second, of Python and of the database's process for it together. BENCH_DATA=folder keeps the data.
"""

import os
import pickle
from pathlib import Path

from app.core import database
from app.core.pages import access_log

from . import calls, data, streams, worldly
from .load import Sample, cpu_of, drive
from .pages import CALL_PAGES, OTHER_PAGES
from .product import Bench, bare, filled

SIZES = {"small": calls.SMALL, "world": calls.WORLD, "full": calls.FULL}
SIZE = os.environ.get("BENCH_SIZE", "small")
ONLY = os.environ.get("BENCH_ONLY", "")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SLICE = float(os.environ.get("BENCH_SECONDS", "0.6"))
CONNECTIONS = 8
HEADERS_OF_ONE_RUN = ("set-cookie", "content-length", "date")
HEAD = (
    f"{'':26}{'req/s':>7}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}{'CPU ms':>8}{'bare':>7}{'SQL':>5}"
    f"{'CPU x':>7}{'DB ms':>8}{'growth':>8}"
)
Side = tuple[int, int, bytes]
"""Port, process and request."""


def record(bench: Bench, paths: list[str]) -> dict[str, tuple[object, object, bytes]]:
    """Each page's SQL, headers and bytes, from the product itself."""
    found: dict[str, tuple[object, object, bytes]] = {}
    headers = {"Cookie": f"ward={bench.cookie}", "Authorization": f"Bearer {bench.key}"}
    for path in paths:
        client = bench.app.test_client(use_cookies=False)
        client.get(path, headers=headers)
        with database.recorded() as log:
            response = client.get(path, headers=headers)
        if response.status_code != 200:
            raise RuntimeError(f"{path} answered {response.status_code}")
        kept = [(n, v) for n, v in response.headers if n.lower() not in HEADERS_OF_ONE_RUN]
        kept.append(("Content-Length", str(len(response.data))))
        found[path] = ([(isinstance(sql, database.ForItsValues), sql.encode(), values)
                        for sql, values in log], kept, response.data)  # fmt: skip
    return found


def measure(
    sides: dict[str, Side], database_pid: int, connections: int = CONNECTIONS
) -> dict[str, Sample]:
    """Slices of load on each side in turns, one sample a side."""
    samples = {name: Sample() for name in sides}
    for port, _pid, wanted in sides.values():
        drive(port, wanted, 0.3, connections, Sample())
    for _ in range(ROUNDS):
        for name, (port, pid, wanted) in sides.items():
            before, there = cpu_of(pid), cpu_of(database_pid)
            drive(port, wanted, SLICE, connections, samples[name])
            samples[name].cpu += cpu_of(pid) - before
            samples[name].database += cpu_of(database_pid) - there
    return samples


def line(name: str, statements: int, samples: dict[str, Sample]) -> str:
    """One row of the report."""
    ward, against, small = samples["ward"], samples["bare"], samples.get("small")
    p50, p95, p99 = (ward.quantile(share) * 1000 for share in (0.5, 0.95, 0.99))
    grown = f"{ward.quantile(0.95) / small.quantile(0.95):8.2f}" if small else ""
    return (
        f"{name:26}{len(ward.times) / ward.wall:7.0f}{p50:8.1f}{p95:8.1f}{p99:8.1f}"
        f"{ward.cpu_each * 1000:8.2f}{against.cpu_each * 1000:7.2f}{statements:5}"
        f"{ward.cpu_each / max(against.cpu_each, 1e-9):7.2f}{ward.database_each * 1000:8.2f}{grown}"
    )


def compare(bench: Bench) -> None:
    """Measure and print every page."""
    wanted = {n: p for n, p in {**CALL_PAGES, **OTHER_PAGES}.items() if ONLY in n}
    paths = {name: bench.place.big.fill(pattern) for name, pattern in wanted.items()}
    recorded = record(bench, list(paths.values()))
    file = bench.folder / "pages.pickle"
    file.write_bytes(pickle.dumps(recorded))
    with bare(bench, file) as (port, process):
        print(HEAD, flush=True)
        for name, path in paths.items():
            data.analyze(bench.urls, "audit_event")
            asked = bench.request(path)
            sides = {"ward": (bench.port, bench.web, asked), "bare": (port, process, asked)}
            if name in CALL_PAGES and not path.startswith("/v1"):
                small = bench.request(bench.place.small.fill(wanted[name]))
                sides["small"] = (bench.port, bench.web, small)
            statements = len(recorded[path][0])  # type: ignore[arg-type]
            print(line(name, statements, measure(sides, bench.database)), flush=True)


def main() -> None:
    """Start, fill, measure, print."""
    access_log.disabled = True
    size = SIZES[SIZE]
    with filled(size, os.environ.get("BENCH_DATA", "")) as bench:
        print(f"{size.workspaces} workspaces, {size.calls:,} calls, {size.big:,} of them in the"
              f" biggest, {size.middle:,} in the one it is compared with; {CONNECTIONS} connections,"
              f" {ROUNDS} x {SLICE:g} s a side; load {Path('/proc/loadavg').read_text()[:4]}",
              flush=True)  # fmt: skip
        for found in worldly.report(bench, size, ONLY):
            print(found, flush=True)
        compare(bench)
        if ONLY in "import of calls":
            print(streams.imported(bench))
        if ONLY in "export of calls":
            print(streams.exported(bench))


main()
