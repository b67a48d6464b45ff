"""The search over thousands of calls: the ways it takes give what reading everything gives."""

from typing import Any

import pytest

from app.calls import filters, listing, search_words
from app.calls.clauses import choose
from app.calls.edges import Edge
from app.core import database, tenancy

from .test_filters import Desk, desk

__all__ = ["desk"]

MANY = 9_000
_CALLS = """
insert into call (workspace_id, number, call_sid, direction, status, started_at, body_hash)
select %(place)s, n, 'M' || n, 'inbound', 'completed',
  timestamptz '2026-01-01' + (n / 3) * interval '1 minute', 'x'
from generate_series(1, %(many)s) n
"""
# Everybody says hello; every second call has a word of the caller, every 700th one of the agent,
# and one call at the beginning of all has a word of its own.
_WORDS = """
insert into transcript_part (workspace_id, call_id, first_seq, started_at, number, words)
select workspace_id, id, 0, started_at, number,
  setweight(to_tsvector('english', 'hello' || case when number %% 2 = 0 then ' appointment' else '' end
    || case when number = 5 then ' walrus' else '' end), 'A') ||
  setweight(to_tsvector('english', case when number %% 700 = 3 then 'dermatologist' else '' end), 'B')
from call where workspace_id = %(place)s
"""
_TRUTH = """
select number from transcript_part where workspace_id = %(place)s and words @@ %(wanted)s::tsquery
order by started_at {0}, number {0}
"""
ASKED = [
    ("hello", None), ("appointment", None), ("dermatologist", None), ("walrus", None),
    ("unicorn", None), ("dermatologist appointment", None), ("walrus or dermatologist", None),
    ("hello -appointment", None), ("-appointment", None), ("appointment", "caller"),
    ("dermatologist", "caller"), ("hello -walrus", "operator"),
]  # fmt: skip


@pytest.fixture
def crowd(desk: Desk) -> Desk:
    params = {"place": desk.place.id, "many": MANY}
    desk.sql(_CALLS, params)
    desk.sql(_WORDS, params)
    return desk


def walk(desk: Desk, wanted: filters.CallFilter, take: int) -> list[int]:
    """All numbers, page by page."""
    numbers: list[int] = []
    edge: Edge | None = None
    with desk.inside():
        chosen = choose(desk.place.id, wanted)
        while True:
            found = listing.page(chosen, edge, take, "number, started_at")
            numbers += [row[0] for row in found.rows]
            if len(found.rows) < take and found.reach is None:
                return numbers
            edge = found.reach or Edge(found.rows[-1][1], found.rows[-1][0])


def test_every_way_of_the_search_gives_what_reading_everything_gives(crowd: Desk) -> None:
    for q, who in ASKED:
        for sort, order in (("-started_at", "desc"), ("started_at", "asc")):
            asked = filters.parse({"q": q, "who": who or "", "sort": sort}).filter
            with crowd.inside():
                words = search_words.read(q, who)
                assert words
            params = {"place": crowd.place.id, "wanted": words.wanted}
            truth = [row[0] for row in crowd.sql(_TRUTH.format(order), params)]
            assert walk(crowd, asked, 1_300) == truth, (q, who, sort)


def test_a_word_that_is_rare_by_one_speaker_is_no_walk_through_all(crowd: Desk) -> None:
    wanted = filters.parse({"q": "appointment", "who": "operator"}).filter
    assert walk(crowd, wanted, 20) == []


def test_calls_without_a_word_that_all_say_are_sought_up_to_a_bound(crowd: Desk) -> None:
    with crowd.inside():
        chosen = choose(crowd.place.id, filters.parse({"q": "-hello"}).filter)
        first = listing.page(chosen, None, 21, "number")
        assert first.rows == [] and first.reach is not None
        assert first.reach.number == MANY - 8_200 + 1
        second = listing.page(chosen, first.reach, 21, "number")
        assert second.rows == [] and second.reach is None


def test_days_bound_the_search(crowd: Desk) -> None:
    wanted = filters.parse(
        {"q": "hello", "date_from": "2026-01-02", "date_to": "2026-01-02"}
    ).filter
    truth = crowd.sql(
        "select number from call where workspace_id = %s and started_at >= '2026-01-02'"
        " and started_at < '2026-01-03' order by started_at desc, number desc",
        (crowd.place.id,),
    )
    assert walk(crowd, wanted, 700) == [row[0] for row in truth]


def test_a_neighbour_finds_nothing_of_it(crowd: Desk, cast: Any) -> None:
    with crowd.app.app_context():
        with tenancy.inside(cast.other.id):
            chosen = choose(cast.other.id, filters.parse({"q": "hello"}).filter)
            assert listing.page(chosen, None, 20, "number").rows == []
        database.rollback()
