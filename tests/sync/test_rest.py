"""Reading JSON APIs that fail in every way: the right records come in, each once."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.data_sources.outgoing import Answer
from app.sync import asking, rest
from tests.support import Place, post, text

from .lists import Lists, serving

MAPPING = {"name": "first + last", "birth_date": {"source": "born", "type": "date"},
           "appointment.start": {"source": "at", "type": "time"},
           "appointment.patient": {"source": "who", "type": "person"}}  # fmt: skip
PEOPLE = {"path": "/people", "entity_type": "person", "id_path": "id", "records_path": "data.items",
          "cursor": "page.next", "cursor_param": "after"}  # fmt: skip


@pytest.fixture
def lists() -> Iterator[Lists]:
    with serving() as server:
        server.records["/people"] = [{"id": n, "first": "P", "last": str(n)} for n in range(1, 6)]
        yield server


@pytest.fixture
def source(lists: Lists, maker: Any) -> Callable[..., str]:
    def make(endpoints: Any = None, mapping: Any = None, **config: Any) -> str:
        config = {
            "base_url": lists.url,
            "allow_private": True,
            "endpoints": endpoints or [PEOPLE],
            **config,
        }
        body = {"name": "API", "source_type": "rest_api", "sync_strategy": "continuous",
                "connection_config": config, "field_mappings": MAPPING if mapping is None else mapping}  # fmt: skip
        return str(maker.make("data-sources", body)["id"])

    return make


def people(sql: Any, place: Place) -> set[str]:
    return {row[0] for row in sql("select display_name from entity where workspace_id = %s and"
                                  " has_projection", (place.id,))}  # fmt: skip


ALL = {f"P {n}" for n in range(1, 6)}


@pytest.mark.parametrize(("form", "change"), [
    ("token", {}), ("link", {"cursor_param": None}),
    ("header", {"cursor": None, "cursor_param": None, "records_path": None}),
])  # fmt: skip
def test_pages_are_followed_in_each_form_and_read_again_change_nothing(
    lists: Lists, source: Any, run_source: Any, sql: Any, workspace: Place, form: str, change: Any
) -> None:
    lists.form = form
    ident = source([{**PEOPLE, **change}], headers={"X-Tenant": "a"})
    assert run_source(ident) == {"status": "success", "created": 5, "changed": 0, "unchanged": 0,
                                 "refused": 0, "error": None}  # fmt: skip
    assert people(sql, workspace) == ALL and len(lists.asked) == 3
    assert lists.headers[0]["X-Tenant"] == "a" and lists.headers[0]["Accept"] == "application/json"
    lists.records["/people"][2]["last"] = "Changed"
    again = run_source(ident)
    assert (again["created"], again["changed"], again["unchanged"]) == (0, 1, 4)


def test_several_lists_are_joined_and_wrong_records_set_aside(
    lists: Lists, source: Any, run_source: Any, sql: Any, workspace: Place
) -> None:
    lists.records["/people"] += [{"id": 6, "first": "Odd", "born": "soon"}, 7]
    lists.records["/visits"] = [{"id": "v1", "at": "2026-11-25T09:30:00Z", "who": 3}]
    visits = {**PEOPLE, "path": "/visits", "entity_type": "appointment"}
    missing = {**PEOPLE, "path": "/gone", "records_path": "nothing.here"}
    ident = source([missing, PEOPLE, visits])
    run = run_source(ident)
    assert (run["created"], run["refused"], run["status"]) == (6, 2, "error")
    assert run["error"] == "/gone answered, but there is no list at “nothing.here”."
    aside = sql(
        "select place, reason from set_aside where data_source_id = %s order by place", (ident,)
    )
    assert aside[0] == ("/people, page 3, record 2",
                        "“born” is no date of this form, so “birth_date” cannot be filled.")  # fmt: skip
    linked = sql("select t.display_name from relationship r join entity t on t.id = r.target_entity_id"
                 " where r.workspace_id = %s and r.relationship = 'patient'", (workspace.id,))  # fmt: skip
    assert linked == [("P 3",)]


SINCE = {**PEOPLE, "since_param": "since"}


def of_times(lists: Lists, *numbers: int, at: str) -> None:
    """Records that the API says were changed at a time."""
    for n in numbers:
        lists.records["/people"][n - 1] |= {"updated": at, "last": f"{n} at {at[11:16]}"}


def asked_since(lists: Lists) -> list[str | None]:
    """From when changes were asked for, by the first page of each reading."""
    pages = [parse_qs(urlsplit(path).query) for path in lists.asked]
    return [page.get("since", [None])[0] for page in pages if "after" not in page]


def test_only_what_changed_since_the_last_whole_reading_is_asked_for(
    lists: Lists, source: Any, run_source: Any, sql: Any, workspace: Place
) -> None:
    lists.clock = "Thu, 26 Nov 2026 09:00:00 GMT"
    of_times(lists, 1, 2, 3, 4, 5, at="2026-11-26T08:00:00Z")
    ident = source([SINCE])
    assert run_source(ident)["created"] == 5 and asked_since(lists) == [None]
    # Its clock counts, and so much of the time before is asked for again.
    lists.clock = "Thu, 26 Nov 2026 09:30:00 GMT"
    of_times(lists, 1, 2, 3, at="2026-11-26T08:50:00Z")
    lists.asked.clear()
    run = run_source(ident)
    assert (run["changed"], run["unchanged"]) == (3, 0)
    assert lists.asked == ["/people?since=2026-11-26T08%3A50%3A00Z",
                           "/people?since=2026-11-26T08%3A50%3A00Z&after=2"]  # fmt: skip
    assert run_source(ident)["unchanged"] == 0 and asked_since(lists)[-1] == "2026-11-26T09:20:00Z"
    assert people(sql, workspace) == {"P 1 at 08:50", "P 2 at 08:50", "P 3 at 08:50",
                                      "P 4 at 08:00", "P 5 at 08:00"}  # fmt: skip


def test_a_reading_that_fails_does_not_move_the_time_and_goes_on_with_its_own(
    lists: Lists, source: Any, run_source: Any
) -> None:
    lists.clock = "Thu, 26 Nov 2026 09:00:00 GMT"
    of_times(lists, 1, 2, 3, 4, 5, at="2026-11-26T08:55:00Z")
    ident = source([SINCE])
    run_source(ident)
    lists.clock = "Thu, 26 Nov 2026 10:00:00 GMT"
    lists.spoil = lambda path, count: (500, b"", {})
    assert run_source(ident)["status"] == "error"
    lists.spoil = lambda path, count: (500, b"", {}) if "after" in path else None
    assert run_source(ident)["status"] == "error"
    # The second half is read an hour later: what changed meanwhile must not be passed over.
    lists.clock, lists.spoil = "Thu, 26 Nov 2026 11:00:00 GMT", lambda path, count: None
    lists.asked.clear()
    assert run_source(ident)["status"] == "success"
    assert lists.asked[0] == "/people?since=2026-11-26T08%3A50%3A00Z&after=2"
    run_source(ident)
    assert asked_since(lists) == ["2026-11-26T09:50:00Z"]


def test_all_is_read_again_on_request_and_when_what_is_taken_changes(
    lists: Lists, source: Any, run_source: Any, maker: Any, as_admin: Any, as_viewer: Any,
    workspace: Place, api: Any, keys: Any,
) -> None:  # fmt: skip
    of_times(lists, 1, 2, 3, 4, 5, at="2026-11-20T08:00:00Z")
    ident = source([SINCE])
    run_source(ident)
    lists.spoil = lambda path, count: (500, b"", {})
    assert run_source(ident, whole=True)["status"] == "error"
    lists.spoil = lambda path, count: None
    assert run_source(ident)["unchanged"] == 5 and asked_since(lists)[1:] == [None, None]
    assert run_source(ident)["unchanged"] == 0
    changed = {"field_mappings": {**MAPPING, "mrn": "id"}}
    answer = api.patch(f"/v1/{workspace.id}/data-sources/{ident}", json=changed, headers=keys.admin)
    assert answer.status_code == 200
    assert run_source(ident)["changed"] == 5 and asked_since(lists)[-1] is None
    run_source(ident)
    zone = {"time_zone": "Asia/Tokyo"}
    general = f"/v1/{workspace.id}/settings/general"
    assert api.put(general, json=zone, headers=keys.admin).status_code == 200
    assert run_source(ident)["unchanged"] == 5 and asked_since(lists)[-1] is None
    page = f"/w/{workspace.slug}/data-sources/{ident}"
    assert "Read everything</button>" in text(as_admin.get(page))
    assert "Read everything</button>" not in text(as_viewer.get(page))
    assert post(as_admin, f"{page}/sync", {"whole": "1"}).status_code == 303
    assert "Read everything" not in text(
        as_admin.get(page.replace(ident, source_without(maker, lists)))
    )


def source_without(maker: Any, lists: Lists) -> str:
    """A source whose API cannot tell what changed."""
    config = {"base_url": lists.url, "allow_private": True, "endpoints": [PEOPLE]}
    return str(maker.make("data-sources", {"name": "Whole", "source_type": "rest_api",
                                           "connection_config": config})["id"])  # fmt: skip


@pytest.mark.parametrize(("form", "asked"), [
    ("time", "2026-11-26T00:10:00Z"), ("date", "2026-11-25"), ("seconds", "1795651800"),
])  # fmt: skip
def test_the_time_is_asked_for_as_the_api_wants_it(form: str, asked: str) -> None:
    assert rest.moment(form, "2026-11-26T01:20:00+01:00") == asked


def test_errors_in_the_middle_lose_nothing_and_reading_goes_on_where_it_stopped(
    lists: Lists, source: Any, run_source: Any, sql: Any, workspace: Place
) -> None:
    lists.spoil = lambda path, count: (500, b"boom", {}) if count == 2 else None
    ident = source()
    first = run_source(ident)
    assert (first["created"], "error (500)" in first["error"]) == (2, True)
    assert run_source(ident)["created"] == 3 and people(sql, workspace) == ALL
    assert lists.asked == ["/people", "/people?after=2", "/people?after=2", "/people?after=4"]


def test_a_page_that_is_gone_begins_its_list_anew(
    lists: Lists, source: Any, run_source: Any
) -> None:
    lists.spoil = lambda path, count: (410, b"", {}) if "after=2" in path and count < 3 else None
    ident = source()
    assert "error (410)" in run_source(ident)["error"]
    done = run_source(ident)
    assert (done["created"], done["unchanged"], lists.asked[2]) == (3, 2, "/people")


@pytest.mark.parametrize(("spoilt", "sentence"), [
    ((200, b"<html>Welcome</html>", {}), "something that is no JSON"),
    ((200, b'{"data": {"items": {}}}', {}), "no list at “data.items”"),
    ((200, b'{"data": {"items": [1]}, "page": {"next": {"a": 1}}}', {}), "is no next page"),
    ((200, b'{"data": {"items": [1]}, "page": {"next": 0}}', {}), "the same page again"),
    ((403, b"", {}), "did not accept the credentials"), ((404, b"", {}), "knows no such path"),
    ((302, b"", {"Location": "http://169.254.169.254/"}), "knows no such path"),
    ((200, b" " * (17 * 1024 * 1024), {}), "larger than 16 MB"),
    ((200, b"x", {"Content-Encoding": "br"}), "could not be read"),
])  # fmt: skip
def test_what_is_wrong_is_told_in_words(
    lists: Lists, source: Any, run_source: Any, spoilt: Any, sentence: str
) -> None:
    if spoilt[0] == 302:
        spoilt = (302, b"", {"Location": f"{lists.url}/elsewhere"})
        lists.spoil = lambda path, count: spoilt if path == "/people" else (404, b"", {})
    else:
        lists.spoil = lambda path, count: spoilt
    assert sentence in run_source(source())["error"]


def test_pages_that_lead_in_a_circle_elsewhere_or_nowhere_end_the_run(
    lists: Lists, source: Any, run_source: Any
) -> None:
    def answer(items: Any, following: Any) -> Any:
        return 200, json.dumps({"data": {"items": items}, "page": {"next": following}}).encode(), {}

    link = {**PEOPLE, "cursor_param": None}
    ident = source([link])
    for following in (
        "http://elsewhere.example/people",
        "//elsewhere.example/",
        "https:/x",
        "http://[",
        "file:///etc",
    ):
        lists.spoil = lambda path, count, at=following: answer([], at)
        assert "another server" in run_source(ident)["error"], following
    lists.spoil = lambda path, count: answer([{"id": count}], "/people?again")
    assert "in a circle" in run_source(ident)["error"]
    lists.spoil = lambda path, count: answer([{"id": 1, "first": "A"}], f"/people?{count}")
    assert "the same page again" in run_source(ident)["error"]
    lists.spoil = lambda path, count: answer([], f"/people?{count}")
    assert "the same page again" in run_source(ident)["error"]
    lists.form, lists.spoil = "link", lambda path, count: None
    assert run_source(ident)["status"] == "success"


def test_the_server_is_given_the_time_it_asks_for(
    lists: Lists, source: Any, run_source: Any, api: Any, keys: Any, workspace: Place
) -> None:
    ident = source()
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=200), usegmt=True)
    for given_, low, high in (("120", 100, 121), (until, 150, 201), ("999999999", 3500, 3601)):
        lists.spoil = lambda path, count, wait=given_: (429, b"", {"Retry-After": wait})
        assert "429" in run_source(ident)["error"]
        status = api.get(
            f"/v1/{workspace.id}/data-sources/{ident}/status", headers=keys.viewer
        ).json
        wait = datetime.fromisoformat(status["next_run_at"]) - datetime.now(UTC)
        assert timedelta(seconds=low) < wait <= timedelta(seconds=high), given_


def test_it_signs_in_again_when_the_token_expires_and_follows_no_one_with_it(
    lists: Lists, source: Any, run_source: Any
) -> None:
    lists.wanted = "none yet"

    def expire(path: str, count: int) -> None:
        if count == 2:
            lists.wanted = "expired"

    lists.spoil = expire  # type: ignore[assignment]
    ident = source(auth_type="oauth2_client_credentials", client_id="ward", client_secret="a-secret",
                   token_url=f"{lists.url}/token")  # fmt: skip
    run = run_source(ident)
    assert (run["status"], run["created"], lists.tokens) == ("success", 5, 2)


def test_nothing_is_asked_before_it_is_said_what_is_taken(
    lists: Lists, source: Any, run_source: Any
) -> None:
    assert "No fields are mapped" in run_source(source(mapping={}))["error"] and lists.asked == []


def test_a_real_page_is_shown_as_what_it_becomes_before_anything_is_saved(
    lists: Lists, as_admin: Any, workspace: Place, sql: Any, source: Any, api: Any, keys: Any
) -> None:
    lists.records["/people"][1]["born"] = "soon"
    sent = {"kind": "rest_api", "source_type": "rest_api", "name": "API", "connection_config": "1",
            "connection_config-base_url": lists.url, "connection_config-allow_private": "true",
            "connection_config-auth_type": "none", "sync_strategy": "manual",
            "connection_config-headers": "{}", "field_mappings-0-key": "name",
            "field_mappings-0-source": "first + last", "field_mappings-1-key": "birth_date",
            "field_mappings-1-source": "born", "field_mappings-1-type": "date",
            **{f"connection_config-endpoints-0-{n}": v for n, v in PEOPLE.items()}}  # fmt: skip
    home = f"/w/{workspace.slug}/data-sources"
    page = text(post(as_admin, f"{home}/preview", sent))
    assert (
        "/people gave a page of 2, with more after it. 1 of the first 2 would be refused." in page
    )
    assert "P 1" in page and "“born” is no date" in page and lists.asked == ["/people"]
    assert "no list at “people”" in text(post(as_admin, f"{home}/preview", {
        **sent, "connection_config-endpoints-0-records_path": "people"}))  # fmt: skip
    assert sql("select count(*) from data_source where workspace_id = %s", (workspace.id,)) == [
        (0,)
    ]
    ident = source()
    shown = api.post(
        f"/v1/{workspace.id}/data-sources/{ident}/preview", json={}, headers=keys.admin
    ).json
    assert shown["names"] == ["id", "first", "last"]
    assert shown["ok"] is False and shown["lines"][0]["fields"] == {"name": "P 1"}
    assert sql("select count(*) from event where workspace_id = %s", (workspace.id,)) == [(0,)]


@given(st.text(max_size=80))
def test_any_header_is_a_link_or_none_and_a_wait_or_none(header: str) -> None:
    safe = header.encode("latin-1", "replace").decode("latin-1")
    for name in ("link", "retry-after"):
        response = httpx.Response(200, headers=[(name.encode(), safe.encode("latin-1"))])
        found = Answer(response, b"")
        assert rest.linked(found) is None or isinstance(rest.linked(found), str)
        assert asking.wait(found) is None or (asking.wait(found) or 0) >= 0


def test_a_parameter_takes_the_place_of_the_one_before() -> None:
    assert rest.with_parameter("https://x/a?b=1&c=2", "c", "é&") == "https://x/a?b=1&c=%C3%A9%26"
