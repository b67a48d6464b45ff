"""Marking several calls of the list at once."""

import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.calls.test_api import a_call, url
from tests.support import Keys, Place, post, text

from .test_panel import EVERYTHING, events


@pytest.fixture
def three(api: FlaskClient, keys: Keys, workspace: Place) -> list[str]:
    """The ids of three calls."""
    sids = ("T-1", "T-2", "T-3")
    return [
        api.post(url(workspace), headers=keys.member, json=a_call(sid)).json["id"] for sid in sids
    ]


def ticked(place: Place) -> str:
    return f"/w/{place.slug}/calls/ticked"


def test_ticked_calls_are_marked_and_unmarked_and_the_filter_stays(
    as_member: FlaskClient, workspace: Place, three: list[str], sql: Any
) -> None:
    done = post(as_member, ticked(workspace) + "?direction=inbound", {"call": three[:2]})
    assert done.status_code == 303
    assert done.headers["Location"] == f"/w/{workspace.slug}/calls?direction=inbound"
    assert "2 calls are marked as reviewed." in text(as_member.get(done.headers["Location"]))
    marked = "select count(*) from call where workspace_id = %s and reviewed_by = 'Member Person'"
    assert sql(marked, (workspace.id,)) == [(2,)]
    post(as_member, ticked(workspace), {"call": three, "do": "undo"})
    assert sql(marked, (workspace.id,)) == [(0,)]
    assert [name for name, _ in events(sql, workspace)] == ["call.review"] * 2 + [
        "call.unreview"
    ] * 2


def test_nothing_ticked_is_told(as_member: FlaskClient, workspace: Place) -> None:
    assert post(as_member, ticked(workspace)).status_code == 303
    assert "No call was ticked." in text(as_member.get(f"/w/{workspace.slug}/calls"))


def test_one_foreign_call_among_them_and_none_is_marked(
    as_member: FlaskClient, workspace: Place, three: list[str], foreign: str, sql: Any
) -> None:
    for wrong in (foreign, str(uuid.uuid4()), "T-1"):
        assert post(as_member, ticked(workspace), {"call": [*three, wrong]}).status_code == 404
    assert events(sql, workspace) == []
    assert sql(EVERYTHING, (foreign,))[0][0]["reviewed_at"] is None


def test_viewer_sees_nothing_to_tick(
    as_member: FlaskClient, as_viewer: FlaskClient, workspace: Place, three: list[str]
) -> None:
    listed = f"/w/{workspace.slug}/calls"
    assert text(as_member.get(listed)).count('name="call"') == 3
    page = text(as_viewer.get(listed))
    assert three[0] in page and 'name="call"' not in page and "Mark as reviewed" not in page
    assert post(as_viewer, ticked(workspace), {"call": three}).status_code == 403
