"""`flask isolation verify`: finds nothing on a sound database, and finds a hole that is made."""

from typing import Any

import psycopg
import pytest
from flask import Flask

COUNT = "select count(*) from workspace"


def test_verify_passes_and_leaves_nothing_behind(app: Flask, sql: Any) -> None:
    before = sql(COUNT), sql("select count(*) from users"), sql("select count(*) from session")
    result = app.test_cli_runner().invoke(args=["isolation", "verify"])
    assert result.exit_code == 0, result.output[-2000:]
    assert "Nothing crossed the boundary" in result.output
    assert "call: read without a filter" in result.output
    after = sql(COUNT), sql("select count(*) from users"), sql("select count(*) from session")
    assert before == after


@pytest.fixture
def hole(server: Any) -> Any:
    """A policy that lets everybody read turns, for the length of a test."""
    url = server.superuser_url.replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create policy hole on turn for select to ward_app using (true)")
        yield
        connection.execute("drop policy hole on turn")


@pytest.mark.usefixtures("hole")
def test_verify_finds_a_hole(app: Flask) -> None:
    result = app.test_cli_runner().invoke(
        args=["isolation", "verify", "--quiet", "--database-only"]
    )
    assert result.exit_code == 1
    assert "LEAK  turn: read without a filter" in result.output
