"""Recordings come in: through the API, with a call, and by people."""

import hashlib
import io
import json
import stat
import struct
import zlib

import pytest

from app.recordings import folder
from tests.calls.test_api import a_call
from tests.recordings import sounds
from tests.recordings.conftest import some_id
from tests.support import post, text


@pytest.mark.parametrize(
    ("name", "kind", "rate"),
    [("wav", "wav", 8000), ("mulaw", "wav", 8000), ("mp3", "mp3", 8000), ("opus", "ogg", 8000)],
)
def test_a_recording_is_kept_whole(call, put, home, files, rows, has_recording, name, kind, rate):
    body = getattr(sounds, name)()
    answer = put(body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 201, answer.data
    assert answer.json["format"] == kind
    assert answer.json["sha256"] == hashlib.sha256(body).hexdigest()
    assert (answer.json["call_sid"], answer.json["channels"]) == ("CA1", 2)
    assert answer.json["duration_seconds"] == pytest.approx(2, abs=0.2)
    [(key, stored, size, channels, sample_rate, _length)] = rows()
    assert (stored, size, channels, sample_rate) == (kind, len(body), 2, rate)
    assert files() == [key] and (home / key[:2] / key).read_bytes() == body
    assert has_recording()


def test_nobody_else_on_the_machine_may_read_the_folder(call, put, home, rows):
    put(sounds.wav())
    [(key, *_)] = rows()
    for path in (home, home / key[:2]):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / key[:2] / key).stat().st_mode) == 0o600


def test_the_key_is_told_to_nobody(call, put, api, as_member, keys, workspace, rows):
    told = [put(sounds.wav()).data]
    [(key, *_)] = rows()
    told += [api.get(f"/v1/{workspace.id}/{path}", headers=keys.owner).data for path in (
        "recordings/CA1/metadata", "calls/CA1", "calls")]  # fmt: skip
    told.append(as_member.get(f"/w/{workspace.slug}/calls/CA1").data)
    assert not any(key.encode() in content for content in told)


def test_the_call_id_names_it_as_well(call, put):
    assert put(sounds.wav(), sid=call["id"]).status_code == 201


def test_a_running_call_takes_its_recording(api, keys, workspace, put):
    running = a_call(status="in-progress", ended_at=None)
    assert (
        api.post(f"/v1/{workspace.id}/calls", json=running, headers=keys.member).status_code == 201
    )
    assert put(sounds.wav()).status_code == 201
    ended = {"status": "completed", "ended_at": "2026-11-20T09:02:00Z"}
    api.patch(f"/v1/{workspace.id}/calls/CA1", json=ended, headers=keys.member)
    assert api.get(f"/v1/{workspace.id}/calls/CA1", headers=keys.viewer).json["has_recording"]


def test_the_same_recording_again_is_harmless(call, put, files, rows, events):
    first, again = put(sounds.wav()), put(sounds.wav())
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json == first.json
    assert len(files()) == len(rows()) == len(events("recording.create")) == 1


def test_another_recording_of_the_call_is_refused(call, put, files, rows):
    put(sounds.wav())
    refused = put(sounds.wav(tone=300))
    assert refused.status_code == 409 and "never replaced" in refused.json["detail"]
    [(key, *_)] = rows()
    assert files() == [key]


def test_a_file_that_was_lost_can_be_sent_again(call, put, home, rows, files):
    put(sounds.wav())
    [(lost, *_)] = rows()
    (home / lost[:2] / lost).unlink()
    assert put(sounds.wav(tone=300)).status_code == 409
    assert put(sounds.wav()).status_code == 201
    [(key, *_)] = rows()
    assert key != lost and files() == [key]


def test_an_unknown_call_takes_none(put, files):
    assert put(sounds.wav(), sid="CA-unknown").status_code == 404
    assert put(sounds.wav(), sid=some_id()).status_code == 404
    assert files() == []


def test_a_viewer_keeps_nothing(call, put, files, as_viewer, workspace):
    assert put(sounds.wav(), role="viewer").status_code == 403
    sent = {"recording": (io.BytesIO(sounds.wav()), "a.wav")}
    url = f"/w/{workspace.slug}/calls/CA1/recording/new"
    assert post(as_viewer, url, sent).status_code == 403
    assert files() == []


