"""kill -9 at any point: nothing is lost, and nothing is there twice."""

import http.client
import json
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from app.core import jobs, tenancy
from app.data_sources import signatures
from app.sync import runner
from app.sync.drops import BLOCK
from app.world.imports import BATCH
from tests.support import Place

from .killed import Cut, Process, killed, serving
from .lists import Lists
from .lists import serving as serving_lists

KEPT = b"update sync_state set cursor"
MARKED = b"insert into webhook_delivery"
SECRET = "a-shared-secret-of-the-tests"
EVENTS = """
select data -> 'fields' ->> 'name', data ->> 'id' from event
where data_source_id = %s order by seq
"""
READ = """
select sum(created), sum(changed), sum(refused),
  (select sum(events) from sync_slot s where s.data_source_id = r.data_source_id),
  (select count(*) from set_aside a where a.data_source_id = r.data_source_id)
from sync_run r where data_source_id = %s group by data_source_id
"""
ROWS = 2 * BLOCK + 200
WRONG = 700
"""The row that cannot be taken."""
MANY = BATCH + 100
"""Records of a delivery; more than are stored at once."""


def _run(place: Place, ident: str) -> None:
    with tenancy.inside(place.id):
        runner.run(place.id, uuid.UUID(ident), "a worker")


@pytest.fixture
def cut_off(app: Flask, sql: Any, workspace: Place) -> Callable[[str, Cut], bool]:
    """Reads a source in a process that is killed."""

    def go(ident: str, cut: Cut) -> bool:
        return killed(app, sql, lambda: _run(workspace, ident), cut)

    return go


@pytest.fixture
def names(sql: Any) -> Callable[[str], list[str]]:
    """What is stored of a source, in its order, repeated when it was stored twice."""

    def go(ident: str) -> list[str]:
        return [name or given for name, given in sql(EVENTS, (ident,))]

    return go


def csv(home: Path) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    rows = [f"{n};{'soon' if n == WRONG else '1.2.1990'}" for n in range(1, ROWS + 1)]
    (home / "exports/a.csv").write_text("\n".join(["No;DOB", *rows]))
    config = {"format": "csv", "delimiter": ";", "id_path": "No"}
    mapping = {"name": "No", "birth_date": {"source": "DOB", "type": "date_dmy"}}
    return config, mapping, [str(n) for n in range(1, ROWS + 1) if n != WRONG]


def ndjson(home: Path) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    lines = [{"resourceType": "Patient", "id": str(n), **({"birthDate": "soon"} if n == WRONG else {})}
             for n in range(1, ROWS + 1)]  # fmt: skip
    (home / "exports/a.ndjson").write_text("\n".join(map(json.dumps, lines)))
    return {"format": "ndjson"}, {}, [str(n) for n in range(1, ROWS + 1) if n != WRONG]


@pytest.mark.parametrize("form", [csv, ndjson])
def test_a_file_is_read_to_its_end_however_often_the_worker_is_killed(
    form: Any, maker: Any, drop: Path, cut_off: Any, run_source: Any, names: Any, sql: Any
) -> None:
    config, mapping, wanted = form(drop)
    ident = maker.make("data-sources", {
        "name": "Drop", "source_type": "file_drop", "field_mappings": mapping,
        "connection_config": {"path": "exports", "archive_path": "read", **config},
    })["id"]  # fmt: skip
    reached = 0
    for cut, stored in (
        (Cut(b"incoming_event", 2), 0),
        (Cut(KEPT, then_commit=True), 0),
        (Cut(KEPT, then_commit=True, arrives=True), BLOCK),
        (Cut(b"insert into event_entity"), BLOCK),
        (Cut(KEPT), BLOCK),
        (Cut(KEPT, 2), 2 * BLOCK - 1),
        (Cut(KEPT, 2, then_commit=True, arrives=True), len(wanted)),
    ):
        assert cut_off(ident, cut)
        reached = len(names(ident))
        assert names(ident) == wanted[:reached] and reached == stored
    assert list((drop / "exports").iterdir()) != [], "killed before it was put away"
    done = run_source(ident)
    assert (done["status"], done["created"], names(ident)) == ("success", 0, wanted)
    assert sql(READ, (ident,)) == [(len(wanted), 0, 1, len(wanted), 1)]
    assert list((drop / "exports").iterdir()) == [] and len(list((drop / "read").iterdir())) == 1


def test_what_stands_several_times_in_a_file_is_taken_once_each(
    maker: Any, drop: Path, cut_off: Any, run_source: Any, sql: Any
) -> None:
    lines = [{"resourceType": "Patient", "id": "p", "name": [{"text": text}]} for text in "abca"]
    (drop / "exports/a.ndjson").write_text("\n".join(map(json.dumps, lines)))
    ident = maker.make("data-sources", {
        "name": "Drop", "source_type": "file_drop",
        "connection_config": {"path": "exports", "format": "ndjson"},
    })["id"]  # fmt: skip
    for nth in (2, 4):
        assert cut_off(ident, Cut(b"copy incoming_event", nth))
    assert run_source(ident)["status"] == "success"
    told = sql("select data #>> '{name,0,text}' from event where data_source_id = %s order by seq",
               (ident,))  # fmt: skip
    assert told == [(text,) for text in "abca"]


