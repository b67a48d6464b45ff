"""What a long stream of calls costs: turns taken in a second, and the memory of giving them out."""

import json
import time
import urllib.request
from http.client import HTTPResponse
from typing import cast

from . import data
from .load import cpu_of, memory_of
from .product import Bench

CALLS, TURNS, EXPORTED = 4_000, 10, 100_000


def _asked(bench: Bench, path: str, body: bytes, kind: str) -> HTTPResponse:
    address = f"http://127.0.0.1:{bench.port}/v1/{bench.place.big.workspace_id}{path}"
    headers = {"Authorization": f"Bearer {bench.key}", "Content-Type": kind}
    return cast("HTTPResponse", urllib.request.urlopen(
        urllib.request.Request(address, body, headers)))  # fmt: skip


def imported(bench: Bench) -> str:
    """How many turns the import route stores, on the clock and by CPU; the best of three."""
    clock, cpu = float("inf"), float("inf")
    for _ in range(3):
        body = data.lines(CALLS, TURNS, f"import-{time.time_ns()}")
        begun, before = time.perf_counter(), cpu_of(bench.web) + cpu_of(bench.database)
        with _asked(bench, "/calls/import", body, "application/x-ndjson") as answer:
            assert f'"stored":{CALLS}'.encode() in answer.read()
        clock = min(clock, time.perf_counter() - begun)
        cpu = min(cpu, cpu_of(bench.web) + cpu_of(bench.database) - before)
    return (
        f"{'import of calls':26}{CALLS * TURNS / cpu:9,.0f} turns a CPU second (aim 20,000;"
        f" {CALLS * TURNS / clock:,.0f} on the clock)"
    )


def exported(bench: Bench) -> str:
    """The most memory that a worker holds while it exports 100,000 calls, or all there are."""
    wanted = json.dumps({"format": "ndjson"}).encode()
    peak, count = 0, 0
    with _asked(bench, "/calls/export", wanted, "application/json") as answer:
        for count, _line in enumerate(answer, 1):
            if count % 2_000 == 0:
                peak = max(peak, memory_of(bench.web))
            if count >= EXPORTED:
                break
    assert count > 1_000
    return f"{'export of calls':26}{peak / 1e6:9.0f} MB at most (aim 150; {count:,} calls)"
