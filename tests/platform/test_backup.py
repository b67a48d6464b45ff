"""The backup and restore of the README, as it stands there."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg

from app.core.postgres import EmbeddedPostgres, plain

COUNTS = """
select (select count(*) from workspace), (select count(*) from account),
  (select count(*) from audit_event), (select max(version_num) from alembic_version)
"""


def _counts(server):
    with psycopg.connect(plain(server.url("maintenance"))) as connection:
        return connection.execute(COUNTS).fetchone()


def _run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_backup_taken_as_maintenance_is_restored_as_the_owner(server, cast, tmp_path):
    dump = tmp_path / "ward.dump"
    address = plain(server.url("maintenance"))
    _run(server.bin / "pg_dump", "--format=custom", f"--file={dump}", address)
    folder = Path(tempfile.mkdtemp(prefix="ward-"))
    folder.chmod(0o755)
    try:
        with EmbeddedPostgres(folder, ("fsync=off",)) as empty:
            _run(
                server.bin / "pg_restore", "--no-owner", "--exit-on-error",
                "--single-transaction", "-d", plain(empty.url("owner")), dump,
            )  # fmt: skip
            assert _counts(empty) == _counts(server)
            with psycopg.connect(plain(empty.url("app"))) as stranger:
                assert stranger.execute("select count(*) from account").fetchone() == (0,)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
