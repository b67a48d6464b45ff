"""The installation that `make bench` measures: 200 workspaces, one of them far bigger."""

import dataclasses
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import orjson

from . import calls, places
from .calls import Size, Urls
from .places import Place
from .words import pieces


def fill(urls: Urls, size: Size, tell: Callable[[str], None] = lambda _: None) -> Place:
    """Write everything, and analyze it as autovacuum would within some minutes."""
    begun = time.perf_counter()

    def told(what: str) -> None:
        tell(f"{time.perf_counter() - begun:6.0f} s  {what}")

    with urls.connect("maintenance") as connection:
        place = places.settle(connection, size.workspaces)
        told("workspaces")
        calls.write(urls, size, told)
        analyze(urls)
        told("analyzed")
        spots = places.spots(connection, place.user, size.turns + 2)
        return dataclasses.replace(place, spots=spots)


def analyze(urls: Urls, table: str = "") -> None:
    """What autovacuum does within a minute or two, now."""
    with urls.connect("owner") as connection:
        connection.execute(f"vacuum analyze {table}".encode())


def lines(count: int, turns: int, mark: str) -> bytes:
    """NDJSON for the import route: calls of different callers, each of so many turns."""
    start = datetime.now(UTC) - timedelta(days=1)
    said = pieces(2 * turns * 50)
    found = []
    for n in range(count):
        spoken = [
            {"speaker_role": "caller" if i % 2 else "agent", "started_s": i * 10,
             "ended_s": i * 10 + 8, "ttfb_ms": None if i % 2 else 400 + n % 900,
             "text": f"{said[(n * turns + i) % len(said)]} {said[(n + i * 7) % len(said)]}"}
            for i in range(turns)
        ]  # fmt: skip
        found.append(orjson.dumps({
            "call_sid": f"{mark}-{n}", "started_at": (start + timedelta(seconds=n)).isoformat(),
            "duration_seconds": turns * 10, "caller_id": f"+1{2_125_550_000 + n * 7 % 1_500}",
            "phone_number": f"+1415{5_550_001 + n % 500}", "turns": spoken,
        }))  # fmt: skip
    return b"\n".join(found)
