"""The voice page: the form, the text for readers, chips, stale saves, history."""

import html
import re
from typing import Any

import pytest

from tests.support import csrf_token, text

CHANGE = {
    "version": "0",
    "voice_id": "21m00Tcm4TlvDq8ikWAM",
    "speed": "1.1",
    "volume": "",
    "tone": "calm",
    "language": "en-US",
    "keyterms": ["metformin", "HbA1c"],
    "keyterms-new": "",
    "sensitive_topics": [],
    "sensitive_topics-new": "",
    "post_call_analysis_enabled": "true",
}


@pytest.fixture
def url(workspace: Any) -> str:
    return f"/w/{workspace.slug}/settings/voice"


@pytest.fixture
def stored(sql: Any, workspace: Any) -> Any:
    def read() -> list[tuple[Any, ...]]:
        return sql(
            "select value, version, updated_by from setting where workspace_id = %s",
            (workspace.id,),
        )

    return read


def plain(response: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(text(response)))


def test_admin_saves_and_sees_it_again(as_admin, post, url, stored):
    assert post(as_admin, url, CHANGE).status_code == 303
    value, version, who = stored()[0]
    assert (value["speed"], value["keyterms"], version) == (1.1, ["metformin", "HbA1c"], 1)
    assert who == "Admin Person"
    page = text(as_admin.get(url))
    assert 'value="21m00Tcm4TlvDq8ikWAM"' in page
    assert "Last saved by Admin Person" in page


def test_viewer_reads_text_and_finds_no_form(as_admin, as_viewer, post, url):
    post(as_admin, url, CHANGE)
    page = plain(as_viewer.get(url))
    assert "metformin, HbA1c" in page and "(set here)" in page and "(default)" in page
    assert "Save changes" not in page and "disabled" not in page
    assert 'name="keyterms"' not in page
    assert "Last saved by Admin Person" in page


@pytest.mark.parametrize("role", ["as_member", "as_viewer"])
@pytest.mark.parametrize("path", ["", "/restore"])
def test_role_below_is_refused_and_nothing_changes(request, role, path, post, url, stored):
    client = request.getfixturevalue(role)
    assert post(client, url + path, {**CHANGE, "number": "0"}).status_code == 403
    assert stored() == []


def test_stranger_finds_nothing(as_stranger, post, url, stored):
    for path in ("", "/history", "/preview.wav"):
        assert as_stranger.get(url + path).status_code == 404
    assert post(as_stranger, url, CHANGE).status_code == 404
    assert stored() == []


def test_anonymous_is_sent_to_sign_in(anonymous, url):
    answer = anonymous.get(url)
    assert answer.status_code in (302, 303) and "/sign-in" in answer.headers["Location"]


def test_bad_value_is_422_beside_its_field_and_typed_text_stays(as_admin, post, url, stored):
    answer = post(as_admin, url, {**CHANGE, "speed": "9", "tone": "quite calm"})
    page = text(answer)
    assert answer.status_code == 422
    assert "Enter a number between 0.5 and 2." in page
    assert 'aria-invalid="true"' in page and 'value="quite calm"' in page and 'value="9"' in page
    assert stored() == []


def test_page_and_json_say_the_same(as_admin, post, api, keys, workspace, url):
    for field, value in (("speed", "fast"), ("language", "??"), ("voice_id", "x" * 129)):
        page = plain(post(as_admin, url, {**CHANGE, field: value}))
        answer = api.put(
            f"/v1/{workspace.id}/settings/voice", json={field: value}, headers=keys.admin
        )
        assert answer.status_code == 422
        assert answer.json["detail"][0]["msg"] in page


@pytest.mark.parametrize("bad", ["a\0b", "a\ufffdb"])
def test_unreadable_text_is_an_error(as_admin, post, url, stored, bad):
    for field in ("tone", "keyterms", "keyterms-new"):
        assert post(as_admin, url, {**CHANGE, field: bad}).status_code == 422
    assert stored() == []


