"""A call to record, and short ways to send, hear and look at what is kept."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.config import Config
from app.core import jobs
from tests.calls.test_api import a_call
from tests.support import Keys, Place

Put = Callable[..., TestResponse]


@pytest.fixture
def call(api: FlaskClient, keys: Keys, workspace: Place) -> dict[str, Any]:
    """A stored call of this workspace, CA1."""
    made = api.post(f"/v1/{workspace.id}/calls", json=a_call(), headers=keys.member)
    assert made.status_code == 201
    return made.json or {}


@pytest.fixture
def put(api: FlaskClient, keys: Keys, workspace: Place) -> Put:
    """Send a body as the recording of a call."""

    def send(body: bytes, sid: str = "CA1", role: str = "member", **more: Any) -> TestResponse:
        url = f"/v1/{workspace.id}/recordings/{sid}"
        headers = {"Content-Type": "audio/wav", **keys[role], **more.pop("headers", {})}
        return api.put(url, data=body, headers=headers, **more)

    return send


@pytest.fixture
def home(config: Config, workspace: Place) -> Path:
    """The folder of this workspace's recordings."""
    return Path(config.recordings) / str(workspace.id)


@pytest.fixture
def files(home: Path) -> Callable[[], list[str]]:
    """The names of every file in it."""
    return lambda: sorted(path.name for path in home.rglob("*") if path.is_file())


@pytest.fixture
def rows(sql: Any, workspace: Place) -> Callable[[], list[Any]]:
    """The rows of this workspace's recordings: key, format, bytes, channels, rate, length."""
    return lambda: sql(
        "select key, format, bytes, channels, sample_rate, duration_seconds from recording"
        " where workspace_id = %s", (workspace.id,)
    )  # fmt: skip


@pytest.fixture
def events(sql: Any, workspace: Place) -> Callable[..., list[Any]]:
    """The audit events of one action: who, resource, its id."""
    return lambda action: sql(
        "select actor_label, resource_type, resource_id from audit_event"
        " where workspace_id = %s and action = %s and phi_accessed order by seq",
        (workspace.id, action),
    )  # fmt: skip


@pytest.fixture
def work(app: Any) -> Callable[[], None]:
    """Run the jobs that wait."""

    def run() -> None:
        with app.app_context():
            jobs.work(wait=False)

    return run


@pytest.fixture
def has_recording(sql: Any, workspace: Place) -> Callable[[], bool]:
    """What the call itself says."""
    return lambda: sql(
        "select has_recording from call where workspace_id = %s and call_sid = 'CA1'",
        (workspace.id,),
    )[0][0]  # fmt: skip


def some_id() -> str:
    return str(uuid.uuid4())
