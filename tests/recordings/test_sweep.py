"""Folder and table stay together; recordings go when their calls do; waveforms are drawn once."""

import dataclasses
import os
import secrets
import time
import uuid
from pathlib import Path

import pytest

from app.core import database, jobs, tenancy
from app.recordings import actions, folder
from app.recordings.sweep import sweep
from tests.calls.test_api import a_call
from tests.recordings import sounds


@pytest.fixture
def swept(app):
    def run():
        with app.app_context():
            return sweep()

    return run


def plant(path, minutes=90):
    """A file that was written so many minutes ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"left behind")
    os.utime(path, (time.time() - minutes * 60,) * 2)
    return path


def test_a_file_without_a_recording_goes_after_an_hour(call, put, home, files, rows, swept):
    put(sounds.wav())
    [(key, *_)] = rows()
    os.utime(home / key[:2] / key, (0, 0))
    old, young = secrets.token_hex(32), secrets.token_hex(32)
    plant(home / old[:2] / old)
    plant(home / young[:2] / young, minutes=50)
    done = swept()
    assert (done.unknown, done.unfinished) == (1, 0)
    assert files() == sorted([key, young])


def test_an_upload_that_was_never_finished_goes_after_an_hour(call, put, home, files, swept):
    put(sounds.wav())
    plant(home / "incoming" / "a.part")
    plant(home / "incoming" / "b.part", minutes=50)
    done = swept()
    assert (done.unknown, done.unfinished) == (0, 1)
    assert "b.part" in files() and "a.part" not in files()


def test_a_recording_without_its_file_is_told_of(call, put, home, rows, swept, app, workspace):
    put(sounds.wav())
    [(key, *_)] = rows()
    assert (workspace.id, uuid.UUID(call["id"])) not in swept().missing
    (home / key[:2] / key).unlink()
    assert (workspace.id, uuid.UUID(call["id"])) in swept().missing
    said = app.test_cli_runner().invoke(args=["recordings", "sweep"])
    assert said.exit_code == 1
    assert f"Missing: the file of the recording of call {call['id']}" in said.output


def test_what_belongs_to_no_workspace_here_is_left_alone(config, swept, app):
    key = secrets.token_hex(32)
    stranger = plant(Path(config.recordings) / str(uuid.uuid4()) / key[:2] / key, minutes=9999)
    other = plant(Path(config.recordings) / "lost+found" / "x")
    done = swept()
    assert stranger.exists() and other.exists()
    assert {stranger.parents[1].name, "lost+found"} <= set(done.foreign)
    said = app.test_cli_runner().invoke(args=["recordings", "sweep"])
    assert f"Left alone: {stranger.parents[1].name}" in said.output


def test_the_empty_folder_of_a_workspace_that_is_gone_goes_too(config, swept):
    empty = Path(config.recordings) / str(uuid.uuid4()) / "incoming"
    empty.mkdir(parents=True)
    assert empty.parent.name not in swept().foreign
    assert not empty.parent.exists()


def test_the_files_of_another_workspace_are_no_debris(api, cast, put, call, swept, config):
    theirs, key = f"/v1/{cast.other.id}", cast.keys.stranger
    api.post(f"{theirs}/calls", json=a_call(), headers=key)
    api.put(f"{theirs}/recordings/CA1", data=sounds.wav(), headers=key)
    kept = [p for p in (Path(config.recordings) / str(cast.other.id)).rglob("*") if p.is_file()]
    os.utime(kept[0], (0, 0))
    swept()
    assert kept[0].exists()


def test_without_a_folder_nothing_is_kept_and_nothing_is_swept(call, put, app, config, monkeypatch):
    monkeypatch.setitem(app.config, "WARD", dataclasses.replace(config, recordings=""))
    refused = put(sounds.wav())
    assert refused.status_code == 503 and "WARD_RECORDINGS" in refused.json["detail"]
    said = app.test_cli_runner().invoke(args=["recordings", "sweep"])
    assert said.exit_code == 1 and "WARD_RECORDINGS" in said.output


def removed(app, workspace, call, then):
    with app.app_context(), tenancy.inside(workspace.id):
        count = actions.remove(workspace.id, [uuid.UUID(call["id"]), uuid.uuid4()])
        then()
    return count


def test_retention_takes_row_and_file_together(
    app, workspace, call, put, files, rows, has_recording
):
    put(sounds.wav())
    assert removed(app, workspace, call, database.rollback) == 1
    assert len(files()) == len(rows()) == 1 and has_recording()
    assert removed(app, workspace, call, database.commit) == 1
    assert files() == [] and rows() == [] and not has_recording()
    assert removed(app, workspace, call, database.commit) == 0


def test_another_workspace_removes_nothing_here(app, cast, call, put, files):
    put(sounds.wav())
    assert removed(app, cast.other, call, database.commit) == 0
    assert len(files()) == 1


def peaks(sql, workspace):
    return sql("select peaks from recording where workspace_id = %s", (workspace.id,))[0][0]


def test_the_waveform_is_drawn_once_by_the_worker(call, put, work, sql, workspace):
    put(sounds.wav())
    assert peaks(sql, workspace) is None
    work()
    first, second = peaks(sql, workspace)
    assert len(first) == len(second) == 400
    # The tone grows evenly from nothing to its loudest.
    assert first[0] <= 2 and 45 <= first[200] <= 55 and max(first) == first[-1] == 100
    sql("update recording set peaks = '[[7]]' where workspace_id = %s", (workspace.id,))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "read", None)
        work()
    assert peaks(sql, workspace) == [[7]]


def test_more_than_two_channels_are_drawn_as_one(call, put, work, sql, workspace):
    put(sounds.wav(channels=4))
    work()
    assert [len(lane) for lane in peaks(sql, workspace)] == [400]


def test_what_cannot_be_drawn_is_tried_once(call, put, work, sql, workspace, home, rows):
    put(sounds.wav())
    [(key, *_)] = rows()
    (home / key[:2] / key).write_bytes(b"OggS" + b"\0" * 5000)
    work()
    assert peaks(sql, workspace) == []
    assert sql("select 1 from procrastinate_jobs where task_name = 'recordings.draw'"
               " and args ->> 'workspace_id' = %s", (str(workspace.id),)) == []  # fmt: skip


def test_the_sweep_runs_every_hour(app):
    names = {
        task.task.name: task.cron for task in jobs.queue.periodic_registry.periodic_tasks.values()
    }
    assert names["jobs.sweep_recordings"] == jobs.CRON_HOURLY
