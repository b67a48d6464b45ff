"""One throw-away PostgreSQL a run, one app, and a fresh cast for every test that asks."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask, template_rendered
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings

from app import create_app
from app.config import Config, load
from app.core.database import db
from tests import database, support
from tests.setup import Maker
from tests.support import Cast, Keys, Place

# A slow or busy machine is no finding.
settings.register_profile("ward", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ward")


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    """A migrated throw-away PostgreSQL."""
    with database.throwaway() as running:
        yield running


@pytest.fixture(scope="session")
def config(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The configuration of the tests: the app role on the throw-away server."""
    loaded = load(
        {
            "DATABASE_URL": server.url("app"),
            "WARD_OWNER_DATABASE_URL": server.url("owner"),
            "WARD_MAINTENANCE_DATABASE_URL": server.url("maintenance"),
            "SECRET_KEY": "a-secret-of-the-tests-with-enough-length-0123456789",
            "WARD_DEMO": "0",
            "WARD_SECRETS_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            "WARD_RECORDINGS": str(tmp_path_factory.mktemp("recordings")),
        }
    )
    return dataclasses.replace(loaded, api_rate_per_minute=1_000_000)


@pytest.fixture(scope="session")
def app(config: Config) -> Iterator[Flask]:
    """The application, as it runs."""
    made = create_app(config)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def cast(server: Any) -> Cast:
    """Two new workspaces and the people of the tests."""
    return support.make_cast(server.url("maintenance"))


@pytest.fixture
def sql(server: Any) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """Run SQL as the maintenance role, across workspaces: to look, never to act for a test."""
    url = server.url("maintenance").replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:

        def run(statement: str, params: Any = None) -> list[tuple[Any, ...]]:
            cursor = connection.execute(statement, params)
            return cursor.fetchall() if cursor.description else []

        yield run


@pytest.fixture
def workspace(cast: Cast) -> Place:
    return cast.workspace


@pytest.fixture
def other(cast: Cast) -> Place:
    return cast.other


@pytest.fixture
def keys(cast: Cast) -> Keys:
    return cast.keys


@pytest.fixture
def anonymous(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def api(app: Flask) -> FlaskClient:
    """A client without cookies, for JSON with a key's headers."""
    return app.test_client(use_cookies=False)


def _client(role: str) -> Any:
    def make(app: Flask, cast: Cast) -> FlaskClient:
        return support.sign_in(app, cast.people[role])

    return pytest.fixture(make, name=f"as_{role}")


as_owner = _client("owner")
as_admin = _client("admin")
as_member = _client("member")
as_viewer = _client("viewer")
as_stranger = _client("stranger")
as_both = _client("both")


@pytest.fixture
def post() -> Callable[..., Any]:
    return support.post


LONG = ("tests/isolation/", "tests/docs/test_api_properties", "tests/exports/test_memory")


def order(path: str) -> int:
    """0 long tests, 1 most, 2 browser tests."""
    if "tests/browser/" in path:
        return 2
    return 0 if any(part in path for part in LONG) else 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first. Browser tests last: Playwright keeps an event loop in this thread."""
    items.sort(key=lambda item: (order(str(item.path)), "test_every_page" not in str(item.path)))


@pytest.fixture
def maker(api: FlaskClient, workspace: Place, keys: Keys) -> Maker:
    """Makes members of every collection in the workspace."""
    return Maker(api, workspace, keys.admin)


@pytest.fixture
def drawn(app: Flask) -> Iterator[list[str]]:
    """The templates that are really drawn."""
    names: list[str] = []

    def note(_sender: Any, template: Any, **_more: Any) -> None:
        names.append(template.name)

    with template_rendered.connected_to(note, app):
        yield names


@pytest.fixture
def full_disk(server: Any) -> Iterator[Callable[..., None]]:
    """Leaves no room for rows of a table, of those that fit a condition."""
    owner = server.url("owner").replace("+psycopg", "")
    tables = []
    with psycopg.connect(owner, autocommit=True) as connection:

        def fill(table: str, when: str = "true") -> None:
            tables.append(table)
            connection.execute(
                f"create trigger full_disk before insert on {table} for each row"
                f" when ({when}) execute function full_disk()".encode()
            )

        connection.execute(
            "create function full_disk() returns trigger language plpgsql as"
            " $$begin raise exception using errcode = 'disk_full'; end$$"
        )
        yield fill
        for table in tables:
            connection.execute(f"drop trigger full_disk on {table}".encode())
        connection.execute("drop function full_disk()")
