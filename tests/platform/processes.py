"""Helpers to start the supervisor as a person would, and to see what is left of it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OWN_SETTINGS = ("DATABASE_URL", "SECRET_KEY", "PORT")


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """The machine's environment with Ward's settings for one data folder."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in OWN_SETTINGS and not name.startswith("WARD_")
    }
    return kept | {"WARD_DATA": str(folder), "WARD_DEMO": "0", "WARD_WORKERS": "1"} | settings


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """`python -m app.run WORDS` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "app.run", *words], cwd=ROOT, env=environment(folder, **settings),
        capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


@contextlib.contextmanager
def supervisor(folder: Path, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """A supervisor that has said it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.run"], cwd=ROOT, env=environment(folder, **settings),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    said = ""
    try:
        for line in process.stdout:
            said += line
            if "Ward is ready" in line:
                break
        else:
            raise AssertionError(said)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        with process.stdout:
            process.stdout.read()
        process.wait(30)


def _parent(pid: str) -> int:
    stat = Path(f"/proc/{pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])


def below(pid: int) -> set[int]:
    """Every process below `pid`."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = _parent(entry.name)
    found: set[int] = set()
    new = {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def command_line(pid: int) -> str:
    """The words a process was started with; none when it has ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    return ""


def alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    with contextlib.suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] != "Z"
    return False


def until(question: Callable[[], bool], seconds: float = 20) -> bool:
    """Ask until the answer is yes, or the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if question():
            return True
        time.sleep(0.02)
    return False
