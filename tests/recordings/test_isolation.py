"""Nobody hears, keeps or learns of a recording of another workspace, whichever way they try."""

import io

import pytest

from tests.calls.test_api import a_call
from tests.core.test_matrix import anonymised
from tests.recordings import sounds
from tests.recordings.conftest import some_id
from tests.support import post, sign_in

TRAVERSALS = ("..", "%2e%2e", "..%2fCA1", "....//CA1", "CA1/../CA1", "~", "incoming")


@pytest.fixture
def theirs(api, cast):
    """A recorded call of the other workspace, under the same call_sid as ours and its id."""
    there, key = f"/v1/{cast.other.id}", cast.keys.stranger
    made = api.post(f"{there}/calls", json=a_call(), headers=key).json
    stored = api.put(f"{there}/recordings/CA1", data=sounds.wav(tone=300), headers=key)
    assert stored.status_code == 201
    return made["id"]


def test_class_16_a_foreign_guessed_or_walking_name_finds_no_recording(
    api, app, cast, keys, call, theirs, workspace, files
) -> None:
    here = f"/v1/{workspace.id}/recordings"
    absent = anonymised(api.get(f"{here}/{some_id()}", headers=keys.owner))
    assert absent[0] == 404
    for name in (theirs, *TRAVERSALS):
        for rest in ("", "/metadata"):
            found = api.get(f"{here}/{name}{rest}", headers=keys.owner)
            assert found.status_code == 404, name
        if name == theirs:
            assert anonymised(api.get(f"{here}/{name}", headers=keys.owner)) == absent
        assert api.put(f"{here}/{name}", data=sounds.wav(), headers=keys.owner).status_code == 404
    client = sign_in(app, cast.people["owner"])
    for name in (theirs, *TRAVERSALS):
        assert client.get(f"/w/{workspace.slug}/calls/{name}/recording").status_code == 404
    assert files() == []


def test_the_others_workspace_is_closed_to_everybody_here(api, app, cast, keys, theirs) -> None:
    for role in ("viewer", "member", "admin", "owner"):
        url = f"/v1/{cast.other.id}/recordings/CA1"
        assert api.get(url, headers=keys[role]).status_code == 404
        assert api.get(f"{url}/metadata", headers=keys[role]).status_code == 404
        assert api.put(url, data=sounds.wav(), headers=keys[role]).status_code == 404
        client = sign_in(app, cast.people[role])
        page = f"/w/{cast.other.slug}/calls/CA1/recording"
        assert client.get(page).status_code == 404
        sent = {"recording": (io.BytesIO(sounds.wav()), "a.wav")}
        assert post(client, f"{page}/new", sent).status_code == 404


def test_the_same_name_in_two_workspaces_is_two_recordings(
    api, cast, keys, call, put, theirs, workspace
) -> None:
    assert put(sounds.wav()).status_code == 201
    for place, key, tone in ((workspace, keys.viewer, 440), (cast.other, keys.stranger, 300)):
        heard = api.get(f"/v1/{place.id}/recordings/CA1", headers=key, buffered=True)
        assert heard.data == sounds.wav(tone=tone)


def test_to_hear_a_recording_is_no_right_to_keep_one(api, keys, call, put, sql, workspace) -> None:
    put(sounds.wav())
    url = f"/v1/{workspace.id}/recordings/CA1"
    for method in ("put", "post", "patch", "delete"):
        refused = getattr(api, method)(url, data=sounds.wav(tone=300), headers=keys.viewer)
        assert refused.status_code in (403, 405)
    assert api.get(url, headers=keys.viewer, buffered=True).data == sounds.wav()
    sql("update api_key set permissions = %s where workspace_id = %s and role = 'owner'",
        ('["Call.view"]', workspace.id))  # fmt: skip
    assert api.get(url, headers=keys.owner).status_code == 403
