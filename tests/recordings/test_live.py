"""Against the running web server: lines that break, kills, slow lines, many at once."""

import contextlib
import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.calls.test_api import a_call
from tests.live import ROOT, free_port
from tests.platform.processes import below, until
from tests.recordings import sounds

MIB = 1024 * 1024


class Web:
    """One web process with two threads, on the tests' database."""

    def __init__(self, config):
        self.config, self.port = config, free_port()

    def start(self):
        environ = {
            **os.environ, "DATABASE_URL": self.config.database_url, "WARD_DEMO": "0",
            "SECRET_KEY": self.config.secret_key, "WARD_RECORDINGS": self.config.recordings,
        }  # fmt: skip
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(self.port),
                   "--workers", "1", "--blocking-threads", "2", "--no-ws", "--log-level", "error",
                   "wsgi:app"]  # fmt: skip
        self.process = subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.DEVNULL,
                                        start_new_session=True)  # fmt: skip
        assert until(self._answers)

    def _answers(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.ask("GET", "/healthz", {})[0] == 200
        return False

    def kill(self):
        """As the out-of-memory killer would: no goodbye."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def memory(self):
        """The most that the worker ever held, in bytes."""
        [worker] = below(self.process.pid)
        told = Path(f"/proc/{worker}/status").read_text()
        return int(told.partition("VmHWM:")[2].split()[0]) * 1024

    def line(self):
        return socket.create_connection(("127.0.0.1", self.port), 30)

    def ask(self, method, path, headers, body=None):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        line.request(method, path, body, headers)
        answer = line.getresponse()
        content = answer.read()
        line.close()
        return answer.status, content


@pytest.fixture(scope="module")
def web(config):
    made = Web(config)
    made.start()
    yield made
    with contextlib.suppress(ProcessLookupError):
        made.kill()


@pytest.fixture
def path(workspace):
    return f"/v1/{workspace.id}/recordings/CA1"


def half(web, path, key, body, more=0):
    """A line on which half of a body was sent."""
    line = web.line()
    head = f"PUT {path} HTTP/1.1\r\nHost: ward\r\nContent-Length: {len(body) + more}\r\n"
    line.sendall(f"{head}Authorization: {key['Authorization']}\r\n\r\n".encode())
    line.sendall(body[: len(body) // 2])
    return line


def coming_in(home):
    folder = home / "incoming"
    return [p for p in folder.iterdir() if p.stat().st_size] if folder.exists() else []


def test_a_line_that_breaks_leaves_nothing(web, call, path, keys, home, files, rows):
    for _ in range(3):
        line = half(web, path, keys.member, sounds.wav(20))
        assert until(lambda: coming_in(home) != [])
        line.close()
        assert until(lambda: files() == [])
    assert rows() == []
    assert web.ask("PUT", path, keys.member, sounds.wav(20))[0] == 201


def test_a_kill_in_the_middle_loses_nothing_that_was_acknowledged(
    web, call, api, path, keys, workspace, home, files, rows, app
):
    assert web.ask("PUT", path, keys.member, sounds.wav())[0] == 201
    second = a_call("CA2")
    assert (
        api.post(f"/v1/{workspace.id}/calls", json=second, headers=keys.member).status_code == 201
    )
    other = path.replace("CA1", "CA2")
    line = half(web, other, keys.member, sounds.wav(20))
    assert until(lambda: coming_in(home) != [])
    web.kill()
    line.close()
    [(key, *_)] = rows()
    [debris] = [name for name in files() if name != key]
    web.start()
    assert web.ask("GET", path, keys.viewer) == (200, sounds.wav())
    assert web.ask("GET", other, keys.viewer)[0] == 404
    os.utime(home / "incoming" / debris, (0, 0))
    said = app.test_cli_runner().invoke(args=["recordings", "sweep"])
    assert "1 unfinished uploads removed" in said.output
    assert files() == [key]
    assert web.ask("PUT", other, keys.member, sounds.wav(20))[0] == 201


def test_a_slow_line_holds_no_connection_of_the_database(web, call, path, keys, home, sql):
    line = half(web, path, keys.member, sounds.wav(20))
    assert until(lambda: coming_in(home) != [])
    waiting = "select count(*) from pg_stat_activity where state like 'idle in transaction%'"
    assert until(lambda: sql(waiting) == [(0,)])
    line.close()


def test_listeners_who_take_their_time_keep_nobody_waiting(web, call, path, keys, home):
    body = sounds.wav(400)
    assert len(body) > 12 * MIB
    assert web.ask("PUT", path, keys.member, body)[0] == 201
    lines = [web.line() for _ in range(6)]
    for line in lines:
        head = f"GET {path} HTTP/1.1\r\nHost: ward\r\nRange: bytes=0-\r\n"
        line.sendall(f"{head}Authorization: {keys.viewer['Authorization']}\r\n\r\n".encode())
    assert web.ask("GET", "/healthz", {})[0] == 200
    for line in lines:
        assert line.recv(64).startswith(b"HTTP/1.1 206")
        line.close()


def test_two_at_once_are_one_recording(web, call, path, keys, files, rows):
    answers = []

    def send(body):
        answers.append(web.ask("PUT", path, keys.member, body)[0])

    def both(*bodies):
        answers.clear()
        threads = [threading.Thread(target=send, args=(body,)) for body in bodies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(answers)

    assert both(sounds.wav(), sounds.wav(tone=300)) == [201, 409]
    kept = (
        sounds.wav()
        if web.ask("GET", path, keys.viewer)[1] == sounds.wav()
        else sounds.wav(tone=300)
    )
    assert both(kept, kept) == [200, 200]
    assert len(files()) == len(rows()) == 1


def test_without_a_length_the_server_says_so(web, call, path, keys, files):
    line = web.line()
    head = f"PUT {path} HTTP/1.1\r\nHost: ward\r\nTransfer-Encoding: chunked\r\n"
    line.sendall(f"{head}Authorization: {keys.member['Authorization']}\r\n\r\n5\r\nRIFF!\r\n0\r\n\r\n"
                 .encode())  # fmt: skip
    assert line.recv(64).startswith(b"HTTP/1.1 411")
    line.close()
    assert files() == []


def test_the_largest_recording_passes_through_little_memory(web, call, path, keys, home, rows):
    seconds = 190 * MIB // (sounds.RATE * 4)
    size = 44 + seconds * sounds.RATE * 4
    body = sounds.wav(1)[:4] + (size - 8).to_bytes(4, "little") + sounds.wav(1)[8:40]
    body += (size - 44).to_bytes(4, "little") + bytes(size - 44)
    before = web.memory()
    assert web.ask("PUT", path, keys.member, body)[0] == 201
    status, heard = web.ask("GET", path, keys.viewer)
    assert status == 200 and hashlib.sha256(heard).digest() == hashlib.sha256(body).digest()
    assert web.memory() - before < 24 * MIB
    [(key, *_)] = rows()
    (home / key[:2] / key).unlink()


def test_too_large_is_told_at_once(web, call, path, keys, files):
    line = web.line()
    head = f"PUT {path} HTTP/1.1\r\nHost: ward\r\nContent-Length: {201 * MIB}\r\n"
    started = time.monotonic()
    line.sendall(f"{head}Authorization: {keys.member['Authorization']}\r\n\r\n".encode())
    assert line.recv(64).startswith(b"HTTP/1.1 413")
    line.close()
    assert files() == [] and time.monotonic() - started < 30
