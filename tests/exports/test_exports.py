"""Exports hold exactly what the list shows, masked unless somebody may and says why."""

import csv
import io
import json
from typing import Any

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


def test_csv_is_safe_in_a_spreadsheet_and_keeps_odd_words(
    api: FlaskClient, keys: Keys, workspace: Place
) -> None:
    odd = [{"speaker_role": "caller", "text": 'She said "no",\n<b>ünïcode</b>', "started_s": 1}]
    for sid, turns in (("=CMD", SAID), ("CA2", odd)):
        api.post(url(workspace), headers=keys.member, json=a_call(sid.strip("="), turns=turns,
                 service_name="=HYPERLINK(1)"))  # fmt: skip
    got = export(api, workspace, keys.member, format="csv", content="redacted")
    first, names, *rows = list(csv.reader(io.StringIO(got.get_data(as_text=True))))
    assert first[0].startswith("# Calls of") and "2 calls" in first[0]
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