def zipped(size: int) -> bytes:
    return b"PK\x03\x04" + zlib.compress(b"\0" * size)


def gzip_bomb() -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    return squeeze.compress(b"\0" * 50_000_000) + squeeze.flush()


@pytest.mark.parametrize(
    "body",
    [b" ", b"<!doctype html><script>alert(1)</script>" * 50, zipped(9_000), gzip_bomb(),
     b"\x7fELF" + b"\0" * 400, sounds.encoded("FLAC", "PCM_16"), b"RIFF\0\0\0\0AVI LIST"],
    ids=["a space", "html", "zip", "gzip bomb", "program", "flac", "film"],
)  # fmt: skip
def test_what_is_no_recording_is_told_so(call, put, files, rows, has_recording, body):
    refused = put(body)
    assert refused.status_code == 415, refused.data
    assert "WAV, MP3 or Ogg/Opus" in refused.json["detail"]
    assert files() == [] and rows() == [] and not has_recording()


def promising(size: int) -> bytes:
    body = bytearray(sounds.wav())
    at = body.index(b"data") + 4
    body[at : at + 4] = struct.pack("<I", size)
    return bytes(body)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [(sounds.wav()[:9_000], "promises 64,000 bytes"), (promising(0xFFFFFFFF), "4,294,967,295"),
     (sounds.wav()[:36], "no sound"), (promising(0), "no sound"),
     (sounds.mp3(20)[:20_000], "cut off"), (sounds.opus()[:-400], "cut off"),
     (b"ID3" + b"<html>" * 3_000, "no sound could be read"),
     (b"\xff\xfb" + bytes(range(256)) * 99, "no sound could be read"),
     (b"OggS" + b"\0" * 9_000, "no sound could be read"),
     (sounds.encoded("WAV", "MS_ADPCM"), "cannot play")],
    ids=["wav cut off", "a stream's header", "header alone", "empty", "mp3 cut off", "ogg cut off",
         "html as mp3", "noise as mp3", "nothing as ogg", "a kind browsers do not play"],
)  # fmt: skip
def test_a_broken_recording_is_told_what_is_wrong(call, put, files, rows, body, sentence):
    refused = put(body)
    assert refused.status_code == 422, refused.data
    [problem] = refused.json["detail"]
    assert problem["loc"] == ["recording"] and sentence in problem["msg"]
    assert files() == [] and rows() == []


def test_a_day_is_the_longest(call, put, files):
    refused = put(sounds.opus_claiming(25))
    assert refused.status_code == 422 and "at most 24 hours" in refused.json["detail"][0]["msg"]
    assert files() == []


def test_above_200_mb_is_refused_before_it_is_read(call, put, files):
    huge = {"CONTENT_LENGTH": str(folder.MOST_BYTES + 1)}
    refused = put(b"RIFF", environ_overrides=huge)
    assert refused.status_code == 413 and "200 MB" in refused.json["detail"]
    assert files() == []


def test_without_a_length_it_is_411(call, put, files):
    refused = put(b"RIFF", headers={"Transfer-Encoding": "chunked"})
    assert refused.status_code == 411 and "Content-Length" in refused.json["detail"]
    assert files() == []


def test_a_body_that_breaks_off_leaves_nothing(call, put, files, rows):
    short = {"CONTENT_LENGTH": str(len(sounds.wav()) + 1)}
    assert put(sounds.wav(), environ_overrides=short).status_code == 400
    assert files() == [] and rows() == []


def form(sid: str = "CA9", sound: bytes | None = None, **more: object) -> dict[str, object]:
    sent: dict[str, object] = {"call": json.dumps(a_call(sid, **more))}
    if sound is not None:
        sent["recording"] = (io.BytesIO(sound), "call.wav")
    return sent


def test_a_call_comes_with_its_recording(api, keys, workspace, files, rows):
    url = f"/v1/{workspace.id}/calls"
    stored = api.post(url, data=form(sound=sounds.wav()), headers=keys.member)
    assert stored.status_code == 201, stored.data
    assert stored.json["has_recording"] is True
    assert len(files()) == len(rows()) == 1
    again = api.post(url, data=form(sound=sounds.wav()), headers=keys.member)
    assert again.status_code == 200 and again.json == stored.json
    assert api.post(url, data=form(sound=sounds.mp3()), headers=keys.member).status_code == 409
    assert len(files()) == len(rows()) == 1


