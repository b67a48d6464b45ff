"""GET and PUT /v1/<workspace>/settings/voice."""

from typing import Any

import pytest


@pytest.fixture
def url(workspace: Any) -> str:
    return f"/v1/{workspace.id}/settings/voice"


def test_defaults_before_anybody_saved(api, keys, url):
    answer = api.get(url, headers=keys.viewer)
    assert answer.status_code == 200
    body = answer.json
    assert body["speed"] is None and body["language"] == "en" and body["keyterms"] == []
    assert body["post_call_analysis_enabled"] is True and body["version"] == 0
    assert len(body) == 16


def test_put_keeps_what_is_left_out_and_null_resets(api, keys, url):
    first = api.put(url, json={"speed": 1.5, "tone": "calm", "language": "es"}, headers=keys.admin)
    assert first.status_code == 200 and first.headers["ETag"] == '"1"'
    second = api.put(url, json={"speed": None, "language": None}, headers=keys.admin).json
    assert (second["speed"], second["tone"], second["language"]) == (None, "calm", "en")


def test_what_get_gives_put_takes(api, keys, url):
    api.put(url, json={"keyterms": ["a"]}, headers=keys.admin)
    body = api.get(url, headers=keys.admin).json
    assert api.put(url, json=body, headers=keys.admin).json == body


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_role_below_is_refused(api, keys, url, role):
    assert api.put(url, json={"speed": 1.5}, headers=keys[role]).status_code == 403
    assert api.get(url, headers=keys[role]).json["version"] == 0


def test_stranger_finds_nothing(api, keys, url):
    assert api.get(url, headers=keys.stranger).status_code == 404
    assert api.put(url, json={"speed": 1.5}, headers=keys.stranger).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"speed": 2.01}, {"speed": True and "x"}, {"volume": -0.1}, {"keyterms": ["x"] * 201},
        {"keyterms": [""]}, {"keyterms": ["x" * 129]}, {"keyterms": "x"}, {"language": "?"},
        {"tts_provider": "nobody"}, {"unknown": 1}, {"tts_config": []}, {"voice_id": "a\0"},
        {"language_providers": {"es": {}}}, {"version": "x"}, {"sensitive_topics": ["x"] * 51},
    ],
)  # fmt: skip
def test_bad_values_are_422_and_nothing_changes(api, keys, url, body):
    answer = api.put(url, json=body, headers=keys.admin)
    assert answer.status_code == 422
    assert all(problem["loc"][0] == "body" and problem["msg"] for problem in answer.json["detail"])
    assert api.get(url, headers=keys.admin).json["version"] == 0


def test_stale_version_is_409(api, keys, url):
    api.put(url, json={"speed": 1.5}, headers=keys.admin)
    assert api.put(url, json={"speed": 1, "version": 0}, headers=keys.admin).status_code == 409
    matched = {**keys.admin, "If-Match": '"0"'}
    assert api.put(url, json={"speed": 1}, headers=matched).status_code == 409
    assert api.get(url, headers=keys.admin).json["speed"] == 1.5
    matched["If-Match"] = '"1"'
    assert api.put(url, json={"speed": 1}, headers=matched).status_code == 200


def test_change_revision_and_audit_stand_together(api, keys, url, sql, workspace):
    api.put(url, json={"speed": 1.5}, headers=keys.admin)
    found = sql(
        "select before, after, actor_kind, outcome from audit_event"
        " where workspace_id = %s and action = 'voice_settings.update'",
        (workspace.id,),
    )
    assert found == [({"speed": None}, {"speed": 1.5}, "key", "ok")]
    changed = sql("select number, changed from revision where workspace_id = %s", (workspace.id,))
    assert changed == [(1, {"speed": {"before": None, "after": 1.5}})]
