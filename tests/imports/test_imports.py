"""Large files: imported piece by piece, watched, cancelled, killed, and gone afterwards."""

import dataclasses
import io
import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.core import database, jobs, tenancy
from app.imports import worker
from tests.support import Place, post, text

ROOT = Path(__file__).parents[2]
COUNTS = "select status, records, created, unchanged, refused from import_file where id = %s"
# A process of its own: what its memory grows by is the import.
IMPORT = """
import sys, uuid
from wsgi import app
from app.core import tenancy
from app.imports import worker
place, ident = sys.argv[1:]
def peak():
    return next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
before = peak()
with app.app_context(), tenancy.inside(place):
    worker.run(uuid.UUID(place), uuid.UUID(ident))
print(before, peak())
"""


def patients(count: int, first: int = 0, **more: Any) -> list[dict[str, Any]]:
    return [{"resourceType": "Patient", "id": f"p{n}", "name": [{"family": f"Family{n}"}], **more}
            for n in range(first, first + count)]  # fmt: skip


def lines(records: list[Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


@pytest.fixture
def home(app: Flask, tmp_path: Path) -> Iterator[Path]:
    config = app.config["WARD"]
    app.config["WARD"] = dataclasses.replace(config, drop_folder=str(tmp_path))
    yield tmp_path
    app.config["WARD"] = config


@pytest.fixture
def send(as_admin: Any, workspace: Place, home: Path) -> Any:
    def go(content: bytes, name: str = "records.ndjson") -> str:
        answer = post(as_admin, f"/w/{workspace.slug}/imports", {"file": (io.BytesIO(content), name)},
                      content_type="multipart/form-data")  # fmt: skip
        assert answer.status_code == 303, text(answer)
        return str(answer.headers["Location"].rpartition("/")[2])

    return go


def files(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


def work(app: Flask) -> None:
    with app.app_context():
        jobs.work(wait=False)


def some(app: Flask, place: Place, ident: str, pieces: int) -> None:
    """As a worker that is killed after so many pieces."""
    with app.app_context(), tenancy.inside(place.id):
        worker.run(place.id, uuid.UUID(ident), pieces)
        database.rollback()


def test_a_file_is_imported_in_the_background_and_its_page_says_what_came_in(
    app: Flask, send: Any, home: Path, workspace: Place, as_admin: Any, as_viewer: Any
) -> None:
    ident = send(lines([*patients(3), {"resourceType": "Patient"}, *patients(1)]))
    page = f"/w/{workspace.slug}/imports/{ident}"
    assert "waits for its turn" in text(as_admin.get(page)) and len(files(home)) == 1
    work(app)
    shown = text(as_admin.get(page))
    assert "Everything was read" in shown and "line 4" in shown and "has no valid id" in shown
    assert files(home) == [] and "records.ndjson" in text(as_admin.get(page.rpartition("/")[0]))
    assert as_viewer.get(page).status_code == 403
    fragment = {"HX-Request": "true"}
    assert as_admin.get(f"{page}?seen=done-5", headers=fragment).status_code == 204
    assert as_admin.get(f"{page}?seen=done-4", headers=fragment).status_code == 200


def test_one_that_is_killed_goes_on_where_it_was_and_doubles_nothing(
    app: Flask, send: Any, home: Path, workspace: Place, sql: Any
) -> None:
    count = 2 * worker.PIECE + 10
    ident = send(lines(patients(count)))
    some(app, workspace, ident, 1)
    half = sql(COUNTS, (ident,))
    assert half == [("running", worker.PIECE, worker.PIECE, 0, 0)] and len(files(home)) == 1
    work(app)
    assert sql(COUNTS, (ident,)) == [("done", count, count, 0, 0)]
    held = sql("select count(*) from event where workspace_id = %s", (workspace.id,))
    assert held == [(count,)] and files(home) == []
    again = send(lines(patients(count)))
    work(app)
    assert sql(COUNTS, (again,)) == [("done", count, 0, count, 0)]


def test_one_that_is_cancelled_keeps_what_came_in_and_leaves_nothing(
    app: Flask, send: Any, home: Path, workspace: Place, as_admin: Any, sql: Any
) -> None:
    ident = send(lines(patients(worker.PIECE + 10)))
    some(app, workspace, ident, 1)
    page = f"/w/{workspace.slug}/imports/{ident}"
    post(as_admin, f"{page}/cancel")
    work(app)
    assert sql(COUNTS, (ident,)) == [("cancelled", worker.PIECE, worker.PIECE, 0, 0)]
    assert files(home) == [] and "It was cancelled" in text(as_admin.get(page))
    assert post(as_admin, f"{page}/cancel").status_code == 409


@pytest.mark.parametrize(
    "content", [b'{"resourceType": "Bundle", "entry": [{', b"\x1f\x8bnonsense"]
)
def test_a_file_that_breaks_off_says_so(
    app: Flask, send: Any, home: Path, workspace: Place, as_admin: Any, content: bytes
) -> None:
    ident = send(content, "cut.json")
    work(app)
    shown = text(as_admin.get(f"/w/{workspace.slug}/imports/{ident}"))
    assert "could not be read to its end" in shown
    assert "breaks off" in shown or "damaged" in shown
    assert files(home) == []


def test_a_full_disk_and_left_over_files(
    app: Flask, send: Any, home: Path, workspace: Place, as_admin: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    waits = send(lines(patients(1)))
    waiting = files(home)
    address = f"/w/{workspace.slug}/imports"
    usage = shutil.disk_usage(home)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1000))
        body = {"file": (io.BytesIO(lines(patients(1))), "records.ndjson")}
        full = post(as_admin, address, body, content_type="multipart/form-data")
    assert full.status_code == 507 and files(home) == waiting
    none = post(as_admin, address, {}, content_type="multipart/form-data")
    assert none.status_code == 422 and "Choose a file first." in text(none)
    lost = waiting[0].with_name("0" * 32)
    fresh = waiting[0].with_name("1" * 32)
    for path in (lost, fresh):
        path.write_bytes(b"left by a web server that was killed")
    hours_ago = time.time() - 2 * 3600
    for path in (lost, waiting[0]):
        os.utime(path, (hours_ago, hours_ago))
    with app.app_context():
        assert worker.sweep() == 1
    assert sorted(files(home)) == sorted([fresh, *waiting]) and waits


def test_memory_stays_small_whatever_the_size_of_the_bundle(
    send: Any, home: Path, workspace: Place, config: Any, sql: Any
) -> None:
    """36 MB, which alone would be more than the limit if the file were read at once."""
    note = [{"div": "x" * 100} for _ in range(200)]
    entries = [{"fullUrl": f"urn:uuid:{n}", "resource": record}
               for n, record in enumerate(patients(1600, text=note))]  # fmt: skip
    content = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}).encode()
    ident = send(content, "large.json")
    environ = {
        **os.environ, "DATABASE_URL": config.database_url, "SECRET_KEY": config.secret_key,
        "WARD_OWNER_DATABASE_URL": config.owner_url, "PYTHONPATH": str(ROOT),
        "WARD_MAINTENANCE_DATABASE_URL": config.maintenance_url, "WARD_DROP_FOLDER": str(home),
        "WARD_SECRETS_KEYS": ",".join(config.secrets_keys),
    }  # fmt: skip
    command = [sys.executable, "-c", IMPORT, str(workspace.id), ident]
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, check=True)
    before, peak = (int(size) for size in done.stdout.splitlines()[-1].split())
    assert sql(COUNTS, (ident,)) == [("done", 1600, 1600, 0, 0)]
    assert len(content) > 34 * 1024**2 and peak - before < 32 * 1024, (before, peak)
