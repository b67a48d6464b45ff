"""What was looked at joins the chain just before the commit, or not at all."""

from typing import Any

from flask import Flask

from app.core import audit, database, tenancy

EVENTS = "select count(*) from audit_event where workspace_id = %s and action = 'tests.look'"


def looks(app: Flask, place: Any, method: str, end: Any) -> tuple[int, int]:
    """Statements that touch the chain before and after the end of the request's transaction."""
    with app.test_request_context(method=method), tenancy.inside(place.id):
        with database.recorded() as log:
            audit.record("tests.look", "test")
            database.value("select 1")
            before = sum("audit_head" in sql for sql, _ in log)
            end()
        return before, sum("audit_head" in sql for sql, _ in log)


def test_a_read_takes_the_chain_only_to_end(app: Flask, workspace: Any, sql: Any) -> None:
    before, after = looks(app, workspace, "GET", database.commit)
    assert before == 0 and after >= 1
    assert sql(EVENTS, (workspace.id,))[0][0] == 1


def test_a_write_joins_it_at_once(app: Flask, workspace: Any) -> None:
    before, after = looks(app, workspace, "POST", database.commit)
    assert before == after >= 1


def test_a_read_that_is_undone_was_none(app: Flask, workspace: Any, sql: Any) -> None:
    def undo() -> None:
        database.rollback()
        database.commit()

    looks(app, workspace, "GET", undo)
    assert sql(EVENTS, (workspace.id,))[0][0] == 0


def test_the_event_goes_into_the_workspace_it_tells_of(
    app: Flask, workspace: Any, other: Any, sql: Any
) -> None:
    with app.test_request_context():
        with tenancy.inside(workspace.id):
            audit.record("tests.look", "test")
        with tenancy.inside(other.id):
            database.value("select 1")
            database.commit()
    assert [sql(EVENTS, (place.id,))[0][0] for place in (workspace, other)] == [1, 0]
