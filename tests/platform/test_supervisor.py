"""`make run`: one supervisor, and nothing left when it ends, however it ends."""

import http.client
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platform.processes import (
    alive,
    below,
    command_line,
    free_port,
    run,
    supervisor,
    until,
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A data folder that PostgreSQL's own user can enter, used by one test after another."""
    made = Path(tempfile.mkdtemp(prefix="ward-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def _answers(port: int) -> bool:
    web = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        web.request("GET", "/readyz")
        return web.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        web.close()


def _named(pids: set[int], word: str) -> set[int]:
    return {pid for pid in pids if word in command_line(pid)}


def test_a_killed_supervisor_takes_everything_with_it_and_can_start_again(folder: Path) -> None:
    port = free_port()
    with supervisor(folder, PORT=str(port)) as ward:
        everything = below(ward.pid)
        assert _named(everything, "postgres") and _named(everything, "jobs work")
        ward.kill()
        assert until(lambda: not any(map(alive, everything))), "something outlived the supervisor"
    with supervisor(folder, PORT=str(port)):
        assert _answers(port)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_stopped_supervisor_leaves_nothing_and_ends_well(folder: Path, name: str) -> None:
    port = free_port()
    with supervisor(folder, PORT=str(port)) as ward:
        everything = below(ward.pid)
        ward.send_signal(signal.Signals[name])
        ward.wait(20)
        assert ward.returncode == 0
        assert not any(map(alive, everything))
        assert not (folder / "postgres" / "postmaster.pid").exists()


def test_what_dies_is_started_again(folder: Path) -> None:
    port = free_port()
    with supervisor(folder, PORT=str(port)) as ward:
        before = below(ward.pid)
        for word in ("granian", "jobs work", "pginstall18"):
            for pid in _named(before, word):
                os.kill(pid, signal.SIGKILL)
        assert until(lambda: not any(map(alive, _named_roots(before, ward.pid))))
        assert until(lambda: _answers(port))
        assert until(lambda: bool(_named(below(ward.pid), "jobs work")))


def _named_roots(pids: set[int], parent: int) -> set[int]:
    return pids - below(parent)


def test_a_command_uses_the_server_that_runs(folder: Path) -> None:
    with supervisor(folder, PORT=str(free_port())) as ward:
        before = _named(below(ward.pid), "pginstall18")
        done = run(folder, "flask", "routes-table")
        assert done.returncode == 0, done.stderr
        assert "/sign-in" in done.stdout
        assert _named(below(ward.pid), "pginstall18") == before
        second = run(folder, PORT=str(free_port()))
        assert second.returncode == 1
        assert "already running" in second.stderr


def test_a_command_starts_the_server_it_needs_and_ends_it(folder: Path) -> None:
    done = run(folder, "flask", "routes-table")
    assert done.returncode == 0, done.stderr
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_a_port_in_use_is_said_in_a_sentence(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(folder, PORT=str(port))
    assert done.returncode == 1
    assert f"PORT {port}" in done.stderr
    assert "Traceback" not in done.stderr
