"""A small closed-loop HTTP client, and the CPU time of a tree of processes."""

import os
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Sample:
    """What some slices of load measured; times in seconds."""

    times: list[float] = field(default_factory=list)
    wall: float = 0.0
    cpu: float = 0.0
    database: float = 0.0

    def quantile(self, share: float) -> float:
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0

    @property
    def cpu_each(self) -> float:
        return self.cpu / len(self.times) if self.times else 0.0

    @property
    def database_each(self) -> float:
        """CPU seconds of the whole database a request."""
        return self.database / len(self.times) if self.times else 0.0


def cpu_of(root: int) -> float:
    """User and system seconds of a process and all below it."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
            used[int(entry.name)] = (int(fields[11]) + int(fields[12])) / TICK
    return sum(seconds for pid, seconds in used.items() if _below(pid, root, parents))


def memory_of(root: int) -> int:
    """Bytes that the largest process at or below a process holds."""
    found = 0
    parents, held = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                told = (entry / "status").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(told.partition("PPid:")[2].split()[0])
            held[int(entry.name)] = int((told.partition("VmRSS:")[2].split() or ["0"])[0]) * 1024
    for pid, size in held.items():
        if _below(pid, root, parents):
            found = max(found, size)
    return found


def _below(pid: int, root: int, parents: dict[int, int]) -> bool:
    while pid and pid != root:
        pid = parents.get(pid, 0)
    return pid == root


def _exchange(connection: socket.socket, request: bytes) -> int:
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    missing = length - len(body)
    while missing > 0:
        missing -= len(connection.recv(min(missing, 1 << 20)))
    return int(head.split(b" ", 2)[1])


def drive(port: int, request: bytes, seconds: float, connections: int, sample: Sample) -> None:
    """Repeat one request on some connections for some seconds."""
    end = time.perf_counter() + seconds
    failures: list[object] = []

    def one() -> None:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                while (begun := time.perf_counter()) < end:
                    status = _exchange(connection, request)
                    if status != 200:
                        raise AssertionError(f"answered {status}")
                    sample.times.append(time.perf_counter() - begun)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=one) for _ in range(connections)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sample.wall += time.perf_counter() - begun
    if failures:
        raise RuntimeError(f"{request.splitlines()[0].decode()}: {failures[0]!r}")
