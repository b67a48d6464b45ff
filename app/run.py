"""`python -m app.run`: everything on one machine, under one supervisor.

python -m app.run               PostgreSQL, web and jobs until Ctrl-C
python -m app.run flask ARGS…   one flask command against the same database
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from . import bootstrap
from .config import Config, ConfigError, load
from .core.postgres import EmbeddedPostgres, PostgresError
from .core.processes import Children, dies_with_parent

ROOT = Path(__file__).resolve().parent.parent
SIGN_INS = """
  owner@riverside.example    owner of Riverside Family (3 workspaces) and Riverside Pediatrics
  admin@riverside.example    admin of Riverside Family, viewer of Riverside Pediatrics
  member@riverside.example   member of Riverside Family
  viewer@riverside.example   viewer of Riverside Family
  owner@lakeside.example     owner of Lakeside Dental
  password of all: ward-demo
"""


STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stop(Exception):
    """Somebody asked the supervisor to end."""


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise Stop


def _port_is_free(config: Config) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError as error:
            raise ConfigError(
                f"PORT {config.port} on {config.host} cannot be used: {error.strerror}."
            ) from None


def web_command(config: Config) -> list[str]:
    """How the web server is started: the application last."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", config.host,
        "--port", str(config.port), "--workers", str(config.workers),
        "--blocking-threads", "4", "--no-ws", "--log-level", "warning",
        "--workers-kill-timeout", "5", "wsgi:app",
    ]  # fmt: skip


def _jobs() -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi:app", "jobs", "work"]


def _ready(config: Config, children: Children, seconds: float = 60) -> bool:
    host = "127.0.0.1" if config.host in ("0.0.0.0", "::") else config.host
    end = time.monotonic() + seconds
    while time.monotonic() < end and children.alive("web"):
        web = http.client.HTTPConnection(host, config.port, timeout=5)
        try:
            web.request("GET", "/readyz")
            if web.getresponse().status == 200:
                return True
        except OSError:
            pass
        finally:
            web.close()
        time.sleep(0.05)
    return False


def _flask(environ: Mapping[str, str], *words: str) -> int:
    command = [sys.executable, "-m", "flask", "--app", "wsgi:app", *words]
    child = subprocess.Popen(command, env=dict(environ), cwd=ROOT, preexec_fn=dies_with_parent())
    try:
        return child.wait()
    except BaseException:
        child.terminate()
        child.wait()
        raise


def serve() -> int:
    """Run until asked to stop. 0 when it ended well."""
    for name in STOPS:
        signal.signal(name, _stop)
    with bootstrap.server() as (environ, postgres):
        config = load(environ)
        _port_is_free(config)
        bootstrap.migrate(config)
        if config.demo and bootstrap.is_empty(config):
            print("Loading the demo data (only at the first start) …", flush=True)
            if _flask(environ, "demo", "load"):
                return 1
        return _supervise(config, Children(environ, ROOT), postgres)


def _supervise(config: Config, children: Children, postgres: EmbeddedPostgres | None) -> int:
    """Ends with 1 when Ward could not start, and with Stop when somebody asked."""
    try:
        children.start("web", web_command(config))
        children.start("jobs", _jobs())
        if not _ready(config, children):
            print("Ward did not start; the lines above say why.", file=sys.stderr)
            return 1
        where = config.public_url or f"http://{config.host}:{config.port}"
        print(f"\nWard is ready: {where}\n{SIGN_INS if config.demo else ''}", flush=True)
        while True:
            children.tend()
            if postgres:
                postgres.revive()
            time.sleep(0.3)
    finally:
        for name in STOPS:
            signal.signal(name, signal.SIG_IGN)
        children.stop()


def command(words: list[str]) -> int:
    """One flask command, on the running embedded server or on one started for it."""
    with bootstrap.database(shared=True) as environ:
        config = load(environ)
        if config.owner_url:
            bootstrap.migrate(config)
        return _flask(environ, *words)


def main(words: list[str]) -> int:
    """The entry; turns known trouble into one sentence."""
    try:
        return command(words[1:]) if words[:1] == ["flask"] else serve()
    except (ConfigError, PostgresError) as error:
        print(f"Ward: {error}", file=sys.stderr)
        return 1
    except Stop:
        return 0
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main(sys.argv[1:]))
