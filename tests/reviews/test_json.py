"""Working on calls as JSON."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.calls.test_api import url
from tests.support import Cast, Keys, Place

from .test_panel import EVERYTHING

WRITES: dict[str, tuple[str, str, Any]] = {
    "review": ("PUT", "review", None),
    "undo": ("DELETE", "review", None),
    "assign": ("PUT", "assignee", {"account_id": "ADMIN"}),
    "unassign": ("DELETE", "assignee", None),
    "tags": ("PUT", "tags", {"tags": ["call back"]}),
    "note": ("POST", "notes", {"text": "Call the pharmacy.", "mentions": ["ADMIN"]}),
}
REVIEW = {"call_id", "reviewed_at", "reviewed_by", "assignee", "assigned_by", "assigned_at", "tags"}


def send(
    api: FlaskClient, key: dict[str, str], place: Place, call: str, name: str, admin: str
) -> Any:
    method, rest, body = WRITES[name]
    if body is not None:
        body = {
            k: admin if v == "ADMIN" else [admin] if v == ["ADMIN"] else v for k, v in body.items()
        }
    return api.open(f"{url(place)}/{call}/{rest}", method=method, headers=key, json=body)


def test_a_call_is_worked_on_by_json(
    api: FlaskClient, cast: Cast, keys: Keys, workspace: Place, call: str
) -> None:
    admin = str(cast.people["admin"].accounts[workspace.slug])
    got = {
        name: send(api, keys.member, workspace, call, name, admin)
        for name in WRITES
        if name != "undo"
    }
    assert {name: answer.status_code for name, answer in got.items()} == {
        "review": 200, "assign": 200, "unassign": 204, "tags": 200, "note": 201,
    }  # fmt: skip
    assert set(got["review"].json) == REVIEW
    assert got["assign"].json["assignee"] == {"account_id": admin, "name": "Admin Person"}
    assert got["note"].json["mentions"] == [{"account_id": admin, "name": "Admin Person"}]
    state = api.get(f"{url(workspace)}/{call}/review", headers=keys.viewer).json
    assert state["reviewed_by"].startswith("member key") and state["tags"] == ["call back"]
    assert state["assignee"] is None
    notes = api.get(f"{url(workspace)}/WORK-1/notes", headers=keys.viewer).json["items"]
    assert notes == [got["note"].json]
    assert send(api, keys.member, workspace, call, "undo", admin).status_code == 204
    assert (
        api.get(f"{url(workspace)}/{call}/review", headers=keys.viewer).json["reviewed_at"] is None
    )


@pytest.mark.parametrize("name", WRITES)
def test_viewer_keys_and_foreign_calls_change_nothing(
    api: FlaskClient, cast: Cast, keys: Keys, workspace: Place, other: Place, call: str, foreign: str,
    sql: Any, name: str,
) -> None:  # fmt: skip
    admin = str(cast.people["admin"].accounts[workspace.slug])
    before = sql(EVERYTHING, (call,)), sql(EVERYTHING, (foreign,))
    assert send(api, keys.viewer, workspace, call, name, admin).status_code == 403
    assert send(api, keys.owner, workspace, foreign, name, admin).status_code == 404
    assert send(api, keys.stranger, workspace, call, name, admin).status_code == 404
    assert (sql(EVERYTHING, (call,)), sql(EVERYTHING, (foreign,))) == before


@pytest.mark.parametrize("name", ["assign", "note"])
def test_a_foreign_account_is_404_and_nothing_changes(
    api: FlaskClient,
    cast: Cast,
    keys: Keys,
    workspace: Place,
    other: Place,
    call: str,
    sql: Any,
    name: str,
) -> None:
    stranger = str(cast.people["stranger"].accounts[other.slug])
    before = sql(EVERYTHING, (call,))
    assert send(api, keys.owner, workspace, call, name, stranger).status_code == 404
    assert sql(EVERYTHING, (call,)) == before


def test_the_whole_list_of_tags_is_set_folded_and_bounded(
    api: FlaskClient, keys: Keys, workspace: Place, call: str
) -> None:
    where = f"{url(workspace)}/{call}/tags"
    for tags, kept in (
        (["Billing", "#billing", " call  back"], ["billing", "call back"]),
        ([], []),
    ):
        answer = api.put(where, headers=keys.member, json={"tags": tags})
        assert answer.json["tags"] == kept
    for wrong in (["a,b"], [" "], ["x" * 41], [f"t{n}" for n in range(21)], "billing", None):
        refused = api.put(where, headers=keys.member, json={"tags": wrong})
        assert refused.status_code == 422, wrong
        assert refused.json["detail"][0]["loc"][:2] == ["body", "tags"]
