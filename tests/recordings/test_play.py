"""Recordings are heard: in ranges, by who may, and every play is noted."""

import pytest

from app.core import files as private_files
from tests.calls.test_api import a_call
from tests.recordings import sounds
from tests.recordings.conftest import some_id
from tests.support import sign_in, text

ROLES = ("viewer", "member", "admin", "owner")


@pytest.fixture
def stored(call, put):
    """The recording of CA1, ten seconds long."""
    body = sounds.wav(10)
    assert put(body).status_code == 201
    return body


@pytest.fixture
def get(api, keys, workspace):
    """Ask for the recording of CA1, or for what is below its address."""

    def ask(rest="", role="viewer", sid="CA1", **headers):
        url = f"/v1/{workspace.id}/recordings/{sid}{rest}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return api.get(url, headers={**keys[role], **named}, buffered=True)

    return ask


@pytest.mark.parametrize(("kind", "media"), [
    ("wav", "audio/wav"), ("mp3", "audio/mpeg"), ("opus", "audio/ogg"),
])  # fmt: skip
def test_it_comes_back_as_it_was_sent(call, put, get, kind, media):
    body = getattr(sounds, kind)()
    put(body)
    heard = get()
    assert heard.status_code == 200 and heard.data == body
    assert heard.headers["Content-Type"] == media
    assert heard.headers["Content-Length"] == str(len(body))
    assert heard.headers["X-Content-Type-Options"] == "nosniff"
    assert heard.headers["Cache-Control"] == "private, no-store"
    assert heard.headers["Accept-Ranges"] == "bytes"
    assert heard.headers["Content-Disposition"].startswith('inline; filename="call-1.')
    assert get("?download=1").headers["Content-Disposition"].startswith("attachment;")


def test_everybody_here_hears_it_on_the_page(stored, app, cast, call, workspace):
    for role in ROLES:
        client = sign_in(app, cast.people[role])
        heard = client.get(f"/w/{workspace.slug}/calls/{call['id']}/recording", buffered=True)
        assert heard.status_code == 200 and heard.data == stored, role


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-99", 0, 99), ("bytes=100-199", 100, 199), ("bytes=-50", -50, -1),
     ("bytes=0-99999999", 0, -1)],
)  # fmt: skip
def test_a_part_is_a_part(stored, get, asked, first, last):
    size = len(stored)
    first, last = (at % size for at in (first, last))
    part = get(Range=asked)
    assert part.status_code == 206
    assert part.data == stored[first : last + 1]
    assert part.headers["Content-Range"] == f"bytes {first}-{last}/{size}"
    assert part.headers["Content-Length"] == str(len(part.data))


def test_a_range_without_an_end_comes_in_pieces(stored, get, monkeypatch):
    monkeypatch.setattr(private_files, "PIECE", 100_000)
    heard, pieces = b"", 0
    while len(heard) < len(stored):
        part = get(Range=f"bytes={len(heard)}-")
        assert part.status_code == 206 and len(part.data) <= 100_000
        heard, pieces = heard + part.data, pieces + 1
    assert heard == stored and pieces == 4


def test_what_lies_behind_the_end_is_416(stored, get):
    refused = get(Range=f"bytes={len(stored)}-")
    assert refused.status_code == 416
    assert refused.headers["Content-Range"] == f"bytes */{len(stored)}"


def test_several_ranges_at_once_are_the_whole(stored, get):
    whole = get(Range="bytes=0-9,20-29")
    assert whole.status_code == 200 and whole.data == stored


def test_a_range_of_another_recording_is_not_mixed_in(stored, get):
    etag = get(Range="bytes=0-9").headers["ETag"]
    assert get(Range="bytes=0-9", If_Range=etag).status_code == 206
    whole = get(Range="bytes=0-9", If_Range='"another"')
    assert whole.status_code == 200 and whole.data == stored


def test_a_call_without_one_says_so(call, get, as_viewer, workspace):
    assert get().status_code == get("/metadata").status_code == 404
    assert get().json["detail"] == "This call has no recording."
    assert get(sid="nothing").status_code == get(sid=some_id()).status_code == 404
    assert as_viewer.get(f"/w/{workspace.slug}/calls/CA1/recording").status_code == 404


def test_a_lost_file_is_told_plainly(stored, get, home, rows, events):
    [(key, *_)] = rows()
    (home / key[:2] / key).unlink()
    lost = get()
    assert lost.status_code == 410 and "backup" in lost.json["detail"]
    assert get("/metadata").status_code == 200
    assert events("recording.play") == []


def test_a_link_in_place_of_the_file_leads_nowhere(stored, get, home, rows, tmp_path):
    [(key, *_)] = rows()
    secret, path = tmp_path / "secret", home / key[:2] / key
    secret.write_text("nobody's business")
    path.unlink()
    path.symlink_to(secret)
    assert get().status_code == 410
    path.unlink()
    path.mkdir()
    assert get().status_code == 410


@pytest.mark.parametrize("key", [
    "../../../../../../etc/passwd", "..", "a" * 63, "A" * 64, "a" * 64 + "\n", "/etc/passwd",
])  # fmt: skip
def test_a_key_that_is_none_opens_no_file(stored, get, sql, workspace, key):
    sql("update recording set key = %s where workspace_id = %s", (key, workspace.id))
    assert get().status_code == 410


