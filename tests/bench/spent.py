"""CPU seconds of this process and of the database's process that works for it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.core import database

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Spent:
    """CPU seconds on both sides, and seconds on the clock."""

    python: float = 0.0
    server: float = 0.0
    wall: float = 0.0

    @property
    def cpu(self) -> float:
        """Both together: what it takes on one core that has nothing else to do."""
        return self.python + self.server

    def line(self, name: str, count: int, unit: str, aim: int) -> str:
        """One row of the report."""
        return (
            f"{name:26}{count / self.cpu:9,.0f} {unit} a CPU second (aim {aim:,};"
            f" {count:,}: Python {self.python:.1f} s, database {self.server:.1f} s,"
            f" {self.wall:.1f} s on the clock)"
        )


def used(pid: int) -> float:
    """User and system seconds of one process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


@contextmanager
def spending() -> Iterator[Spent]:
    """Measure what is done inside, on the app context's connection."""
    backend = int(database.value("select pg_backend_pid()"))
    database.rollback()
    found, python, server, wall = Spent(), time.process_time(), used(backend), time.perf_counter()
    yield found
    found.python, found.server = time.process_time() - python, used(backend) - server
    found.wall = time.perf_counter() - wall
    same = int(database.value("select pg_backend_pid()"))
    database.rollback()
    if same != backend:
        raise RuntimeError("another connection came from the pool meanwhile")
