"""Full disks, readers that die, rows that fail: nothing is half-kept."""

import dataclasses
import errno
import io
import os
import subprocess
from pathlib import Path

import psycopg
import pytest

from app.core import files as core_files
from app.recordings import folder, sound
from tests.recordings import sounds
from tests.support import post, text

MIB = 1024 * 1024


def is_upload(descriptor):
    return Path(f"/proc/self/fd/{descriptor}").readlink().suffix == ".part"


@pytest.fixture(params=[errno.ENOSPC, errno.EDQUOT], ids=["full", "quota"])
def full(request, monkeypatch):
    """The system refuses to write more of an upload than 10,000 bytes: no room, or no share."""
    real, written = os.write, {}

    def write(descriptor, content):
        if is_upload(descriptor):
            written[descriptor] = written.get(descriptor, 0) + len(content)
            if written[descriptor] > 10_000:
                raise OSError(request.param, "no room")
        return real(descriptor, content)

    monkeypatch.setattr(os, "write", write)


def test_a_full_disk_is_507_and_leaves_nothing(full, call, put, files, rows, has_recording):
    refused = put(sounds.wav())
    assert refused.status_code == 507 and "no room left" in refused.json["detail"]
    assert refused.json["error_code"] == "storage_full"
    assert files() == [] and rows() == [] and not has_recording()


def test_a_full_disk_is_told_on_the_page(full, call, as_member, workspace, files):
    url = f"/w/{workspace.slug}/calls/CA1/recording/new"
    refused = post(as_member, url, {"recording": (io.BytesIO(sounds.wav()), "a.wav")})
    assert refused.status_code == 507 and "no room left" in text(refused)
    assert "<form" in text(refused) and files() == []


@pytest.mark.parametrize("when", ["fsync", "mkdir"])
def test_a_disk_that_is_full_at_the_last_moment(call, put, files, rows, monkeypatch, when):
    def refuse(*_args, **_more):
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(os, when, refuse)
    assert put(sounds.wav()).status_code == 507
    monkeypatch.undo()
    assert files() == [] and rows() == []


def test_recordings_leave_room_for_the_database(call, put, files, monkeypatch):
    usage = os.statvfs(folder.__file__)
    free = usage.f_bavail * usage.f_frsize
    monkeypatch.setattr(core_files, "KEPT_FREE", free + MIB)
    assert put(sounds.wav()).status_code == 507
    assert files() == []


@pytest.fixture
def small_disk(tmp_path):
    """A disk of a few megabytes above what recordings leave free; only root can make one."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={core_files.KEPT_FREE // MIB + 3}m", "ward", tmp_path],
        check=False, capture_output=True,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("no right to mount a disk here")
    yield tmp_path
    subprocess.run(["umount", "-l", tmp_path], check=True)


class Filling(io.BytesIO):
    """A body in the middle of which somebody else fills the disk."""

    def __init__(self, content, fill):
        super().__init__(content)
        self.fill = fill

    def readinto(self, buffer):
        if self.tell() > len(self.getvalue()) // 2 and self.fill:
            self.fill()
            self.fill = None
        return super().readinto(buffer)

    def read(self, size=-1):
        raise AssertionError("read piece by piece")


def test_a_real_disk_fills_while_a_recording_comes_in(
    small_disk, app, config, call, api, keys, workspace, rows, monkeypatch
):
    monkeypatch.setitem(app.config, "WARD", dataclasses.replace(config, recordings=str(small_disk)))
    body = sounds.wav(60)
    assert len(body) < 3 * MIB

    def fill():
        with (small_disk / "others").open("wb") as other, pytest.raises(OSError, match="No space"):
            while True:
                other.write(bytes(MIB))
                other.flush()

    refused = api.put(
        f"/v1/{workspace.id}/recordings/CA1", input_stream=Filling(body, fill),
        content_length=len(body), headers=keys.member,
    )  # fmt: skip
    assert refused.status_code == 507, refused.data
    kept = [path.name for path in small_disk.rglob("*") if path.is_file()]
    assert kept == ["others"] and rows() == []
    (small_disk / "others").unlink()
    assert api.put(f"/v1/{workspace.id}/recordings/CA1", data=body, headers=keys.member
                   ).status_code == 201  # fmt: skip


@pytest.fixture
def no_rows(server):
    """The database refuses every row of a recording."""
    owner = server.url("owner").replace("+psycopg", "")
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("alter table recording add constraint never check (bytes < 0) not valid")
        yield
        connection.execute("alter table recording drop constraint never")


def test_without_its_row_no_file_is_kept(no_rows, call, put, files, has_recording, events):
    assert put(sounds.wav()).status_code == 500
    assert files() == [] and not has_recording() and events("recording.create") == []


@pytest.mark.parametrize(
    "reader",
    ["import os; os.kill(os.getpid(), 11)", "print('not what was asked')", "print('[1]')",
     "while True: pass", "print('{\"format\": \"exe\"}')", "bytes(2**33)",
     "print('{\"format\": \"wav\", \"encoding\": \"x\", \"duration_seconds\": 1e999,'"
     " '\"channels\": 2, \"sample_rate\": 8000}')"],
    ids=["crashes", "babbles", "lies", "loops", "invents", "swells", "never ends"],
)  # fmt: skip
def test_a_reader_that_is_led_astray_hurts_nobody(
    call, put, files, rows, monkeypatch, tmp_path, reader
):
    """What a hostile file could make of the library, in the process that holds it."""
    script = tmp_path / "reader.py"
    limits = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)); "
    script.write_text(limits + reader)
    monkeypatch.setattr(sound, "READER", script)
    monkeypatch.setitem(sound.CPU_SECONDS, "measure", 1)
    refused = put(sounds.wav())
    assert refused.status_code == 422
    assert "no sound could be read" in refused.json["detail"][0]["msg"]
    assert files() == [] and rows() == []


def test_the_reader_is_confined_and_knows_no_secrets(call, put, monkeypatch, tmp_path):
    script = tmp_path / "reader.py"
    told = tmp_path / "told"
    own = sound.READER.read_text()
    look = (
        f"    import pathlib; pathlib.Path({str(told)!r}).write_text(repr(dict(os.environ)))\n"
        "    _confine(verb)\n"
        f"    print(resource.getrlimit(resource.RLIMIT_AS), file=open({str(told)!r} + '2', 'w'))\n"
    )
    script.write_text(own.replace("    _confine(verb)\n", look))
    monkeypatch.setattr(sound, "READER", script)
    monkeypatch.setenv("SECRET_KEY", "nobody's business")
    put(sounds.wav())
    assert "SECRET_KEY" not in told.read_text() and "DATABASE_URL" not in told.read_text()
    # It may make a file, but not write into it.
    assert (tmp_path / "told2").read_text() == ""


def test_missing_libraries_are_no_fault_of_the_recording(call, put, files, monkeypatch, tmp_path):
    script = tmp_path / "reader.py"
    script.write_text("import sys; sys.exit(3)")
    monkeypatch.setattr(sound, "READER", script)
    assert put(sounds.wav()).status_code == 500
    assert files() == []