def test_invalid_utf8_is_an_error(as_admin, app, url, stored):
    body = f"csrf_token={csrf_token(app)}&version=0&tone=%FF%FE"
    answer = as_admin.post(url, data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422 and "could not be read" in text(answer)
    assert stored() == []


def test_adding_and_removing_keeps_what_was_typed(as_admin, post, url, stored):
    typed = {**CHANGE, "tone": "half a sent", "keyterms-new": "MyChart", "add-keyterms": "1"}
    page = text(post(as_admin, url, typed))
    assert 'value="MyChart"' in page and 'value="half a sent"' in page
    page = text(post(as_admin, url, {**CHANGE, "speed": "9", "remove-keyterms": "HbA1c"}))
    assert 'value="HbA1c"' not in page and 'value="9"' in page
    assert "Enter a number" not in page
    assert stored() == []


def test_text_left_in_the_box_is_saved_too(as_admin, post, url, stored):
    post(as_admin, url, {**CHANGE, "keyterms-new": "MyChart"})
    assert stored()[0][0]["keyterms"] == ["metformin", "HbA1c", "MyChart"]


def test_rows_hold_a_provider_for_each_language(as_admin, post, url, stored):
    name = "language_providers"
    rows = {f"{name}-0-key": "es", f"{name}-0-provider": "groq", f"{name}-0-config": '{"a": 1}',
            f"{name}-1-key": "", f"{name}-1-provider": "", f"{name}-1-config": ""}  # fmt: skip
    post(as_admin, url, {**CHANGE, **rows})
    kept = stored()[0][0][name]
    assert kept == {"es": {"provider": "groq", "config": {"a": 1}}}
    answer = post(as_admin, url, {**CHANGE, **rows, f"{name}-0-provider": "nobody", "version": "1"})
    assert answer.status_code == 422 and "Choose one of these" in text(answer)


def test_stale_save_shows_both_versions_and_keeps_mine(as_admin, as_owner, post, url, stored):
    post(as_owner, url, {**CHANGE, "tone": "serious"})
    answer = post(as_admin, url, {**CHANGE, "tone": "cheerful"})
    page = plain(answer)
    assert answer.status_code == 409
    assert "serious" in page and "cheerful" in page and "Owner Person saved" in page
    assert "Keep mine" in page and "Take theirs" in page
    assert stored()[0][0]["tone"] == "serious"
    post(as_admin, url, {**CHANGE, "tone": "cheerful", "version": "1"})
    assert stored()[0][0]["tone"] == "cheerful"


def test_saving_twice_makes_one_version(as_admin, post, url, stored, sql, workspace):
    assert post(as_admin, url, CHANGE).status_code == 303
    assert post(as_admin, url, CHANGE).status_code == 303
    assert stored()[0][1] == 1
    count = sql("select count(*) from revision where workspace_id = %s", (workspace.id,))
    assert count == [(1,)]


def test_history_tells_who_changed_what_and_restores(as_admin, as_viewer, post, url, stored):
    post(as_admin, url, CHANGE)
    post(as_admin, url, {**CHANGE, "tone": "friendly", "version": "1"})
    page = plain(as_viewer.get(url + "/history"))
    assert "calm" in page and "friendly" in page and "Admin Person" in page
    assert "Restore version" not in page
    back = {"number": "1", "version": "2"}
    assert post(as_admin, url + "/restore", back).status_code == 303
    assert stored()[0][:2] == (dict(stored()[0][0], tone="calm"), 3)
    assert "brought back version 1" in plain(as_viewer.get(url + "/history"))
    assert post(as_admin, url + "/restore", {"number": "0", "version": "2"}).status_code == 409
    assert post(as_admin, url + "/restore", {"number": "99"}).status_code == 404
    assert post(as_admin, url + "/restore", {"number": "x"}).status_code == 422


def test_htmx_gets_the_form_alone_and_a_toast(as_admin, post, url):
    page = text(post(as_admin, url, CHANGE, headers={"HX-Request": "true"}))
    assert "<html" not in page and "settings-form" in page and 'class="toast ok"' in page
    again = post(as_admin, url, {**CHANGE, "speed": "9"}, headers={"HX-Request": "true"})
    assert again.status_code == 422 and "<html" not in text(again)


def test_much_and_strange_text_is_kept_or_refused(as_admin, post, url, stored):
    many = [f"term {n}" for n in range(10_000)]
    answer = post(as_admin, url, {**CHANGE, "keyterms": many})
    assert answer.status_code == 422 and "At most 200 entries fit here." in text(answer)
    assert post(as_admin, url, {**CHANGE, "keyterms": ["😀" * 256]}).status_code == 422
    kept = ["😀" * 128, "مرحبا", "<b>bold</b>", "a, b"]
    assert post(as_admin, url, {**CHANGE, "keyterms": kept}).status_code == 303
    assert stored()[0][0]["keyterms"] == kept
    assert "<b>bold</b>" not in text(as_admin.get(url))
