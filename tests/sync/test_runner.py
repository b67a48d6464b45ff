"""Reading FHIR servers that fail in every way: the right records come in, each once."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from app.core import database, jobs, tenancy
from app.sync import queries, runner, state
from tests.setup import Maker
from tests.support import Keys, Place

from .server import Fhir, fill, people


def test_a_server_is_read_page_by_page_and_then_only_what_changed(
    fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any
) -> None:
    fill(fhir)
    ident = source()
    assert read(ident) == {"status": "success", "created": 6, "changed": 0, "unchanged": 0,
                           "refused": 0, "error": None}  # fmt: skip
    assert people(sql, workspace) == {f"Family{n}" for n in range(1, 6)}
    fhir.put("Patient", "p2", "20", name=[{"family": "Moved"}])
    fhir.asked.clear()
    again = read(ident)
    assert (again["created"], again["changed"], again["unchanged"]) == (0, 1, 2)
    assert len(fhir.asked) == 2 and "_lastUpdated=ge2026-11-05" in fhir.asked[0]
    assert "Moved" in people(sql, workspace)


def test_errors_in_the_middle_lose_nothing_and_repeat_nothing(
    fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any
) -> None:
    fill(fhir, 12)
    fhir.fail_every = 3
    ident = source(compare="never")
    runs = [read(ident)]
    while runs[-1]["status"] == "error" and len(runs) < 20:
        assert "answered with an error (500)" in runs[-1]["error"]
        runs.append(read(ident))
    assert runs[-1]["status"] == "success" and len(runs) > 2
    assert sum(run["created"] for run in runs) == 13
    # A type that was read to its end is asked again from its last change on.
    assert sum(run["unchanged"] for run in runs) < len(runs)
    assert len(people(sql, workspace)) == 12


def test_a_failing_source_backs_off_turns_degraded_and_keeps_its_data(
    app: Flask, fhir: Fhir, source: Any, read: Any, workspace: Place, keys: Keys, api: Any, sql: Any
) -> None:
    fill(fhir)
    ident = source()
    read(ident)
    fhir.answer = (503, b"", {"Retry-After": "120"})
    read(ident)
    status = api.get(f"/v1/{workspace.id}/data-sources/{ident}/status", headers=keys.viewer).json
    assert status["health_status"] == "degraded" and status["consecutive_errors"] == 1
    wait = datetime.fromisoformat(status["next_run_at"]) - datetime.now(UTC)
    assert timedelta(seconds=100) < wait <= timedelta(seconds=120)
    assert len(people(sql, workspace)) == 5
    fhir.answer = None
    read(ident)
    status = api.get(f"/v1/{workspace.id}/data-sources/{ident}/status", headers=keys.viewer).json
    assert (status["health_status"], status["consecutive_errors"]) == ("healthy", 0)
    shown = api.get(f"/v1/{workspace.id}/data-sources/{ident}", headers=keys.viewer).json
    assert shown["health_status"] == "healthy" and shown["last_sync_status"] == "success"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((200, b"<html>Welcome</html>", {}), "answered with something that is no bundle"),
        ((200, b'{"resourceType": "Patient"}', {}), "answered with something that is no bundle"),
        ((403, b"", {}), "did not accept the credentials"),
        ((404, b"", {}), "knows no such path"),
    ],
)
def test_what_is_wrong_is_told_in_words(
    fhir: Fhir, source: Any, read: Any, answer: Any, sentence: str
) -> None:
    fhir.answer = answer
    assert sentence in read(source())["error"]


def test_links_that_lead_in_a_circle_or_elsewhere_end_the_run(
    fhir: Fhir, source: Any, read: Any
) -> None:
    fill(fhir)
    fhir.next_link = f"{fhir.url}/Patient?_count=2&skip=0"
    assert "in a circle" in read(source())["error"]
    fhir.next_link = "http://elsewhere.example/Patient"
    assert "another server" in read(source(more={"name": "Other"}))["error"]


def test_a_record_nobody_understands_is_set_aside_with_its_reason(
    fhir: Fhir, source: Any, read: Any, workspace: Place, keys: Keys, api: Any
) -> None:
    fill(fhir, 2)
    fhir.put("Patient", "has space", "04", name=[{"family": "Odd"}])
    ident = source()
    assert (read(ident)["refused"], read(ident)["status"]) == (1, "success")
    path = f"/v1/{workspace.id}/data-sources/{ident}/sync-history"
    told = api.get(path, headers=keys.viewer).json
    assert told["recent_failures"][0]["sync_error"] == "This Patient has no valid id."
    assert "entry 1" in told["recent_failures"][0]["place"]
    assert told["timeline"][0]["failed_count"] >= 1


def test_smart_signs_in_with_its_key_and_again_when_the_token_expires(
    fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any
) -> None:
    key = ec.generate_private_key(ec.SECP384R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    fill(fhir)
    fhir.wanted = "none yet"
    ident = source("smart_fhir", client_id="ward", private_key=key.decode(), assertion_kid="k1",
                   assertion_algorithm="ES384")  # fmt: skip
    search, calls = fhir.search, []

    def expiring(kind: str, query: Any) -> Any:
        calls.append(kind)
        if len(calls) == 2:
            fhir.wanted = "expired"
        return search(kind, query)

    fhir.search = expiring  # type: ignore[method-assign]
    assert read(ident)["status"] == "success"
    assert len(fhir.tokens) == 2 and "client_assertion" in fhir.tokens[0]
    assert len(people(sql, workspace)) == 5


def test_only_one_run_of_a_source_at_a_time(
    app: Flask, fhir: Fhir, source: Any, workspace: Place, keys: Keys, api: Any
) -> None:
    import uuid

    ident = source()
    address = f"/v1/{workspace.id}/data-sources/{ident}/sync"
    with app.app_context(), database.advisory(f"sync {ident}") as held:
        assert held
        with tenancy.inside(workspace.id):
            assert runner.run(workspace.id, uuid.UUID(ident), "another") is False
            database.rollback()
        assert api.post(address, headers=keys.admin).status_code == 409
    started = api.post(address, headers=keys.admin)
    assert started.status_code == 202 and started.json["status"] == "started"
    assert api.post(address, headers=keys.member).status_code == 403


def test_due_sources_are_claimed_once_and_read_by_the_worker(
    app: Flask, server: Any, fhir: Fhir, source: Any, workspace: Place, sql: Any
) -> None:
    fill(fhir)
    ident = source()
    with app.app_context():
        url = server.url("maintenance")
        claimed = [str(found) for _, found in queries.claim(url)]
        assert ident in claimed and ident not in [str(f) for _, f in queries.claim(url)]
        with database.transaction():
            import uuid

            from app.sync.jobs import queue

            queue(workspace.id, uuid.UUID(ident), "Schedule")
        jobs.work(wait=False)
    assert len(people(sql, workspace)) == 5


def test_a_run_that_was_killed_is_ended_by_the_next(
    app: Flask, fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any
) -> None:
    import uuid

    fill(fhir)
    ident = source()
    with app.app_context(), tenancy.inside(workspace.id), database.transaction():
        state.begin(workspace.id, uuid.UUID(ident), "a killed worker")
    assert read(ident)["status"] == "success"
    runs = sql("select status, error from sync_run where data_source_id = %s order by started_at",
               (ident,))  # fmt: skip
    assert [status for status, _ in runs] == ["error", "success"] and "broken off" in runs[0][1]


def test_a_source_that_cannot_be_opened_waits_and_one_that_is_gone_is_no_error(
    app: Flask, maker: Maker, fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any
) -> None:
    import uuid

    ident = source(auth_type="bearer_token", auth_token="a-token-nobody-may-see")
    sql("update data_source set connection_config = jsonb_set(connection_config, '{auth_token}',"
        " to_jsonb((connection_config ->> 'auth_token') || 'x')) where id = %s", (ident,))  # fmt: skip
    assert "cannot be read any more" in read(ident)["error"]
    waits = sql("select next_run_at > now() + interval '4 s' from sync_state where"
                " data_source_id = %s", (ident,))  # fmt: skip
    # Others rotate the keys of all secrets there are.
    sql("update data_source set connection_config = jsonb_set(connection_config, '{auth_token}',"
        " to_jsonb(left(connection_config ->> 'auth_token', -1))) where id = %s", (ident,))  # fmt: skip
    assert waits == [(True,)]
    with app.app_context(), tenancy.inside(workspace.id):
        assert runner.run(workspace.id, uuid.uuid4(), "a test") is False
        database.rollback()
    # What does not open would trouble the tests that seal everything anew.
    sql("delete from data_source where id = %s", (ident,))


def test_the_wait_between_tries_doubles_to_an_hour() -> None:
    for errors, least, most in ((1, 5, 10), (3, 20, 40), (30, 1800, 3600)):
        assert least <= state.backoff(errors) <= most
    assert state.backoff(1, 90) == 90 and state.backoff(1, 1e9) == 3600


def test_dropped_files_are_read_once_and_put_away(
    app: Flask, maker: Maker, workspace: Place, read: Any, sql: Any, tmp_path: Any
) -> None:
    import dataclasses

    config = app.config["WARD"]
    folder = tmp_path / str(workspace.id) / "exports"
    folder.mkdir(parents=True)
    lines = [
        {"resourceType": "Patient", "id": f"p{n}", "name": [{"family": f"F{n}"}]} for n in (1, 2)
    ]
    (folder / "one.ndjson").write_text("\n".join(json.dumps(line) for line in lines))
    ident = maker.make("data-sources", {
        "name": "Drop", "source_type": "file_drop",
        "connection_config": {"path": "exports", "format": "ndjson", "archive_path": "done"},
    })["id"]  # fmt: skip
    app.config["WARD"] = dataclasses.replace(config, drop_folder=str(tmp_path))
    try:
        assert read(ident)["created"] == 2
        assert (tmp_path / str(workspace.id) / "done" / "one.ndjson").exists()
        assert list(folder.iterdir()) == []
        (folder / "two.ndjson").write_text("{broken\n" + json.dumps(lines[0]))
        again = read(ident)
        assert (again["created"], again["unchanged"], again["refused"]) == (0, 1, 1)
    finally:
        app.config["WARD"] = config


def test_the_page_tells_how_a_source_stands(
    fhir: Fhir, source: Any, read: Any, workspace: Place, as_viewer: Any, as_admin: Any
) -> None:
    from tests.support import post, text

    fill(fhir)
    ident = source()
    read(ident)
    page = text(as_viewer.get(f"/w/{workspace.slug}/data-sources/{ident}"))
    assert "Healthy" in page and "Read now" not in page and "a test" in page
    started = post(as_admin, f"/w/{workspace.slug}/data-sources/{ident}/sync")
    assert started.status_code == 303
