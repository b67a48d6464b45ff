"""The launcher of the embedded PostgreSQL."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.core.postgres import EmbeddedPostgres, PostgresError, plain
from tests.platform.processes import ROOT, alive, until

FAST = ("fsync=off",)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change the user")


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="ward-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def _ask(url: str, question: str) -> Any:
    with psycopg.connect(plain(url), autocommit=True) as connection:
        found = connection.execute(question).fetchone()  # type: ignore[arg-type]
    return found[0] if found else None


def test_the_locale_is_the_databases_own_and_the_search_operator_is_leakproof(server: Any) -> None:
    provider = "select datlocprovider::text || datlocale from pg_database where datname = 'ward'"
    assert _ask(server.superuser_url, provider) == "bC.UTF-8"
    leakproof = "select proleakproof from pg_proc where proname = 'ts_match_vq'"
    assert _ask(server.superuser_url, leakproof) is True


def test_what_looks_past_the_policies_looks_at_temporary_tables_last(server: Any) -> None:
    ours = "from pg_proc where prosecdef and pronamespace = 'public'::regnamespace"
    assert _ask(server.superuser_url, f"select count(*) {ours}") >= 3
    path = "array_to_string(proconfig, ' ') ~ 'search_path=pg_catalog, public, pg_temp'"
    loose = f"select proname {ours} and {path} is not true"
    assert _ask(server.superuser_url, loose) is None


def test_each_role_has_its_rights_and_no_more(server: Any) -> None:
    rights = (
        "select rolsuper::text || rolbypassrls::text from pg_roles where rolname = current_user"
    )
    assert _ask(server.url("app"), rights) == "falsefalse"
    assert _ask(server.url("owner"), rights) == "falsefalse"
    assert _ask(server.url("maintenance"), rights) == "falsetrue"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _ask(server.url("app"), "create table mine (id int)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        _ask(server.url("app"), "set role ward_maintenance")
    with psycopg.connect(plain(server.url("app"))) as connection:
        connection.execute("create temporary table mine (id int)")


def test_a_wrong_password_is_refused_and_nobody_else_reaches_the_files(server: Any) -> None:
    wrong = server.url("app").replace(server.secrets["app"], "guess")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        _ask(wrong, "select 1")
    assert (server.directory / "secrets.json").stat().st_mode & 0o077 == 0
    assert server.socket.stat().st_mode & 0o077 == 0
    assert _ask(server.superuser_url, "show listen_addresses") == ""


def test_data_survives_a_killed_server_and_rows_are_there_again(folder: Path) -> None:
    with EmbeddedPostgres(folder) as first:
        with psycopg.connect(plain(first.superuser_url), autocommit=True) as connection:
            connection.execute("create table kept as select 7 as number")
        assert first.process is not None
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait()
        first.revive()
        assert _ask(first.superuser_url, "select number from kept") == 7
    started = time.monotonic()
    with EmbeddedPostgres(folder) as second:
        assert _ask(second.superuser_url, "select number from kept") == 7
    assert time.monotonic() - started < 4


def test_a_note_of_a_process_that_is_another_now_does_not_stop_the_start(folder: Path) -> None:
    with EmbeddedPostgres(folder, FAST) as first:
        note = (first.data / "postmaster.pid").read_text().split("\n")
    (first.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *note[1:]]))
    with EmbeddedPostgres(folder, FAST) as second:
        assert _ask(second.superuser_url, "select 1") == 1


def test_the_server_dies_with_the_process_that_started_it(folder: Path) -> None:
    program = (
        "import sys, time; from app.core.postgres import EmbeddedPostgres;"
        f"s = EmbeddedPostgres({str(folder)!r}, ('fsync=off',)); s.start();"
        "print(s.process.pid, flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE)
    with child:
        assert child.stdout is not None
        server = int(child.stdout.readline())
        assert alive(server)
        child.kill()
    assert until(lambda: not alive(server))


def test_a_long_path_gets_a_short_socket(folder: Path) -> None:
    deep = folder / ("a" * 60) / ("b" * 60)
    with EmbeddedPostgres(deep, FAST) as server:
        assert len(str(server.socket)) < 90
        assert _ask(server.url("app"), "select 1") == 1
    assert not server.socket.exists()


def _as_nobody(work: Any) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pid = os.fork()
    if pid == 0:
        code = 1
        with contextlib.suppress(BaseException):
            nobody = pwd.getpwnam("nobody")
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
            code = work()
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@as_root
def test_an_ordinary_user_can_run_it_after_root_did(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    own = folder / "own"
    own.mkdir()
    os.chown(own, nobody.pw_uid, nobody.pw_gid)

    def work() -> int:
        with EmbeddedPostgres(own, FAST) as server:
            return 0 if _ask(server.url("app"), "select current_user") == "ward_app" else 2

    assert _as_nobody(work) == 0
    assert (own / "postgres").stat().st_uid == nobody.pw_uid


@as_root
def test_root_is_told_when_the_folder_is_closed_to_the_servers_user(folder: Path) -> None:
    folder.chmod(0o700)
    with pytest.raises(PostgresError, match="cannot be entered"):
        EmbeddedPostgres(folder / "data").start()
    assert folder.stat().st_mode & 0o777 == 0o700


@as_root
def test_binaries_under_a_closed_home_are_copied_out(folder: Path) -> None:
    closed = folder / "home"
    closed.mkdir(mode=0o700)
    server = EmbeddedPostgres(folder / "data", FAST)
    package = server.bin.parents[1]
    for source in (package / "pginstall18", package.with_name(package.name + ".libs")):
        shutil.copytree(source, closed / source.relative_to(package.parent), symlinks=True)
    server.bin = closed / server.bin.relative_to(package.parent)
    with server:
        assert _ask(server.url("app"), "select 1") == 1
    assert closed.stat().st_mode & 0o777 == 0o700
