"""What the pipeline tells of one source: how it stands, its events, how many came in when."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core import database, tenancy
from app.world import tally
from tests.support import Keys, Place, text

from .server import Fhir, fill


@pytest.fixture
def ask(api: Any, workspace: Place, keys: Keys) -> Any:
    def go(ident: str, what: str, status: int = 200, key: str = "viewer", **query: Any) -> Any:
        path = f"/v1/{workspace.id}/pipeline/sources/{ident}/{what}"
        answer = api.get(path, headers=keys[key], query_string=query)
        assert answer.status_code == status, answer.data
        return answer.json

    return go


def test_the_overview_tells_how_a_source_stands_and_what_came_from_it(
    fhir: Fhir, source: Any, read: Any, ask: Any, sql: Any
) -> None:
    fill(fhir)
    fhir.put("Patient", "ill", "06", birthDate="soon")
    ident = source()
    never = ask(ident, "overview")
    assert (never["health_status"], never["last_poll"], never["event_count"]) == (
        "unknown",
        None,
        0,
    )
    read(ident)
    told = ask(ident, "overview")
    assert (told["health_status"], told["last_sync_status"]) == ("healthy", "success")
    assert (told["event_count"], told["entity_count"], told["last_sync_event_count"]) == (6, 5, 6)
    assert told["last_poll"]["event_count"] == 6 and told["last_poll"]["error"] is None
    assert told["outbound"] == {"total": 0, "pending": 0, "synced": 0, "failed": 0}
    [failed] = told["recent_failures"]
    kept = sql("select id::text from set_aside where data_source_id = %s", (ident,))
    assert kept == [(failed["event_id"],)] and failed["sync_error"] == "The birthDate is no date."
    assert failed["fhir_resource_type"] == failed["event_type"] == "Patient"
    ask(ident, "overview", 404, "stranger")


def test_its_events_are_listed_by_pages_either_way_and_filtered_and_reading_them_is_noted(
    fhir: Fhir, source: Any, read: Any, ask: Any, sql: Any, as_viewer: Any, workspace: Place
) -> None:
    fill(fhir)
    ident = source()
    read(ident)
    every = ask(ident, "events")["items"]
    assert len(every) == 6 and {e["entity_type"] for e in every} == {"person"}
    assert every[0]["event_type"] == "Condition" and every[0]["source"] == "data_source"
    for order, wanted in (("-ingested_at", every), ("ingested_at", every[::-1])):
        seen, token = [], 0
        while True:
            page = ask(ident, "events", limit=4, continuation_token=token, sort_by=order)
            seen += page["items"]
            token = page["continuation_token"]
            if not page["has_more"]:
                break
        assert seen == wanted and token is None
    assert len(ask(ident, "events", event_type="Patient")["items"]) == 5
    assert ask(ident, "events", entity_type="practitioner")["items"] == []
    later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    assert ask(ident, "events", date_from=later)["items"] == []
    assert len(ask(ident, "events", date_to=later)["items"]) == 6
    for wrong in ({"limit": 101}, {"sort_by": "name"}, {"date_from": "2026-01-01T00:00:00"}):
        ask(ident, "events", 422, **wrong)
    noted = "select count(*) from audit_event where action = 'data_source.events.read'" \
        " and phi_accessed and resource_id = %s"  # fmt: skip
    before = sql(noted, (ident,))[0][0]
    page = text(as_viewer.get(f"/w/{workspace.slug}/data-sources/{ident}/events"))
    assert page.count("Family1") == 2 and "Condition" in page
    assert sql(noted, (ident,)) == [(before + 1,)]
    only = text(
        as_viewer.get(f"/w/{workspace.slug}/data-sources/{ident}/events?event_type=Condition")
    )
    assert only.count("Family1") == 1 and "Show everything" in only and "Family2" not in only


def test_its_history_counts_every_event_once_in_its_hour_and_day(
    app: Any, fhir: Fhir, source: Any, read: Any, ask: Any, sql: Any, workspace: Place
) -> None:
    fill(fhir)
    ident, other = source(), source(more={"name": "Other"})
    read(ident)
    read(other)
    sql("insert into world_count (workspace_id, kind, name, count) select %s, 'inflow', %s || chr(9)"
        " || to_char((now() - n * interval '26 h') at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24'), 10"
        " from generate_series(1, 3) n", (workspace.id, ident))  # fmt: skip
    hours = ask(ident, "history")
    assert len(hours) == 24 and sum(h["event_count"] for h in hours) == 6
    assert hours[-1]["event_count"] == 6 and hours[-1]["source_system"] == "Records"
    days = ask(ident, "history", interval="1d", hours=720)
    assert sum(d["event_count"] for d in days) == 36 and len(days) in (30, 31)
    assert all(d["bucket"].endswith("T00:00:00Z") for d in days)
    since = (datetime.now(UTC) - timedelta(hours=53)).isoformat()
    until = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    between = ask(ident, "history", date_from=since, date_to=until)
    assert len(between) == 52 and sum(h["event_count"] for h in between) == 20
    for wrong in ({"hours": 721}, {"interval": "1m"}, {"date_from": until, "date_to": since},
                  {"date_from": "2020-01-01T00:00:00Z"}):  # fmt: skip
        ask(ident, "history", 422, **wrong)
    with app.app_context(), tenancy.inside(workspace.id):
        wrong = [d for d in tally.differences(workspace.id) if d[2:] != (10, 0)]
        tally.rebuild(workspace.id)
        assert wrong == [] and list(tally.differences(workspace.id)) == []
        database.rollback()
