"""The generator of the bench works, at the size of a few hundred calls."""

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask

from app import create_app
from app.calls import clauses
from app.config import load
from app.core import database, tenancy
from app.core.database import db
from app.world import projecting
from tests.database import throwaway

from . import calls, data, records, worldly
from .pages import CALL_PAGES, OTHER_PAGES
from .places import Place
from .product import cookie_of
from .words import COMMON, ELSEWHERE, MIDDLING, RARE, pieces

SIZE = calls.Size(workspaces=4, big=300, middle=60, rest=20, turns=8, events=4_400, few=4_400)
_INDEXES = "select indexname, indexdef from pg_indexes where schemaname = 'public' order by 1"


@pytest.fixture(scope="module")
def filled() -> Iterator[tuple[Any, Place, list[Any]]]:
    """A server with the bench's data, where to look, and which indexes there were before."""
    with throwaway() as server:
        urls = calls.Urls(server.superuser_url, server.url("owner"), server.url("maintenance"))
        with urls.connect("owner") as owner:
            before = owner.execute(_INDEXES.encode()).fetchall()
        yield server, data.fill(urls, SIZE), before


@pytest.fixture
def look(filled: tuple[Any, Place, list[Any]]) -> Iterator[Any]:
    """The first column of the first row, as the maintenance role."""
    url = filled[0].url("maintenance").replace("+psycopg", "")
    with psycopg.connect(url) as connection:

        def value(sql: str, **params: Any) -> Any:
            cursor = connection.execute(sql.encode(), params)
            found = cursor.fetchone() if cursor.description else None
            return found[0] if found else None

        yield value


def test_every_workspace_has_its_calls(look: Any) -> None:
    counts = "select array_agg(n order by n) from (select count(*) n from call group by"
    assert look(f"{counts} workspace_id) c") == [20, 20, 60, 300]
    assert look("select sum(total) from call_counter") == SIZE.calls


def test_calls_have_the_turns_they_say(look: Any) -> None:
    assert look("select count(*) from turn") == look("select sum(turn_count) from call")
    average = float(look("select avg(turn_count) from call"))
    assert SIZE.turns - 2 < average < SIZE.turns + 2
    orphans = "select count(*) from turn t left join call c on c.id = t.call_id where c.id is null"
    assert look(orphans) == 0


def test_response_times_are_counted_as_the_import_counts_them(look: Any) -> None:
    waits = "select count(*) from turn where response_ms is not null"
    assert look("select sum(n) from call, unnest(responses) n") == look(waits)
    assert look("select max(slowest_ms) from call") == look("select max(response_ms) from turn")


def test_figures_hold_every_real_ended_call(look: Any) -> None:
    ended = """
      select count(*) from call where outcome <> 'running' and source = 'real'
        and direction not in ('simulated', 'test')
    """
    assert look("select sum(calls) from call_rollup where dimension = 'all'") == look(ended) > 0


def test_rare_words_are_rare_where_we_look(look: Any) -> None:
    said = """
      select count(*) from transcript_part p join workspace w on w.id = p.workspace_id
      where w.slug {} and p.words @@ to_tsquery('english', %(word)s)
    """
    assert 10 < look(said.format("= 'bench-1'"), word=RARE) < 40
    assert look(said.format("not in ('bench-1', 'bench-2')"), word=RARE) == 0
    assert look(said.format("not in ('bench-1', 'bench-2')"), word=ELSEWHERE) > 0


def test_words_are_as_frequent_as_their_names_say() -> None:
    said = [set(piece.split()) for piece in pieces(20_000)]
    assert 200 < sum(COMMON in words for words in said) < 1000
    assert 5 <= sum(MIDDLING in words for words in said) <= 15
    assert not any(RARE in words for words in said)


def test_indexes_and_checks_are_as_before(look: Any, filled: tuple[Any, Place, list[Any]]) -> None:
    with psycopg.connect(filled[0].url("owner").replace("+psycopg", "")) as owner:
        assert owner.execute(_INDEXES.encode()).fetchall() == filled[2]
    assert look("select count(*) from pg_namespace where nspname = 'bench'") == 0
    assert look("select setting from pg_settings where name = 'session_replication_role'") == (
        "origin"
    )
    allowed = (
        "select has_parameter_privilege('ward_maintenance', 'session_replication_role', 'set')"
    )
    assert not look(allowed)


@pytest.fixture(scope="module")
def app(filled: tuple[Any, Place, list[Any]]) -> Iterator[Flask]:
    """The product on the bench's data."""
    server = filled[0]
    made = create_app(load({
        "DATABASE_URL": server.url("app"), "WARD_DEMO": "0", "WARD_API_RATE_PER_MINUTE": "100000",
        "SECRET_KEY": "a-secret-of-the-tests-with-enough-length-0123456789",
        "WARD_SECRETS_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    }))  # fmt: skip
    yield made
    with made.app_context():
        db.engine.dispose()


def test_states_of_the_world_come_from_its_events(
    app: Flask, filled: tuple[Any, Place, list[Any]], look: Any
) -> None:
    place = uuid.UUID(filled[1].big.workspace_id)
    with app.app_context(), tenancy.inside(place):
        worldly.rebuild(place)
        entity = uuid.UUID(filled[1].big.entity_id)
        assert list(projecting.differences(place, [entity])) == []
        database.rollback()
        assert worldly.imported(place, 2).wall > 0 < worldly.appended(place, worldly.BATCH).wall
    state = "select state from entity where id = %(id)s"
    known = look(state, id=entity)
    assert known["mrn"] == "MRN-0000100"
    assert sum(known["counts"].values()) == records.RECORDS - 1
    assert len(known["observations"]) == len(records.MEASURED)
    events = "select count(*) from event where workspace_id = %(id)s"
    assert look(events, id=place) == SIZE.events + 2 * records.RECORDS + worldly.BATCH


def test_every_measured_page_answers(app: Flask, filled: tuple[Any, Place, list[Any]]) -> None:
    place = filled[1]
    client = app.test_client(use_cookies=False)
    headers = {"Cookie": f"ward={cookie_of(app, place)}", "Authorization": f"Bearer {place.key}"}
    answers = {
        name: client.get(spot.fill(pattern), headers=headers).status_code
        for name, pattern in {**CALL_PAGES, **OTHER_PAGES}.items()
        for spot in ([place.big] if pattern.startswith("/v1") else place.spots)
    }
    assert {name for name, status in answers.items() if status != 200} == set()


@pytest.mark.parametrize(
    "name", ["escalated", "reviewed", "not reviewed", "has_recording", "not has_recording", "text"]
)
def test_the_list_reads_the_calls_of_a_yes_or_no_filter_along_an_index(
    look: Any, name: str
) -> None:
    """Only calls that fit are read, in their order: nothing is filtered out, nothing sorted."""
    place = look("select workspace_id from call group by 1 order by count(*) desc limit 1")
    sql = clauses.rows("call.id", frozenset({name}), "-started_at")
    # With so few calls the planner would rather sort; what it can do otherwise is the question.
    for way in ("seqscan", "bitmapscan", "sort"):
        look(f"set enable_{way} = off")
    plan = look(f"explain (format json) {sql}", workspace_id=place, take=51)[0]["Plan"]
    (scan,) = plan["Plans"]
    assert scan["Node Type"] in ("Index Scan", "Index Only Scan") and "Filter" not in scan, scan