def test_a_form_may_hold_the_call_alone(api, keys, workspace):
    url = f"/v1/{workspace.id}/calls"
    stored = api.post(url, data=form(), headers=keys.member, content_type="multipart/form-data")
    assert stored.status_code == 201 and stored.json["has_recording"] is False


@pytest.mark.parametrize(
    ("sent", "status"),
    [(form(sound=b"<html>"), 415), (form(sound=sounds.wav()[:900]), 422),
     (form(sound=sounds.wav(), direction="sideways"), 422),
     ({"recording": (io.BytesIO(sounds.wav()), "call.wav")}, 400)],
    ids=["no recording", "a broken one", "a wrong call", "no call"],
)  # fmt: skip
def test_with_a_call_both_are_stored_or_neither(
    api, keys, workspace, files, rows, sql, sent, status
):
    refused = api.post(f"/v1/{workspace.id}/calls", data=sent, headers=keys.member)
    assert refused.status_code == status, refused.data
    assert files() == [] and rows() == []
    assert sql("select count(*) from call where workspace_id = %s", (workspace.id,)) == [(0,)]


def test_a_key_that_may_only_store_calls_stores_no_recording(api, keys, workspace, sql, files):
    narrow = json.dumps(["Call.create", "Call.view"])
    sql("update api_key set permissions = %s where workspace_id = %s", (narrow, workspace.id))
    refused = api.post(
        f"/v1/{workspace.id}/calls", data=form(sound=sounds.wav()), headers=keys.member
    )
    assert refused.status_code == 403
    assert (
        files() == [] and sql("select 1 from call where workspace_id = %s", (workspace.id,)) == []
    )


def test_a_member_uploads_on_the_page_of_the_call(call, as_member, workspace, files, events):
    page = text(as_member.get(f"/w/{workspace.slug}/calls/{call['id']}"))
    assert f"/calls/{call['id']}/recording/new" in page and "No recording yet" in page
    url = f"/w/{workspace.slug}/calls/{call['id']}/recording/new"
    assert as_member.get(url).status_code == 200
    done = post(as_member, url, {"recording": (io.BytesIO(sounds.wav()), "../../etc/passwd")})
    assert done.status_code == 303 and done.location.endswith(call["id"])
    page = text(as_member.get(done.location))
    assert "The recording is stored." in page and "<audio" in page
    assert len(files()) == 1
    [(who, kind, ident)] = events("recording.create")
    assert (who, kind, ident) == ("Member Person", "call", call["id"])


@pytest.mark.parametrize(
    ("sound", "status", "sentence"),
    [(None, 422, "Choose a recording"), (b"<html>", 415, "no recording that Ward can keep"),
     (sounds.wav()[:900], 422, "promises 64,000 bytes")],
)  # fmt: skip
def test_a_wrong_file_is_told_beside_the_field(
    call, as_member, workspace, files, sound, status, sentence
):
    url = f"/w/{workspace.slug}/calls/CA1/recording/new"
    sent = {"recording": (io.BytesIO(sound), "a.wav")} if sound else {}
    refused = post(as_member, url, sent, content_type="multipart/form-data")
    assert refused.status_code == status
    page = text(refused)
    assert sentence in page and 'aria-invalid="true"' in page and "<h1" in page
    part = post(as_member, url, {**sent, **({"recording": (io.BytesIO(sound), "a.wav")} if sound else {})},
                content_type="multipart/form-data", headers={"HX-Request": "true"})  # fmt: skip
    assert part.status_code == 422 and sentence in text(part) and "<h1" not in text(part)
    assert files() == []


def test_an_upload_without_its_token_is_refused(call, as_member, workspace, files):
    url = f"/w/{workspace.slug}/calls/CA1/recording/new"
    sent = {"recording": (io.BytesIO(sounds.wav()), "a.wav"), "csrf_token": "forged"}
    assert as_member.post(url, data=sent, content_type="multipart/form-data").status_code == 400
    assert files() == []


def test_files_are_taken_nowhere_else(as_member, workspace):
    sent = {"file": (io.BytesIO(b"x"), "x.txt")}
    refused = post(as_member, f"/w/{workspace.slug}/calls/CA1/tags", sent,
                   content_type="multipart/form-data")  # fmt: skip
    assert refused.status_code == 400 and "No file can be sent here." in text(refused)
