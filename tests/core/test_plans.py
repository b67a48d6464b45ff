"""Reads are planned once, but where some of their conditions fall away for the values at hand."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from app.core import database, tenancy
from tests.support import Place

MODE = "select current_setting('plan_cache_mode')"


def test_reads_are_planned_for_any_values_and_nothing_else_is(app: Flask, workspace: Place) -> None:
    with app.test_request_context("/", method="GET"), tenancy.inside(workspace.id):
        assert database.value(MODE) == "force_generic_plan"
        database.rollback()
    with app.test_request_context("/", method="POST"), tenancy.inside(workspace.id):
        assert database.value(MODE) == "auto"
        database.rollback()
    with app.app_context(), tenancy.inside(workspace.id):
        assert database.value(MODE) == "auto"
        database.rollback()


def test_what_is_planned_for_its_values_is_sent_with_them(app: Flask, workspace: Place) -> None:
    odd = 'it\'s 100 % \\ "odd" %(x)s 日本'
    with app.test_request_context("/", method="GET"), tenancy.inside(workspace.id):
        with database.recorded() as log:
            for prepare in (True, False):
                sql = "select %(odd)s::text, %(none)s::text is null, %(many)s::text[]"
                found = database.row(sql, {"odd": odd, "none": None, "many": [odd]}, prepare)
                assert found == (odd, True, [odd])
        planned = [isinstance(sql, database.ForItsValues) for sql, _ in log if "odd" in sql]
        assert planned == [False, True]
        database.rollback()


def test_what_is_sent_with_its_values_stays_with_no_connection(
    app: Flask, workspace: Place
) -> None:
    with app.test_request_context("/", method="GET"), tenancy.inside(workspace.id):
        sql = "select %(word)s::text, 'told apart'"
        for prepare in (True, False, False):
            assert database.row(sql, {"word": "zebrine"}, prepare) == ("zebrine", "told apart")
        counted = [query for query, _ in database.driver()._prepared._counts]
        assert [b"zebrine" in query for query in counted if b"told apart" in query] == [False]
        assert database.driver().prepare_threshold
        database.rollback()


def test_the_place_of_a_page_stays_with_no_connection(app: Flask, workspace: Place) -> None:
    with app.test_request_context("/", method="GET"):
        assert database.value("select 1") == 1
        for _ in range(8):
            tenancy.enter(workspace.id)
            assert tenancy.current() == workspace.id
        kept = database.driver()._prepared
        texts = [query for query, _ in (*kept._counts, *kept._names)]
        assert texts and not any(str(workspace.id).encode() in query for query in texts)
        database.rollback()


def test_the_audit_log_is_read_along_its_index(
    app: Flask, as_admin: FlaskClient, workspace: Place
) -> None:
    seen: list[tuple[str, Any]]
    with database.recorded() as seen:
        assert as_admin.get(f"/w/{workspace.slug}/audit").status_code == 200
    read = [sql for sql, _ in seen if re.search(r"is null or action = ", sql)]
    assert read and all(isinstance(sql, database.ForItsValues) for sql in read)


def test_what_is_read_from_an_index_alone_is_vacuumed_soon(sql: Any) -> None:
    options = (
        "select reloptions from pg_class where oid in ('call'::regclass, 'caller_part'::regclass)"
    )
    found = sql(options)
    assert len(found) == 2
    for (told,) in found:
        assert "autovacuum_vacuum_insert_scale_factor=0.002" in told
