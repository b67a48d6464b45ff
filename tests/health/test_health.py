"""/healthz and /readyz."""

import dataclasses
from typing import Any

import pytest

from app.core import tenancy
from app.health import queries


def test_the_process_answers_without_signing_in(anonymous: Any) -> None:
    response = anonymous.get("/healthz")
    assert (response.status_code, response.json) == (200, {"status": "ok"})


def test_ready_when_database_migrations_and_policies_are_in_place(anonymous: Any) -> None:
    response = anonymous.get("/readyz")
    assert response.status_code == 200
    assert response.json["checks"] == {"database": True, "migrated": True, "isolated": True}


def test_not_ready_behind_the_newest_migration(
    anonymous: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "newest", lambda: "9999")
    response = anonymous.get("/readyz")
    assert (response.status_code, response.json["checks"]["migrated"]) == (503, False)


def test_not_ready_without_policies(anonymous: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenancy, "check", lambda: ["the table call has no policy"])
    response = anonymous.get("/readyz")
    assert response.status_code == 503
    assert "call" not in response.get_data(as_text=True)


def test_without_a_database_the_process_lives_but_is_not_ready(config: Any) -> None:
    import os

    from app import create_app

    lost = "postgresql+psycopg://ward_app:wrong@127.0.0.1:1/ward"
    os.environ["WARD_SKIP_CHECK"] = "1"
    try:
        client = create_app(dataclasses.replace(config, database_url=lost)).test_client()
    finally:
        del os.environ["WARD_SKIP_CHECK"]
    assert client.get("/healthz").status_code == 200
    response = client.get("/readyz")
    assert (response.status_code, response.json["checks"]["database"]) == (503, False)
    assert "wrong" not in response.get_data(as_text=True)
