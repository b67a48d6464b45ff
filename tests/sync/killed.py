"""Processes of Ward that are killed, SIGKILL and no goodbye, at a moment the test chooses.

Their line to the database runs through the test, which watches what is said on it: that is how
a moment is chosen, and the only thing that tells such a process from any other.
"""

import contextlib
import os
import select
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from flask import Flask
from sqlalchemy import event
from werkzeug.serving import make_server

from app.core.database import db
from tests.platform.processes import until

SOCKET = ".s.PGSQL.5432"
COMMIT = b"COMMIT"
NAME = "ward-to-be-killed"


@dataclass
class Cut:
    """When a process dies: as it sends `on` for the `nth` time, or the next commit after that.

    `arrives`: what it sends reaches the database, but no answer ever comes back.
    """

    on: bytes = b""
    nth: int = 1
    then_commit: bool = False
    arrives: bool = False
    seen: int = field(default=0, init=False)
    reached: bool = field(default=False, init=False)

    def now(self, said: bytes) -> bool:
        """Whether this is the moment."""
        if self.reached and self.then_commit:
            return COMMIT in said
        self.seen += self.on in said
        self.reached = self.seen >= self.nth
        return self.reached and not self.then_commit


class Line:
    """Passes on what a process and its database say to each other, until the cut."""

    def __init__(self, folder: str, database: str, cut: Cut) -> None:
        self.database, self.cut, self.pid = database, cut, 0
        self.over = False
        self.lock = threading.Lock()
        self.open: list[threading.Thread] = []
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(f"{folder}/{SOCKET}")
        self.door.listen(16)
        self.listening = threading.Thread(target=self._listen, daemon=True)

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while not self.over:
                if select.select([self.door], [], [], 0.05)[0]:
                    thread = threading.Thread(
                        target=self._carry, args=(self.door.accept()[0],), daemon=True
                    )
                    self.open.append(thread)
                    thread.start()

    def _carry(self, near: socket.socket) -> None:
        far = socket.socket(socket.AF_UNIX)
        with contextlib.suppress(OSError):
            far.connect(f"{self.database}/{SOCKET}")
        with near, far, contextlib.suppress(OSError):
            while True:
                for end in select.select([near, far], [], [])[0]:
                    said = end.recv(1 << 16)
                    if not said or self._cut(end is near, said, far):
                        return
                    (far if end is near else near).sendall(said)

    def _cut(self, ours: bool, said: bytes, far: socket.socket) -> bool:
        with self.lock:
            if not self.over and ours and self.cut.now(said):
                self.over = True
                os.kill(self.pid, signal.SIGKILL)
                if self.cut.arrives:
                    far.sendall(said)
                    far.recv(1 << 16)
            return self.over


class Process:
    """A process of its own that does `work` on the tests' database, killed at the cut."""

    def __init__(self, app: Flask, sql: Any, work: Callable[[], Any], cut: Cut) -> None:
        where = parse_qs(urlsplit(app.config["WARD"].database_url).query)["host"][0]
        self.sql, self.ended = sql, False
        self.folder = tempfile.TemporaryDirectory(prefix="ward-line-")
        self.line = Line(self.folder.name, where, cut)
        self.line.pid = os.fork()
        if self.line.pid == 0:
            _live(app, work, where, self.folder.name)
        self.line.listening.start()

    def _gone(self) -> bool:
        self.ended = self.ended or os.waitpid(self.line.pid, os.WNOHANG)[0] != 0
        return self.ended

    def end(self) -> bool:
        """Wait until it has ended, and all it asked of the database; whether it was killed."""
        killed = until(self._gone, 30) and self.line.over
        if not self.ended:
            os.kill(self.line.pid, signal.SIGKILL)
            os.waitpid(self.line.pid, 0)
        self.line.over = True
        for thread in [self.line.listening, *self.line.open]:
            thread.join(20)
        self.line.door.close()
        self.folder.cleanup()
        left = "select count(*) from pg_stat_activity where application_name = %s"
        assert until(lambda: self.sql(left, (NAME,)) == [(0,)])
        return killed


def killed(app: Flask, sql: Any, work: Callable[[], Any], cut: Cut) -> bool:
    """Whether `work` was cut off; False when it came to its end before."""
    return Process(app, sql, work, cut).end()


@contextlib.contextmanager
def serving(app: Flask, sql: Any, cut: Cut) -> Iterator[str]:
    """The address of a web server that dies at the cut, which must come."""
    door = socket.create_server(("127.0.0.1", 0))
    port = door.getsockname()[1]

    def serve() -> None:
        make_server("127.0.0.1", port, app, fd=door.fileno()).serve_forever()

    process = Process(app, sql, serve, cut)
    door.close()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        assert process.end(), "the moment never came"


def _live(app: Flask, work: Callable[[], Any], where: str, folder: str) -> None:
    """The child: connections of its own, all through the line; it never comes back."""
    try:
        quiet = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(quiet, number)
        config = app.config["WARD"]
        line = config.database_url.replace(quote(where, safe=""), quote(folder, safe=""))
        app.config["WARD"] = replace(config, database_url=f"{line}&application_name={NAME}")
        with app.app_context():
            db.engine.dispose(close=False)

            @event.listens_for(db.engine, "do_connect")
            def _through(_dialect: Any, _record: Any, _args: Any, given: Any) -> None:
                given |= {"host": folder, "application_name": NAME}

            work()
        os._exit(0)
    finally:
        os._exit(1)
