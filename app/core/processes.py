"""Child processes that live and die with their supervisor."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from .postgres import PR_SET_PDEATHSIG

BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0)
SETTLED_AFTER = 60
"""A child that lived this many seconds is restarted at once when it dies."""


def dies_with_parent() -> Callable[[], None]:
    """For `preexec_fn`: SIGTERM to the child when the process that starts it ends, however."""
    libc, parent = ctypes.CDLL(None), os.getpid()

    def prepare() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


class Children:
    """Named children; one that dies is started again, slower each time."""

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self.environ, self.folder = dict(environ), folder
        self.commands: dict[str, list[str]] = {}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.started: dict[str, float] = {}
        self.deaths: dict[str, int] = {}

    def start(self, name: str, command: list[str]) -> None:
        """Start a child in a process group of its own, so that Ctrl-C reaches only us."""
        self.commands[name] = command
        self.started[name] = time.monotonic()
        self.running[name] = subprocess.Popen(
            command, env=self.environ, cwd=self.folder, stdin=subprocess.DEVNULL,
            start_new_session=True, preexec_fn=dies_with_parent(),
        )  # fmt: skip

    def alive(self, name: str) -> bool:
        """Whether the child runs."""
        return name in self.running and self.running[name].poll() is None

    def tend(self) -> None:
        """Start again what died since the last look."""
        for name in list(self.running):
            if not self.alive(name):
                self._again(name)

    def _again(self, name: str) -> None:
        settled = time.monotonic() - self.started[name] > SETTLED_AFTER
        deaths = 0 if settled else self.deaths.get(name, 0)
        self.deaths[name] = deaths + 1
        wait = BACKOFF[min(deaths, len(BACKOFF) - 1)]
        print(f"The process {name} ended; starting it again in {wait} s.", file=sys.stderr)
        self._end_group(name)
        time.sleep(wait)
        self.start(name, self.commands[name])

    def _end_group(self, name: str) -> None:
        """What a dead child left behind in its group must not hold the port."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.running[name].pid, signal.SIGKILL)

    def stop(self, seconds: float = 10) -> None:
        """Ask all to end, wait, and end those that do not."""
        for child in self.running.values():
            if child.poll() is None:
                child.terminate()
        end = time.monotonic() + seconds
        for name, child in self.running.items():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.1, end - time.monotonic()))
            self._end_group(name)
            child.wait()
