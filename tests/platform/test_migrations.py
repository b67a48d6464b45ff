"""Migrations go up and down on a database with rows."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.core import migrate
from app.core.postgres import EmbeddedPostgres
from app.isolation import seeds
from app.isolation.seeds import LOCAL, Side

TABLES = (
    "select count(*) from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'"
)


@pytest.fixture
def fresh() -> Iterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory(prefix="ward-") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedPostgres(folder, ("fsync=off",)) as server:
            yield server


def test_migrations_go_up_and_down_with_rows_in_every_table(fresh: EmbeddedPostgres) -> None:
    owner = fresh.url("owner")
    migrate.upgrade(owner)
    url = fresh.url("maintenance").replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        seeds.plant(connection, Side("updown"), [LOCAL])
    migrate.downgrade(owner, "base")
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(TABLES).fetchone()
        assert found == (0,)
    migrate.upgrade(owner)
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(TABLES).fetchone()
        assert found is not None and found[0] > 10
