"""How data flows in, from what the runs and the writes left."""

from typing import Any

from flask.testing import FlaskClient

from tests.support import Keys, Place
from tests.world.data import WHOLE
from tests.world.test_fhir import Reader
from tests.world.test_import import put_in


def test_the_status_tells_each_sources_last_reading_and_null_for_what_is_unknown(
    api: FlaskClient, workspace: Place, keys: Keys, sql: Any, maker: Any
) -> None:
    read = Reader(api, workspace, keys.viewer)
    empty = read("pipeline/status")
    assert (empty["status"], empty["total_events"], empty["event_read_model_status"]) == (
        "empty", 0, "empty")  # fmt: skip
    put_in(api, workspace, keys.admin, WHOLE)
    source = maker.make("data-sources", maker.body("data-sources"))["id"]
    (never,) = read("pipeline/status")["sources"]
    assert never["connection_healthy"] is None and never["last_poll_event_count"] is None
    sql("insert into sync_state (workspace_id, data_source_id, last_run_at, consecutive_errors,"
        " last_error) values (%s, %s, now(), 2, 'Refused')", (workspace.id, source))  # fmt: skip
    sql("insert into sync_run (workspace_id, data_source_id, started_at, finished_at, status,"
        " started_by) values (%s, %s, now() - interval '2 s', now(), 'error', 'schedule')",
        (workspace.id, source))  # fmt: skip
    told = read("pipeline/status")
    assert (told["status"], told["total_events"], told["total_entities"]) == ("degraded", 4, 3)
    assert told["uptime_seconds"] is None and told["active_polls"] == 0
    (failing,) = told["sources"]
    assert (failing["last_poll_duration_ms"], failing["last_error"]) == (2000, "Refused")
    assert failing["connection_healthy"] is False and failing["consecutive_errors"] == 2


def test_the_throughput_counts_every_event_once_in_its_hour_and_day(
    api: FlaskClient, workspace: Place, keys: Keys, sql: Any
) -> None:
    put_in(api, workspace, keys.admin, WHOLE)
    sql("insert into world_count (workspace_id, kind, name, count) select %s, 'hour', to_char((now()"
        " - n * interval '26 h') at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24'), 10"
        " from generate_series(1, 3) n", (workspace.id,))  # fmt: skip
    read = Reader(api, workspace, keys.viewer)
    day = read("pipeline/throughput")
    assert len(day["points"]) == 24 and day["total"] == 4 == day["points"][-1]["event_count"]
    assert read("pipeline/throughput", hours=79)["total"] == 34
    days = read("pipeline/throughput", interval="1d", hours=720)
    assert days["total"] == 34 and len(days["points"]) in (30, 31)
    assert all(point["at"].endswith("T00:00:00Z") for point in days["points"])
    read("pipeline/throughput", 422, hours=721)
    read("pipeline/throughput", 422, interval="1m")