def test_a_reading_asked_for_by_hand_goes_on_in_another_worker(
    app: Flask, sql: Any, api: Any, keys: Any, maker: Any, drop: Path, workspace: Place, names: Any
) -> None:
    config, mapping, wanted = csv(drop)
    ident = maker.make("data-sources", {
        "name": "Drop", "source_type": "file_drop", "field_mappings": mapping,
        "connection_config": {"path": "exports", **config},
    })["id"]  # fmt: skip
    url = f"/v1/{workspace.id}/data-sources/{ident}"
    assert api.post(f"{url}/sync", headers=keys.admin).status_code == 202
    assert killed(app, sql, lambda: jobs.work(wait=False), Cut(KEPT, 2))
    assert names(ident) == wanted[:BLOCK]
    sql("update procrastinate_workers set last_heartbeat = now() - interval '1 hour'")
    sql("select procrastinate_defer_jobs_v1(array[row('ward', 'jobs.retry_stalled', 0, null, null,"
        " '{\"timestamp\": 0}', null)::procrastinate_job_to_defer_v1])")  # fmt: skip
    with app.app_context():
        jobs.work(wait=False)
        jobs.work(wait=False)
    assert names(ident) == wanted
    assert api.get(f"{url}/status", headers=keys.admin).json["health_status"] == "healthy"


@pytest.fixture
def lists() -> Iterator[Lists]:
    with serving_lists() as server:
        server.records["/people"] = [{"id": n, "name": f"P {n}"} for n in range(1, 8)]
        server.records["/visits"] = [{"id": n, "name": f"V {n}"} for n in range(1, 4)]
        yield server


def test_an_api_is_read_to_its_end_however_often_the_worker_is_killed(
    app: Flask, lists: Lists, maker: Any, cut_off: Any, run_source: Any, names: Any, sql: Any,
    workspace: Place,
) -> None:  # fmt: skip
    of = {"entity_type": "person", "id_path": "id", "records_path": "data.items",
          "cursor": "page.next", "cursor_param": "after"}  # fmt: skip
    ident = maker.make("data-sources", {
        "name": "API", "source_type": "rest_api", "field_mappings": {"name": "name"},
        "connection_config": {"base_url": lists.url, "allow_private": True, "endpoints": [
            {"path": "/people", **of}, {"path": "/visits", **of, "entity_type": "appointment"}]},
    })["id"]  # fmt: skip
    wanted = [f"P {n}" for n in range(1, 8)] + [f"V {n}" for n in range(1, 4)]

    def dies_while_it_waits(path: str, _count: int) -> None:
        if "after=4" in path:
            os.kill(worker.line.pid, signal.SIGKILL)

    lists.spoil = dies_while_it_waits
    worker = Process(app, sql, lambda: _run(workspace, ident), Cut(b"never"))
    assert worker.end() is False and names(ident) == wanted[:4]
    lists.spoil = lambda path, count: None
    lists.asked.clear()
    for cut, stored in (
        (Cut(KEPT), 4), (Cut(KEPT, 2, then_commit=True, arrives=True), 7),
        (Cut(KEPT, 5), 7), (Cut(KEPT, 5, then_commit=True, arrives=True), 9),
    ):  # fmt: skip
        assert cut_off(ident, cut) and names(ident) == wanted[:stored]
    assert lists.asked[:2] == ["/people?after=4", "/people?after=4"]
    done = run_source(ident)
    assert (done["status"], done["created"], names(ident)) == ("success", 1, wanted)
    assert sql(READ, (ident,)) == [(10, 0, 0, 10, 0)]


@pytest.mark.parametrize(("cut", "answer"), [
    (Cut(b"insert into event"), 202), (Cut(b"insert into event", 3), 202),
    (Cut(MARKED, then_commit=True), 202), (Cut(MARKED, then_commit=True, arrives=True), 409),
])  # fmt: skip
def test_a_delivery_that_nobody_acknowledged_is_sent_again_and_stored_once(
    app: Flask, sql: Any, api: Any, maker: Any, workspace: Place, names: Any, cut: Cut, answer: int
) -> None:
    ident = maker.make("data-sources", {
        "name": "Booking", "source_type": "webhook", "sync_strategy": "webhook",
        "connection_config": {"secret": SECRET, "accepts": "records", "id_path": "id",
                              "entity_type": "person"}, "field_mappings": {"name": "name"},
    })["id"]  # fmt: skip
    wanted = [str(n) for n in range(MANY)] + ["again", "0"]
    records = [{"id": n if n < MANY else 0, "name": name} for n, name in enumerate(wanted)]
    body, at = json.dumps(records).encode(), str(int(time.time()))
    headers = {"X-Ward-Timestamp": at, "X-Ward-Signature": signatures.sign(SECRET, at, body),
               "X-Ward-Delivery": "d-1", "Content-Type": "application/json"}  # fmt: skip
    path = f"/v1/hooks/{workspace.id}/{ident}"
    with serving(app, sql, cut) as url:
        line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        with pytest.raises((OSError, http.client.HTTPException)):
            line.request("POST", path, body, headers)
            line.getresponse()
        line.close()
    stored = [] if answer == 202 else wanted
    assert names(ident) == stored
    assert api.post(path, data=body, headers=headers).status_code == answer
    assert api.post(path, data=body, headers=headers).status_code == 409
    assert names(ident) == wanted
    assert sql(READ, (ident,)) == [(MANY, 2, 0, MANY + 2, 0)]
