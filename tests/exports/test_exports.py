"""Exports hold exactly what the list shows, masked unless somebody may and says why."""

import csv
import io
import json
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.calls.test_api import a_call, ndjson, url
from tests.support import Keys, Place, post, text

SAID = [
    {"speaker_role": "caller", "text": "=1+1, call 415-555-0142 or ana@x.org", "started_s": 1},
    {"speaker_role": "agent", "text": "Dr. Patel at 10:30, $45.50.", "started_s": 4},
]


def fill(api: FlaskClient, keys: Keys, place: Place) -> None:
    calls = [a_call(f"CA{n}", turns=SAID, status="failed" if n == 3 else "completed",
                    direction="test" if n == 4 else "inbound") for n in range(5)]  # fmt: skip
    done = api.post(url(place, "/import"), headers=keys.member, data=ndjson(*calls))
    assert done.json["stored"] == 5, done.data


def export(api: FlaskClient, place: Place, key: Any, **body: Any) -> Any:
    return api.post(f"/v1/{place.id}/calls/export", headers=key, json=body)


def test_ndjson_tells_first_what_it_is_and_holds_what_the_list_shows(
    api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    fill(api, keys, workspace)
    got = export(api, workspace, keys.member, format="ndjson", filter={"status": "completed"})
    assert got.status_code == 200, got.data
    head, *lines = [json.loads(line) for line in got.data.splitlines()]
    assert head["export"]["row_count"] == len(lines) == 3
    assert head["export"]["filter"] == {"status": "completed"}
    listed = api.get(url(workspace), headers=keys.member, query_string={"status": "completed"})
    assert [line["call_sid"] for line in lines] == [c["call_sid"] for c in listed.json["items"]]
    assert lines[0]["caller_id"] == "+1 (415) ••• 0142" and "turns" not in lines[0]
    assert "http" not in got.get_data(as_text=True)


def test_redacted_transcripts_mask_what_identifies_and_full_ones_need_a_reason(
    api: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    fill(api, keys, workspace)
    got = export(api, workspace, keys.member, format="ndjson", content="redacted")
    said = json.loads(got.data.splitlines()[1])["turns"]
    assert said[0]["text"] == "=1+1, call [phone number] or [e-mail]"
    assert said[1]["text"] == "Dr. Patel at 10:30, $45.50."
    assert b"0142 or" not in got.data and b"ana@x.org" not in got.data
    assert export(api, workspace, keys.admin, content="full").status_code == 422
    full = {"format": "ndjson", "content": "full", "reason": "Asked for by the quality board"}
    assert export(api, workspace, keys.member, **full).status_code == 403
    whole = export(api, workspace, keys.admin, **full)
    line = json.loads(whole.data.splitlines()[1])
    assert line["caller_id"] == "+14155550142" and "415-555-0142" in line["turns"][0]["text"]
    events = sql("select action, metadata from audit_event where workspace_id = %s and action like"
                 " 'call.export%%' order by seq", (workspace.id,))  # fmt: skip
    begun, ended = [m for a, m in events if a == "call.export"], [
        m for a, m in events if a == "call.export_ended"]  # fmt: skip
    assert begun[-1]["reason"] == "Asked for by the quality board"
    assert begun[-1]["rows"] == ended[-1]["rows"] == 4


def test_a_file_of_one_call_says_one_call(api: FlaskClient, keys: Keys, workspace: Place) -> None:
    api.post(url(workspace), headers=keys.member, json=a_call())
    got = export(api, workspace, keys.member, format="csv")
    assert "; 1 call;" in got.data.decode("utf-8-sig").splitlines()[0]


def test_csv_is_safe_in_a_spreadsheet_and_keeps_odd_words(
    api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    odd = [{"speaker_role": "caller", "text": 'She said "no",\n<b>ünïcode</b>', "started_s": 1}]
    for sid, turns in (("=CMD", SAID), ("CA2", odd)):
        api.post(url(workspace), headers=keys.member, json=a_call(sid.strip("="), turns=turns,
                 service_name="=HYPERLINK(1)"))  # fmt: skip
    got = export(api, workspace, keys.member, format="csv", content="redacted")
    first, names, *rows = list(csv.reader(io.StringIO(got.data.decode("utf-8-sig"), newline="")))
    assert len(first) == 1 and first[0].startswith("# Calls of") and "2 calls" in first[0]
    told = [dict(zip(names, row, strict=True)) for row in rows]
    assert {row["service_name"] for row in told} == {"'=HYPERLINK(1)"}
    assert any('She said "no",\n<b>ünïcode</b>' in row["transcript"] for row in told)


@pytest.mark.parametrize("query", ["", "?status=completed", "?q=patel", "?include_simulated=true",
                                   "?direction=outbound", "?sort=duration"])  # fmt: skip
def test_the_page_counts_what_the_file_holds(
    api: FlaskClient, as_member: FlaskClient, keys: Keys, workspace: Place, query: str
) -> None:
    fill(api, keys, workspace)
    address = f"/w/{workspace.slug}/calls/export{query}"
    page = text(as_member.get(address))
    got = post(as_member, address, {"format": "ndjson", "content": "records"})
    assert "attachment" in got.headers["Content-Disposition"]
    head, *lines = got.data.splitlines()
    count = json.loads(head)["export"]["row_count"]
    assert count == len(lines) == int(got.headers["X-Export-Rows"])
    assert f">{count} call" in page


def test_a_bad_choice_is_told_beside_its_field_and_keeps_what_was_typed(
    as_admin: FlaskClient, workspace: Place
) -> None:
    address = f"/w/{workspace.slug}/calls/export"
    wrong = post(as_admin, address, {"format": "csv", "content": "full", "reason": "because"})
    assert wrong.status_code == 422
    assert "Say in a few words why" in text(wrong) and "because</textarea>" in text(wrong)


def test_viewers_do_not_export_and_members_see_no_whole_transcripts(
    api: FlaskClient, keys: Keys, as_viewer: FlaskClient, as_member: FlaskClient, workspace: Place
) -> None:
    fill(api, keys, workspace)
    address = f"/w/{workspace.slug}/calls/export"
    assert as_viewer.get(address).status_code == 403
    assert 'value="full"' not in text(as_member.get(address))
    assert (
        post(as_member, address, {"content": "full", "reason": "I would like to"}).status_code
        == 403
    )
    assert "/calls/export" not in text(as_viewer.get(f"/w/{workspace.slug}/calls"))
    assert "/calls/export" in text(as_member.get(f"/w/{workspace.slug}/calls"))


def test_the_file_is_streamed_and_one_that_breaks_off_is_noted_as_such(
    app: Flask, api: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    fill(api, keys, workspace)
    got = api.post(f"/v1/{workspace.id}/calls/export", headers=keys.member,
                   json={"format": "ndjson"}, buffered=False)  # fmt: skip
    parts = got.iter_encoded()
    assert b'"row_count":4' in next(parts)
    next(parts)
    got.close()
    ended = sql("select outcome, metadata from audit_event where workspace_id = %s and action ="
                " 'call.export_ended'", (workspace.id,))  # fmt: skip
    assert ended[0][0] == "failed" and ended[0][1]["rows"] < 4


def test_another_workspaces_calls_are_not_in_it(
    api: FlaskClient, keys: Keys, workspace: Place, other: Place
) -> None:
    fill(api, keys, workspace)
    canary = [{"speaker_role": "caller", "text": other.canary, "started_s": 1}]
    api.post(url(other), headers=keys.stranger, json=a_call("THEIRS", turns=canary))
    for content in ("records", "redacted"):
        got = export(api, workspace, keys.admin, format="ndjson", content=content)
        assert other.canary.encode() not in got.data and b"THEIRS" not in got.data
    assert export(api, other, keys.owner).status_code == 404


def test_a_filter_that_is_wrong_exports_nothing(
    as_member: FlaskClient, api: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    fill(api, keys, workspace)
    address = f"/w/{workspace.slug}/calls/export?status=finished&direction=inbound"
    for got in (as_member.get(address), post(as_member, address, {"format": "csv"})):
        assert got.status_code == 422 and "Content-Disposition" not in got.headers
        assert "nothing is exported" in text(got) and "status=finished" in text(got)
    assert export(api, workspace, keys.member, filter={"status": "finished"}).status_code == 422
    noted = "select count(*) from audit_event where workspace_id = %s and action = 'call.export'"
    assert sql(noted, (workspace.id,)) == [(0,)]


def test_the_log_knows_the_filter_but_no_words_or_numbers_of_a_patient(
    api: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    fill(api, keys, workspace)
    wanted = {"status": "completed", "q": "dermatologist", "caller": "0142"}
    export(api, workspace, keys.member, content="redacted", reason="not asked for", filter=wanted)
    event = "select metadata from audit_event where workspace_id = %s and action = 'call.export'"
    assert sql(event, (workspace.id,))[0][0] == {
        "filter": {"status": "completed", "q": "given", "caller": "given"}, "rows": 0,
        "content": "redacted", "format": "csv", "reason": None,
    }  # fmt: skip


def streamed(api: FlaskClient, place: Place, key: Any, **body: Any) -> Any:
    got = api.post(f"/v1/{place.id}/calls/export", headers=key, json=body, buffered=False)
    assert got.status_code == 200
    return got


def test_the_export_is_noted_before_its_first_byte(
    api: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    fill(api, keys, workspace)
    got = streamed(api, workspace, keys.member, format="ndjson")
    noted = "select count(*) from audit_event where workspace_id = %s and action = 'call.export'"
    assert sql(noted, (workspace.id,)) == [(1,)]
    got.close()


def test_the_file_is_of_one_moment(
    app: Flask, api: FlaskClient, keys: Keys, workspace: Place, sql: Any
) -> None:
    fill(api, keys, workspace)
    got = streamed(api, workspace, keys.member, format="ndjson", content="redacted")
    parts = got.iter_encoded()
    head = json.loads(next(parts))["export"]
    stored: list[int] = []

    def meanwhile() -> None:
        late = a_call("LATE", turns=SAID)
        client = app.test_client(use_cookies=False)
        stored.append(client.post(url(workspace), headers=keys.member, json=late).status_code)

    other_thread = threading.Thread(target=meanwhile)
    other_thread.start()
    other_thread.join()
    assert stored == [201]
    lines = b"".join(parts).splitlines()
    assert head["row_count"] == len(lines) == 4 and b"LATE" not in b"".join(lines)
    got.close()


OPEN = "select count(*) from pg_stat_activity where usename = 'ward_app' and state like 'idle in%'"


@pytest.fixture
def open_transactions(server: Any) -> Iterator[Callable[[], int]]:
    """How many transactions of the application are open."""
    with psycopg.connect(server.superuser_url.replace("+psycopg", ""), autocommit=True) as looking:

        def count() -> int:
            found = looking.execute(OPEN).fetchone()
            return int(found[0]) if found else 0

        yield count


def test_a_broken_connection_leaves_no_transaction_open(
    api: FlaskClient, keys: Keys, workspace: Place, open_transactions: Callable[[], int]
) -> None:
    fill(api, keys, workspace)
    before = open_transactions()
    got = streamed(api, workspace, keys.member, content="redacted")
    next(got.iter_encoded())
    assert open_transactions() == before + 1
    got.close()
    assert open_transactions() == before


HOSTILE = ["=cmd|' /C calc'!A0", "+1-1", "-2+3", "@SUM(A1)", "\t=1", "＝1+1", "<script>alert(1)</script>",
           "a,b;c\"d\"", "line\r\nbreak", "\u202eright to left", "https://evil.example/x"]  # fmt: skip


def test_hostile_words_stay_words(api: FlaskClient, keys: Keys, workspace: Place) -> None:
    calls = [a_call(f"H{n}", service_name=words, final_state=words,
                    turns=[{"speaker_role": "caller", "text": words, "started_s": 1}])
             for n, words in enumerate(HOSTILE)]  # fmt: skip
    done = api.post(url(workspace, "/import"), headers=keys.member, data=ndjson(*calls)).json
    assert done["stored"] == len(HOSTILE), done
    full = {"content": "full", "reason": "Looking for hostile words"}
    got = export(api, workspace, keys.admin, format="csv", **full)
    _first, names, *rows = list(csv.reader(io.StringIO(got.data.decode("utf-8-sig"), newline="")))
    for row in rows:
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝")), cell
    whole = {row[names.index("call_sid")]: row[-1] for row in rows}
    lines = export(api, workspace, keys.admin, format="ndjson", **full).data.splitlines()[1:]
    told = {line["call_sid"]: line for line in map(json.loads, lines)}
    for n, words in enumerate(HOSTILE):
        assert told[f"H{n}"]["turns"][0]["text"] == words.strip()
        assert told[f"H{n}"]["service_name"] == words.strip()
        assert whole[f"H{n}"] == f"Caller: {words.strip()}"


def test_times_are_told_in_utc_and_as_they_are_here(
    api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    general = f"/v1/{workspace.id}/settings/general"
    api.put(general, json={"time_zone": "America/New_York"}, headers=keys.admin)
    api.post(url(workspace), headers=keys.member, json=a_call())
    head, line = map(
        json.loads, export(api, workspace, keys.member, format="ndjson").data.splitlines()
    )
    assert head["export"]["time_zone"] == "America/New_York"
    assert (line["started_at"], line["started_local"]) == (
        "2026-11-20T09:00:00+00:00", "2026-11-20 04:00:00"
    )  # fmt: skip
    assert (line["ended_at"], line["ended_local"]) == (
        "2026-11-20T09:01:02+00:00", "2026-11-20 04:01:02"
    )  # fmt: skip


def some_filters(count: int) -> list[dict[str, Any]]:
    """Filters made by chance, the same every time."""
    dice = random.Random(7)
    choices: dict[str, list[Any]] = {
        "status": ["completed", "failed"], "direction": ["inbound", "outbound", "test"],
        "outcome": ["answered", "unanswered"], "min_duration": [30, 90], "caller": ["0142", "415"],
        "hour": [9, 10], "q": ["appointment", "patel -call", '"at 10"'], "who": ["caller", "agent"],
        "sort": ["started_at", "-duration", "duration"], "include_simulated": ["true"],
        "date_from": ["2026-11-19"], "date_to": ["2026-11-21"], "escalated": ["true", "false"],
        "reviewed": ["false"], "has_recording": ["false"],
    }  # fmt: skip
    return [
        {
            name: dice.choice(choices[name])
            for name in dice.sample(sorted(choices), dice.randint(0, 4))
        }
        for _ in range(count)
    ]


@pytest.fixture(scope="module")
def varied() -> list[dict[str, Any]]:
    """Calls that differ in everything a filter asks for."""
    dice, made = random.Random(3), []
    for n in range(60):
        at = f"2026-11-{dice.choice([18, 19, 20, 22])}T{dice.choice(['09', '10', '23'])}:00:{n:02}Z"
        made.append(a_call(
            f"V{n}", started_at=at, ended_at=None, duration_seconds=dice.choice([10, 60, 120]),
            status=dice.choice(["completed", "failed"]), direction=dice.choice(
                ["inbound", "outbound", "test"]), caller_id=dice.choice(
                ["+14155550142", "+14155550199", "+12065550142"]),
            escalation_status=dice.choice(["none", "completed"]),
            turns=dice.choice([SAID, None, []]) or a_call()["turns"],
        ))  # fmt: skip
    return made


def test_the_file_holds_what_the_list_shows_whatever_the_filter(
    api: FlaskClient, keys: Keys, workspace: Place, varied: list[dict[str, Any]]
) -> None:
    api.post(url(workspace, "/import"), headers=keys.member, data=ndjson(*varied))
    sizes = set()
    for wanted in some_filters(60):
        listed = api.get(url(workspace), headers=keys.viewer, query_string={**wanted, "limit": 100})
        if listed.status_code == 422:
            assert export(api, workspace, keys.member, filter=wanted).status_code == 422
            continue
        head, *lines = export(
            api, workspace, keys.member, format="ndjson", filter=wanted
        ).data.splitlines()
        names = [json.loads(line)["call_sid"] for line in lines]
        assert names == [call["call_sid"] for call in listed.json["items"]], wanted
        assert json.loads(head)["export"]["row_count"] == len(names), wanted
        sizes.add(len(names))
    assert len(sizes) > 8
