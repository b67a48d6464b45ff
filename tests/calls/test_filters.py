"""The filters of the call list: each with a call that fits and one that does not."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.calls import filters, queries
from app.core import tenancy
from tests.support import Cast, Keys, Place

from .test_api import a_call, ndjson, url

SERVICE, OTHER_SERVICE = str(uuid.uuid4()), str(uuid.uuid4())
NOW = datetime.now(UTC).replace(microsecond=0)


def before(**ago: float) -> str:
    return (NOW - timedelta(**ago)).isoformat()


AT_NINE = "2026-07-01T09:30:00Z"
# Filter -> (its value in the URL, what a call that fits is like, what one that does not).
CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "period": ("7", {"started_at": before(days=2)}, {"started_at": before(days=9)}),
    "date_from": ("2026-07-01", {"started_at": "2026-07-01T00:00:00Z"},
                  {"started_at": "2026-06-30T23:59:59Z"}),
    "date_to": ("2026-07-01", {"started_at": "2026-07-01T23:59:59Z"},
                {"started_at": "2026-07-02T00:00:00Z"}),
    "direction": ("outbound", {"direction": "outbound"}, {}),
    "status": ("no-answer", {"status": "no-answer"}, {}),
    "outcome": ("unanswered", {"completion_reason": "abandoned"}, {}),
    "completion_reason": ("voicemail", {"completion_reason": "voicemail"},
                          {"completion_reason": "timeout"}),
    "service_id": (SERVICE, {"service_id": SERVICE}, {"service_id": OTHER_SERVICE}),
    "phone_number": ("+14155550111", {"phone_number": "+14155550111"}, {}),
    "caller": ("(628) 555", {"caller_id": "+16285550142"}, {"caller_id": "+14155550142"}),
    "min_duration": ("62.5", {"duration_seconds": 62.5}, {"duration_seconds": 62.4}),
    "max_duration": ("62.5", {"duration_seconds": 62.5}, {"duration_seconds": 62.6}),
    "escalated": ("true", {"escalation_status": "requested"}, {}),
    "reviewed": ("true", {"reviewed_at": AT_NINE}, {}),
    "assigned_to": ("me", {"assigned": True}, {}),
    "tag": ("billing", {"tag": "billing"}, {"tag": "bill"}),
    "channel_kind": ("sms", {"channel_kind": "sms"}, {}),
    "has_recording": ("true", {"has_recording": True}, {}),
    "hour": ("9", {"started_at": AT_NINE}, {"started_at": "2026-07-01T10:00:00Z"}),
    "include_simulated": ("true", {"direction": "simulated"}, None),
    "q": ("appointment", {}, {"turns": []}),
}  # fmt: skip
NO_FILTERS = {"sort", "who"}


class Desk:
    """Stores calls in the workspace, and asks for them."""

    def __init__(self, app: Flask, api: FlaskClient, sql: Any, cast: Cast, keys: Keys) -> None:
        self.app, self.api, self.sql, self.keys = app, api, sql, keys
        self.place: Place = cast.workspace
        self.me = cast.people["member"].accounts[self.place.slug]

    def store(self, sid: str, **more: Any) -> str:
        """A call by the API; what only people can set is set as the review would."""
        plain = {name: more.pop(name) for name in ("reviewed_at", "has_recording") if name in more}
        tag, assigned = more.pop("tag", None), more.pop("assigned", False)
        call = a_call(sid, **more)
        if "started_at" in more:
            del call["ended_at"]
        if "duration_seconds" in more:
            call.pop("ended_at", None)
        done = self.api.post(url(self.place), headers=self.keys.member, json=call)
        assert done.status_code == 201, done.data
        ident = done.json["id"]
        for name, value in plain.items():
            self.sql(f"update call set {name} = %s where id = %s", (value, ident))
        key = "select workspace_id, id, {}, started_at, number {} from call where id = %s"
        if tag:
            self.sql("insert into call_tag (workspace_id, call_id, tag, started_at, number) "
                     + key.format("%s", ""), (tag, ident))  # fmt: skip
        if assigned:
            self.sql("insert into call_assignment (workspace_id, call_id, account_id, started_at,"
                     " number, assigned_by) " + key.format("%s", ", 'test'"), (self.me, ident))  # fmt: skip
        return ident

    def fitting(self, **given: str) -> list[str]:
        """The call_sids that the list gives for a query string, in its order."""
        asked = filters.parse(given, self.me)
        assert not asked.wrong, asked.wrong
        with self.inside():
            found = [row[1] for rows in queries.batches(self.place.id, asked.filter, size=2)
                     for row in rows]  # fmt: skip
            assert queries.count(self.place.id, asked.filter) == len(found)
        return found

    @contextmanager
    def inside(self) -> Iterator[None]:
        with self.app.app_context(), tenancy.inside(self.place.id):
            yield


@pytest.fixture
def desk(app: Flask, api: FlaskClient, sql: Any, cast: Cast, keys: Keys) -> Desk:
    return Desk(app, api, sql, cast, keys)


def test_every_filter_has_a_case() -> None:
    assert set(filters.NAMES) == set(CASES) | NO_FILTERS


@pytest.mark.parametrize("name", CASES)
def test_a_filter_takes_what_fits_and_leaves_the_rest(desk: Desk, name: str) -> None:
    value, fits, does_not = CASES[name]
    desk.store("FITS", **fits)
    if does_not is not None:
        desk.store("NOT", **does_not)
    assert desk.fitting(**{name: value}) == ["FITS"]
    asked = desk.api.get(url(desk.place), headers=desk.keys.member, query_string={name: value})
    assert [row["call_sid"] for row in asked.json["items"]] == ["FITS"], asked.json
    assert asked.json["total"] == 1


@pytest.mark.parametrize("name", ["escalated", "reviewed", "has_recording"])
def test_no_is_the_opposite_of_yes(desk: Desk, name: str) -> None:
    desk.store("YES", **CASES[name][1])
    desk.store("NO")
    assert desk.fitting(**{name: "false"}) == ["NO"]


def test_tests_hide_until_asked_for_by_direction_or_by_name(desk: Desk) -> None:
    desk.store("REAL")
    desk.store("TEST", direction="test")
    desk.store("SIM", source="simulated")
    assert desk.fitting() == ["REAL"]
    assert desk.fitting(direction="test") == ["TEST"]
    assert sorted(desk.fitting(include_simulated="true")) == ["REAL", "SIM", "TEST"]


def test_calls_without_anybody_are_those_of_nobody(desk: Desk) -> None:
    desk.store("MINE", assigned=True, tag="a")
    desk.store("FREE", tag="a")
    assert desk.fitting(assigned_to="nobody") == ["FREE"]
    assert desk.fitting(assigned_to=str(desk.me)) == ["MINE"]
    assert desk.fitting(assigned_to=str(desk.me), tag="a") == ["MINE"]
    assert desk.fitting(assigned_to=str(uuid.uuid4())) == []


def test_a_part_that_very_many_callers_share_is_found_by_walking(desk: Desk, monkeypatch) -> None:
    from app.calls import clauses

    for n in range(6):
        desk.store(f"CA{n}", caller_id=f"+1415555010{n}")
    desk.store("ELSE", caller_id="+16285550100")
    monkeypatch.setattr(clauses, "MOST_CALLERS", 3)
    assert len(desk.fitting(caller="415")) == 6
    assert desk.fitting(caller="0103") == ["CA3"]


def test_days_and_hours_are_those_of_the_time_zone(desk: Desk) -> None:
    zone = desk.api.put(f"/v1/{desk.place.id}/settings/general", headers=desk.keys.admin,
                        json={"time_zone": "America/Los_Angeles"})  # fmt: skip
    assert zone.status_code == 200, zone.data
    desk.store("LATE", started_at="2026-07-02T06:30:00Z")
    desk.store("WINTER", started_at="2026-12-02T07:30:00Z")
    assert desk.fitting(date_from="2026-07-01", date_to="2026-07-01") == ["LATE"]
    assert desk.fitting(hour="23") == ["WINTER", "LATE"]
    assert desk.fitting(hour="23", sort="started_at") == ["LATE", "WINTER"]


@pytest.mark.parametrize("period, fits", [
    ("today", ["NOW"]), ("yesterday", ["DAY"]), ("7", ["NOW", "DAY"]), ("30", ["NOW", "DAY", "MONTH"]),
    ("90", ["NOW", "DAY", "MONTH", "SEASON"]), ("custom", ["NOW", "DAY", "MONTH", "SEASON", "YEAR"]),
])  # fmt: skip
def test_presets_count_whole_days_with_today(desk: Desk, period: str, fits: list[str]) -> None:
    for sid, days in {"NOW": 0, "DAY": 1, "MONTH": 20, "SEASON": 80, "YEAR": 300}.items():
        desk.store(sid, started_at=before(days=days))
    assert desk.fitting(period=period) == fits


def test_days_win_over_a_preset(desk: Desk) -> None:
    desk.store("OLD", started_at="2026-07-01T09:00:00Z")
    desk.store("NOW", started_at=before())
    asked = {"period": "today", "date_from": "2026-07-01", "date_to": "2026-07-01"}
    assert desk.fitting(**asked) == ["OLD"]
    assert "period" not in filters.parse(asked).filter.query()


WRONG = {
    "period": "14", "date_from": "yesterday", "date_to": "0001-01-01", "direction": "up",
    "status": "done", "outcome": "good", "completion_reason": "tired", "service_id": "x",
    "phone_number": "55-5", "caller": "12", "min_duration": "inf", "max_duration": "-1",
    "escalated": "maybe", "reviewed": "2", "assigned_to": "Ana", "tag": "t" * 65,
    "channel_kind": "fax", "has_recording": "?", "hour": "24", "include_simulated": "x",
    "q": "w" * 201, "who": "doctor",
    "sort": "name",
}  # fmt: skip


@pytest.mark.parametrize("name", filters.NAMES)
def test_what_is_wrong_is_told_and_left_out(name: str) -> None:
    asked = filters.parse({name: WRONG[name], "unknown": "x"})
    assert list(asked.wrong) == [name] and asked.wrong[name].endswith(".")
    assert asked.given == {name: WRONG[name]}
    assert asked.filter == filters.CallFilter()


def test_what_cannot_go_together_is_told_beside_the_second() -> None:
    asked = filters.parse({"date_from": "2026-07-02", "date_to": "2026-07-01"})
    assert asked.wrong == {"date_to": "This is before the first day."}
    asked = filters.parse({"min_duration": "60", "max_duration": "30"})
    assert asked.wrong == {"max_duration": "This is less than the shortest."}


def test_characters_that_no_database_keeps_are_refused() -> None:
    assert filters.parse({"tag": "a\0b"}).wrong


@pytest.mark.parametrize("name", CASES)
def test_a_link_says_what_the_filter_says(name: str) -> None:
    wanted = filters.parse({name: CASES[name][0]}).filter
    assert wanted.query().keys() == {name}
    assert filters.parse(wanted.query()).filter == wanted
    assert wanted.url("/x", **{name: None}) == "/x"
    assert wanted.url("/x").startswith(f"/x?{name}=")


FIGURES = {"A": (10.5, 0.9), "B": (10.5, 0.9), "C": (3.25, None), "D": (99, 0.1), "E": (None, 0.5)}


@pytest.fixture
def measured(desk: Desk) -> Desk:
    lines = []
    for sid, (length, quality) in FIGURES.items():
        call = a_call(sid, turns=[], duration_seconds=length, quality_score=quality)
        del call["ended_at"]
        lines.append({name: value for name, value in call.items() if value is not None})
    desk.api.post(url(desk.place, "/import"), headers=desk.keys.member, data=ndjson(*lines))
    return desk


@pytest.mark.parametrize("sort, order", [
    ("-started_at", "EDCBA"), ("started_at", "ABCDE"), ("duration", "CABD"), ("-duration", "DBAC"),
    ("quality", "DEAB"), ("-quality", "BAED"),
])  # fmt: skip
def test_sorts_are_whole_and_neighbours_follow_them(measured: Desk, sort: str, order: str) -> None:
    assert "".join(measured.fitting(sort=sort)) == order
    wanted = filters.parse({"sort": sort}).filter
    with measured.inside():
        place = measured.place.id
        ids = {queries.find(place, sid)[0]: sid for sid in FIGURES} | {None: None}
        for n, sid in enumerate(order):
            found = queries.neighbours(place, wanted, queries.find(place, sid))
            around = (order[n - 1] if n else None, order[n + 1] if n + 1 < len(order) else None)
            assert tuple(ids[ident] for ident in found) == around


def test_neighbours_stay_inside_the_filter(desk: Desk) -> None:
    for n in range(4):
        desk.store(f"CA{n}", tag="a" if n % 2 else "b", assigned=n > 1)
    wanted = filters.parse({"tag": "b"}).filter
    with desk.inside():
        first, third = (queries.find(desk.place.id, f"CA{n}") for n in (0, 2))
        assert queries.neighbours(desk.place.id, wanted, first) == (third[0], None)
        # Also from a call that is not in it.
        between = queries.find(desk.place.id, "CA1")
        assert queries.neighbours(desk.place.id, wanted, between) == (third[0], first[0])


@pytest.mark.parametrize("sort", ["-started_at", "-duration", "quality"])
def test_the_api_pages_through_a_sort(measured: Desk, sort: str) -> None:
    seen: list[str] = []
    token = 0
    while True:
        asked = {"sort": sort, "limit": 2, "continuation_token": token}
        page = measured.api.get(
            url(measured.place), headers=measured.keys.viewer, query_string=asked
        )
        seen += [row["call_sid"] for row in page.json["items"]]
        if not page.json["has_more"]:
            break
        token = page.json["continuation_token"]
    assert seen == measured.fitting(sort=sort)


def test_the_api_tells_what_is_wrong_with_a_filter(desk: Desk) -> None:
    for name, value in WRONG.items():
        answer = desk.api.get(url(desk.place), headers=desk.keys.viewer, query_string={name: value})
        assert answer.status_code == 422, name
        assert answer.json["detail"][0]["loc"] == ["query", name], json.dumps(answer.json)
