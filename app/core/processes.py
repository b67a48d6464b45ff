"""Child processes that live and die with their supervisor."""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from .postgres import PR_SET_PDEATHSIG

BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Children:
    """Named children; one that dies is started again, slower each time."""

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self.environ, self.folder = dict(environ), folder
        self.commands: dict[str, list[str]] = {}
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.deaths: dict[str, int] = {}

    def start(self, name: str, command: list[str]) -> None:
        """Start a child in a process group of its own, so that Ctrl-C reaches only us."""
        self.commands[name] = command
        self.running[name] = subprocess.Popen(
            command, env=self.environ, cwd=self.folder, stdin=subprocess.DEVNULL,
            start_new_session=True, preexec_fn=_die_with_parent,
        )  # fmt: skip

    def alive(self, name: str) -> bool:
        """Whether the child runs."""
        return name in self.running and self.running[name].poll() is None

    def watch(self) -> None:
        """Restart what dies; returns never, a signal's exception ends it."""
        while True:
            for name in list(self.running):
                if not self.alive(name):
                    self._again(name)
            time.sleep(0.3)

    def _again(self, name: str) -> None:
        deaths = self.deaths.get(name, 0)
        self.deaths[name] = deaths + 1
        wait = BACKOFF[min(deaths, len(BACKOFF) - 1)]
        print(f"The process {name} ended; starting it again in {wait} s.", file=sys.stderr)
        time.sleep(wait)
        self.start(name, self.commands[name])

    def stop(self, seconds: float = 10) -> None:
        """Ask all to end, wait, and end those that do not."""
        for child in self.running.values():
            if child.poll() is None:
                child.terminate()
        end = time.monotonic() + seconds
        for child in self.running.values():
            try:
                child.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