def test_the_key_of_another_workspace_opens_no_file(stored, get, sql, cast, api, workspace, rows):
    theirs = f"/v1/{cast.other.id}"
    api.post(f"{theirs}/calls", json=a_call(), headers=cast.keys.stranger)
    api.put(f"{theirs}/recordings/CA1", data=sounds.wav(tone=300), headers=cast.keys.stranger)
    [(key,)] = sql("select key from recording where workspace_id = %s", (cast.other.id,))
    sql("update recording set key = %s where workspace_id = %s", (key, workspace.id))
    assert get().status_code == 410


@pytest.mark.parametrize("path", ["/static/{}", "/static/../recordings/{}", "/recordings/{}", "/{}",
                                  "/static/..%2f..%2f{}", "/v1/{}", "/w/{}"])  # fmt: skip
def test_no_other_address_leads_to_the_file(stored, anonymous, as_owner, workspace, rows, path):
    [(key, *_)] = rows()
    for client in (anonymous, as_owner):
        found = client.get(path.format(f"{workspace.id}/{key[:2]}/{key}"))
        assert found.status_code in (302, 401, 404) and stored not in found.data


def test_what_is_known_of_it(stored, get, call, keys, events):
    known = get("/metadata").json
    assert (known["call_id"], known["call_sid"]) == (call["id"], "CA1")
    assert (known["format"], known["content_type"]) == ("wav", "audio/wav")
    assert (known["channels"], known["sample_rate"]) == (2, 8000)
    assert known["bytes"] == len(stored) and known["duration_seconds"] == 10
    assert known["uploaded_by"].startswith("member key") and known["uploaded_at"]
    assert len(events("recording.read")) == 1 and events("recording.play") == []


def test_a_play_is_noted_once_however_many_pieces(stored, get, call, events):
    for first in (0, 10_000, 20_000, 50_000):
        get(Range=f"bytes={first}-{first + 999}")
    [(who, kind, ident)] = events("recording.play")
    assert who.startswith("viewer key") and (kind, ident) == ("call", call["id"])


def test_a_player_that_asks_for_two_bytes_first_plays_once(stored, get, events):
    get(Range="bytes=0-1")
    get(Range="bytes=0-")
    assert len(events("recording.play")) == 1


def test_a_play_that_begins_in_the_middle_is_noted(stored, get, events):
    get(Range="bytes=10000-10999")
    assert len(events("recording.play")) == 1


def test_everybody_who_plays_it_is_noted(stored, get, as_member, call, workspace, events):
    get(role="viewer")
    get(role="owner")
    as_member.get(f"/w/{workspace.slug}/calls/{call['id']}/recording", buffered=True)
    assert [who.split()[0] for who, *_ in events("recording.play")] == ["viewer", "owner", "Member"]


def test_a_play_from_the_beginning_is_another_play(stored, get, sql, workspace, events):
    get(Range="bytes=0-")
    _age(sql, workspace, "1 minute")
    get(Range="bytes=5000-5999")
    assert len(events("recording.play")) == 1
    get(Range="bytes=0-")
    assert len(events("recording.play")) == 2
    _age(sql, workspace, "6 minutes")
    get(Range="bytes=5000-5999")
    assert len(events("recording.play")) == 3


def _age(sql, workspace, interval):
    """Let what was noted be older, as the maintenance role alone can."""
    sql("update audit_event set at = at - %s::interval where workspace_id = %s and action ="
        " 'recording.play'", (interval, workspace.id))  # fmt: skip


def test_to_ask_for_the_head_alone_is_no_play(stored, api, keys, workspace, events):
    head = api.head(f"/v1/{workspace.id}/recordings/CA1", headers=keys.viewer, buffered=True)
    assert head.status_code == 200 and head.data == b""
    assert head.headers["Content-Length"] == str(len(stored))
    assert events("recording.play") == []


def test_a_range_that_is_refused_is_no_play(stored, get, events):
    get(Range="bytes=99999999-")
    assert events("recording.play") == []


def test_who_lost_the_role_hears_nothing_more(stored, as_member, keys, api, cast, sql, workspace):
    page, url = f"/w/{workspace.slug}/calls/CA1/recording", f"/v1/{workspace.id}/recordings/CA1"
    assert as_member.get(page, buffered=True).status_code == 200
    sql("delete from api_key where workspace_id = %s and role = 'member'", (workspace.id,))
    sql("delete from account where workspace_id = %s and role = 'member'", (workspace.id,))
    assert as_member.get(page, headers={"Range": "bytes=100-"}).status_code == 404
    assert api.get(url, headers=keys.member).status_code == 401
    sql("update workspace set archived_at = now() where id = %s", (workspace.id,))
    assert api.get(url, headers=keys.owner).status_code == 401


def test_the_page_shows_the_player_and_no_sound_before_it_is_asked_for(
    stored, as_viewer, call, workspace, events, work
):
    work()
    page = text(as_viewer.get(f"/w/{workspace.slug}/calls/{call['id']}"))
    assert (
        f'<audio controls preload="none" src="/w/{workspace.slug}/calls/{call["id"]}/recording"'
        in page
    )
    assert 'class="wave wave-2"' in page and "recording/new" not in page
    assert events("recording.play") == []


def test_a_viewer_of_a_call_without_one_is_told_quietly(call, as_viewer, workspace):
    page = text(as_viewer.get(f"/w/{workspace.slug}/calls/{call['id']}"))
    assert "This call has no recording." in page
    assert "<audio" not in page and "recording/new" not in page
