"""Logging a call by hand."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.by_hand.said import turns
from app.by_hand.schema import seconds
from tests.calls.test_api import url
from tests.setup import Maker
from tests.support import Cast, Keys, Place, post, text

GOOD = {
    "started_at": "2026-11-20T09:30", "length": "4:30", "direction": "inbound",
    "channel_kind": "voice", "caller_id": "(415) 555-0142", "phone_number_id": "",
    "service_id": "", "ended": "completed",
    "said": "Caller: I need my prescription again.\r\nAgent: Which one?\r\n\r\nShe sounded upset.",
    "note": "",
}  # fmt: skip
COUNT = "select count(*) from call where workspace_id = %s"


def form(place: Place) -> str:
    return f"/w/{place.slug}/calls/new"


def zone(api: FlaskClient, keys: Keys, place: Place, name: str) -> None:
    answer = api.put(
        f"/v1/{place.id}/settings/general", headers=keys.admin, json={"time_zone": name}
    )
    assert answer.status_code == 200, answer.data


def test_a_logged_call_is_a_call_like_any_other(
    api: FlaskClient, keys: Keys, maker: Maker, as_member: FlaskClient, workspace: Place, sql: Any
) -> None:
    zone(api, keys, workspace, "America/Los_Angeles")
    service = maker.service("Refills")
    number = maker.make("phone-numbers", maker.body("phone-numbers"))
    entered = {**GOOD, "service_id": service["id"], "phone_number_id": number["id"],
               "note": "Ask the pharmacy. @Admin Person"}  # fmt: skip
    stored = post(as_member, form(workspace), entered)
    assert stored.status_code == 303
    call = api.get(
        url(workspace, "/" + stored.headers["Location"].rsplit("/", 1)[1]), headers=keys.member
    ).json
    assert call["call_sid"].startswith("HAND-") and call["source"] == "real"
    assert call["configuration"] == {"logged_by": "Member Person"}
    assert (call["started_at"], call["duration_seconds"]) == ("2026-11-20T17:30:00Z", 270)
    assert (call["caller_id"], call["phone_number"]) == ("+14155550142", number["phone_number"])
    assert (call["service_id"], call["service_name"]) == (service["id"], "Refills")
    spoken = [(t["speaker_role"], t["text"], t["state"]) for t in call["turns"]]
    assert spoken == [("caller", "I need my prescription again.", None), ("agent", "Which one?", None),
                      ("operator", "She sounded upset.", "note")]  # fmt: skip
    page = text(as_member.get(f"/w/{workspace.slug}/calls/{call['id']}"))
    assert "She sounded upset." in page and "Timeline" not in page and "silence" not in page
    assert all(turn["response_ms"] is None for turn in call["turns"])
    notes = api.get(url(workspace, f"/{call['id']}/notes"), headers=keys.viewer).json["items"]
    assert [n["text"] for n in notes] == ["Ask the pharmacy. @Admin Person"]
    assert notes[0]["mentions"][0]["name"] == "Admin Person"
    listed = text(as_member.get(f"/w/{workspace.slug}/calls"))
    assert call["id"] in listed
    rollup = "select sum(calls) from call_rollup where workspace_id = %s and dimension = 'all'"
    assert sql(rollup, (workspace.id,)) == [(1,)]


def test_pressing_twice_stores_one_call_with_one_note(
    as_member: FlaskClient, workspace: Place, sql: Any
) -> None:
    page = text(as_member.get(form(workspace)))
    ident = re.search(r'name="ident" value="([^"]+)"', page)
    assert ident
    entered = {**GOOD, "ident": ident[1], "note": "Once."}
    first, second = (post(as_member, form(workspace), entered) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert sql(COUNT, (workspace.id,)) == [(1,)]
    assert sql("select count(*) from call_note where workspace_id = %s", (workspace.id,)) == [(1,)]
    other = post(as_member, form(workspace), {**entered, "ended": "voicemail"})
    assert other.status_code == 409 and "stored already" in text(other)
    assert sql(COUNT, (workspace.id,)) == [(1,)]


BAD = {
    "no time": ({"started_at": ""}, "started_at", "Fill this in."),
    "words": ({"started_at": "yesterday"}, "started_at", "Enter day and time such as"),
    "a day only": ({"started_at": "2026-11-20"}, "started_at", "Enter day and time such as"),
    "with a zone": ({"started_at": "2026-11-20T09:30Z"}, "started_at", "Enter day and time such as"),
    "long ago": ({"started_at": "1066-10-14T09:30"}, "started_at", "Enter day and time such as"),
    "tomorrow": ({"started_at": "2999-01-01T09:30"}, "started_at", "This lies in the future."),
    "skipped": ({"started_at": "2026-03-08T02:30"}, "started_at", "There was no such time here"),
    "length": ({"length": "a while"}, "length", "Enter minutes such as 4"),
    "too long": ({"length": "25 h"}, "length", "Enter minutes such as 4"),
    "bad clock": ({"length": "4:75"}, "length", "Enter minutes such as 4"),
    "number": ({"caller_id": "555"}, "caller_id", "Enter a phone number with its area code"),
    "direction": ({"direction": "sideways"}, "direction", "Choose one of these"),
    "test": ({"direction": "simulated"}, "direction", "Choose one of these"),
    "channel": ({"channel_kind": "fax"}, "channel_kind", "Choose one of these"),
    "ended": ({"ended": ""}, "ended", ""),
    "service": ({"service_id": "none"}, "service_id", "This is not a valid id."),
    "long turn": ({"said": "Caller: " + "x" * 20_001}, "said", "at most 20,000 characters"),
    "long note": ({"note": "x" * 4001}, "note", "Keep this to 4000 characters"),
    "no text": ({"said": "a\0b"}, "said", "cannot be stored"),
    "who": ({"note": "@Member and @Twin"}, "note", "More than one person here"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_does_not_fit_is_told_beside_the_field_and_nothing_typed_is_lost(
    api: FlaskClient,
    cast: Cast,
    keys: Keys,
    as_member: FlaskClient,
    workspace: Place,
    sql: Any,
    name: str,
) -> None:
    zone(api, keys, workspace, "America/New_York")
    for role in ("owner", "admin"):
        sql("update users set name = 'Twin Person' where id = %s", (cast.people[role].user_id,))
    change, field, sentence = BAD[name]
    if name == "ended":
        change, sentence = {"ended": "nicely"}, "Choose one of these"
    answer = post(as_member, form(workspace), {**GOOD, **change})
    page = text(answer)
    assert answer.status_code == 422
    assert f'href="#{field}"' in page and f'id="{field}-error-1"' in page and sentence in page
    assert {**GOOD, **change}["caller_id"] in page
    assert field == "said" or "She sounded upset." in page
    if field in ("started_at", "length", "caller_id", "note"):
        assert f">{change[field]}</textarea>" in page or f'value="{change[field]}"' in page
    assert sql(COUNT, (workspace.id,)) == [(0,)]


def test_services_and_numbers_of_another_workspace_are_refused(
    api: FlaskClient, keys: Keys, as_member: FlaskClient, workspace: Place, other: Place, sql: Any
) -> None:
    theirs = Maker(api, other, keys.stranger)
    service = theirs.service("canary service")["id"]
    number = theirs.make("phone-numbers", theirs.body("phone-numbers"))["id"]
    assert "canary" not in text(as_member.get(form(workspace)))
    for change in ({"service_id": service}, {"phone_number_id": number}):
        answer = post(as_member, form(workspace), {**GOOD, **change})
        assert answer.status_code == 422 and "of this workspace." in text(answer)
        assert "canary" not in text(answer)
    assert sql(COUNT, (workspace.id,)) == [(0,)]


def test_viewer_can_neither_open_nor_send_the_form(
    as_viewer: FlaskClient, workspace: Place, sql: Any
) -> None:
    assert as_viewer.get(form(workspace)).status_code == 403
    assert post(as_viewer, form(workspace), GOOD).status_code == 403
    assert sql(COUNT, (workspace.id,)) == [(0,)]


def test_a_call_that_just_ended_is_not_in_the_future(
    as_member: FlaskClient, workspace: Place
) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    late = {**GOOD, "started_at": f"{now - timedelta(minutes=2):%Y-%m-%dT%H:%M}", "length": "2"}
    assert post(as_member, form(workspace), late).status_code == 303
    over = post(as_member, form(workspace), {**late, "length": "10"})
    assert over.status_code == 422 and "would end in the future" in text(over)
    latest = [datetime.now(UTC) - timedelta(minutes=10, seconds=late) for late in (0, 20)]
    assert any(f"it began at {at:%H:%M} at the latest" in text(over) for at in latest)


def test_a_form_with_nothing_in_it_is_no_call(
    as_member: FlaskClient, workspace: Place, sql: Any
) -> None:
    empty = {"started_at": "2026-11-20T09:30", "direction": "inbound", "channel_kind": "voice",
             "ended": "completed"}  # fmt: skip
    refused = post(as_member, form(workspace), empty)
    assert refused.status_code == 422 and "one of them is enough" in text(refused)
    assert sql(COUNT, (workspace.id,)) == [(0,)]
    assert post(as_member, form(workspace), {**empty, "length": "2"}).status_code == 303


LENGTHS = {"4": 240, "4.5": 270, "4,5": 270, "4:30": 270, "1:02:03": 3723, "1 h 5 min": 3900,
           "90 s": 90, "2min": 120, "1h": 3600, "0": 0, "": None, "abc": None, "4:": None,
           "-3": None, "4 apples": None}  # fmt: skip


@pytest.mark.parametrize("typed", LENGTHS)
def test_lengths_are_read_as_people_write_them(typed: str) -> None:
    assert seconds(typed) == LENGTHS[typed]


def test_turns_follow_at_the_pace_of_speech_and_fit_into_the_call() -> None:
    words = "Caller: " + "word " * 25 + "\nAgent: yes\nCaller: " + "word " * 5
    assert [turn.started_s for turn in turns(words, None)] == [0, 10, 11]
    within = [turn.started_s for turn in turns(words, 6.5)]
    assert within == [0, 5, 5.5]
    assert list(turns("", 60)) == [] and list(turns(" \n\n", None)) == []
    only = list(turns("He asked for\ntwo things.", None))
    assert [(t.speaker_role, t.text, t.state) for t in only] == [
        ("operator", "He asked for\ntwo things.", "note")
    ]
