"""What servers and clocks do wrong: the right records are in, each refused one is named."""

import os
import signal
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core import tenancy
from app.data_sources import schedules
from app.sync import runner, state
from tests.support import Place

from .killed import Cut, Process
from .server import Fhir, fill, people


def test_odd_records_go_in_and_wrong_ones_are_named(
    fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any
) -> None:
    fhir.put("Patient", "abc", "01", name=[{"family": "Lower"}])
    fhir.put("Patient", "ABC", "02", name=[{"family": "Upper"}])
    fhir.put("Patient", "old", "03", name=[{"family": "Ancient"}], birthDate="0001-01-01")
    fhir.put("Patient", "dev", "04", name=[{"family": "शर्मा", "given": ["अनिता"]}])
    fhir.put("Patient", "zero", "05", name=[{"family": "Nobody"}], birthDate="0000-00-00")
    ident = source()
    done = read(ident)
    assert (done["status"], done["created"], done["refused"]) == ("success", 4, 1)
    assert people(sql, workspace) == {"Lower", "Upper", "Ancient", "अनिता शर्मा"}
    named = sql("select resource_type, external_id, reason from set_aside where data_source_id = %s",
                (ident,))  # fmt: skip
    assert named == [("Patient", "zero", "The birthDate is no date.")]


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_clock_that_is_minutes_off_loses_nothing(
    fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any, minutes: int
) -> None:
    """Ward goes by the server's own stamps, never by its own clock."""

    def put(ident: str, after: timedelta) -> None:
        fhir.put("Patient", ident, "01", name=[{"family": ident}])
        at = datetime.now(UTC) + timedelta(minutes=minutes) + after
        fhir.records["Patient"][-1]["meta"]["lastUpdated"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")

    ident = source()
    put("one", timedelta())
    read(ident)
    put("two", timedelta(seconds=1))
    assert read(ident)["created"] == 1 and people(sql, workspace) == {"one", "two"}


def test_a_worker_that_is_killed_in_a_page_loses_and_repeats_nothing(
    app: Any, fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any
) -> None:
    fill(fhir, 9)
    ident = source()
    search = fhir.search

    def killing(kind: str, query: Any) -> Any:
        if query.get("skip") == ["4"]:
            os.kill(worker.line.pid, signal.SIGKILL)
        return search(kind, query)

    def work() -> None:
        with tenancy.inside(workspace.id):
            runner.run(workspace.id, uuid.UUID(ident), "a worker")

    fhir.search = killing  # type: ignore[method-assign]
    worker = Process(app, sql, work, Cut(b"never"))
    worker.end()
    fhir.search = search  # type: ignore[method-assign]
    assert len(people(sql, workspace)) == 4
    fhir.asked.clear()
    assert read(ident)["status"] == "success" and "skip=4" in fhir.asked[0]
    events = sql("select fhir_resource_type, fhir_resource_id from event where workspace_id = %s",
                 (workspace.id,))  # fmt: skip
    assert len(events) == len(set(events)) == 10
    runs = sql("select status, error_code from sync_run where data_source_id = %s"
               " order by started_at", (ident,))  # fmt: skip
    assert runs == [("error", "broken_off"), ("success", None)]


def test_an_interval_is_kept_however_long_a_reading_takes() -> None:
    began, ended = (
        datetime(2026, 11, 26, 0, 32, 0, 400, UTC),
        datetime(2026, 11, 26, 0, 32, 5, 0, UTC),
    )
    for strategy, schedule, minutes in (("scheduled", "every minute", 1), ("continuous", None, 1),
                                        ("scheduled", "every 15 minutes", 15)):  # fmt: skip
        due = state.due_after(strategy, schedule, "UTC", began, ended)
        assert due == datetime(2026, 11, 26, 0, 32 + minutes, tzinfo=UTC)
    due = state.due_after("scheduled", "*/2 * * * *", "UTC", began, ended)
    assert due == datetime(2026, 11, 26, 0, 34, tzinfo=UTC)
    assert state.due_after("manual", None, "UTC", began, ended) is None


@pytest.mark.parametrize(
    ("line", "after", "expected"),
    [
        # Berlin: 2:30 does not exist on 29 March 2026, and comes twice on 25 October.
        ("30 2 * * *", "2026-03-28T23:00", "2026-03-29"),
        ("30 2 * * *", "2026-10-24T23:00", "2026-10-25"),
        ("0 6 * * *", "2026-03-28T23:00", "2026-03-29T04:00"),
        ("0 6 * * *", "2026-10-24T23:00", "2026-10-25T05:00"),
    ],
)
def test_schedules_pass_the_change_of_clocks_once_a_day(
    line: str, after: str, expected: str
) -> None:
    start = datetime.fromisoformat(after).replace(tzinfo=UTC)
    due = schedules.next_run(line, start, "Europe/Berlin")
    assert due.isoformat().startswith(expected)
    following = schedules.next_run(line, due, "Europe/Berlin")
    assert timedelta(hours=22) <= following - due <= timedelta(hours=26)
