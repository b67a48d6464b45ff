"""Calls of any age, and running what is queued."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import jobs
from tests.calls.test_api import a_call, ndjson, url
from tests.support import Keys, Place

KEPT = 400
"""Days: the age that the tests set."""
SAID = [
    {"speaker_role": "caller", "text": "I need a dermatologist", "started_s": 1, "ended_s": 3},
    {"speaker_role": "agent", "text": "Of course.", "started_s": 4, "ended_s": 5},
]


def midnight() -> datetime:
    """Today's beginning in the tests' time zone, UTC."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def cut_off(days: int = KEPT) -> datetime:
    return midnight() - timedelta(days=days)


def aged(sid: str, at: datetime, **more: Any) -> dict[str, Any]:
    """A call of a minute that began then."""
    return a_call(sid, **{
        "started_at": at.isoformat(), "ended_at": (at + timedelta(minutes=1)).isoformat(),
        "turns": SAID, **more,
    })  # fmt: skip


@pytest.fixture
def store(api: FlaskClient, keys: Keys, workspace: Place) -> Callable[..., None]:
    """Import calls into the workspace."""

    def put(*calls: dict[str, Any]) -> None:
        answer = api.post(url(workspace, "/import"), headers=keys.member, data=ndjson(*calls))
        assert answer.json["stored"] == len(calls), answer.json

    return put


@pytest.fixture
def keep(api: FlaskClient, keys: Keys, workspace: Place) -> Callable[..., None]:
    """Set how long things are kept."""

    def put(**days: Any) -> None:
        place = f"/v1/{workspace.id}/settings/retention"
        assert api.put(place, json=days, headers=keys.admin).status_code == 200

    return put


@pytest.fixture
def run_jobs(app: Flask, sql: Callable[..., Any]) -> Iterator[Callable[[], None]]:
    """Do everything that is queued."""
    sql("delete from procrastinate_jobs")

    def work() -> None:
        with app.app_context():
            jobs.work(wait=False)

    yield work
    sql("delete from procrastinate_jobs")


@pytest.fixture
def remove_now(
    api: FlaskClient, keys: Keys, workspace: Place, run_jobs: Callable[[], None]
) -> Callable[[], dict[str, Any]]:
    """Remove by hand what a dry run shows, to the end; the newest receipt."""

    def work() -> dict[str, Any]:
        home = f"/v1/{workspace.id}/retention"
        shown = api.get(f"{home}/dry-run", headers=keys.viewer).json
        begun = api.post(f"{home}/runs", headers=keys.admin,
                         json={"slug": workspace.slug, **shown["counts"]})  # fmt: skip
        assert begun.status_code == 202, begun.json
        run_jobs()
        newest: dict[str, Any] = api.get(f"{home}/runs", headers=keys.viewer).json["items"][0]
        return newest

    return work
