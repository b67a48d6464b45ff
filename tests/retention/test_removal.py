"""What is removed when, in which steps, and what is left of it: nothing."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from app.calls import removal, rollups
from app.core import database, tenancy
from app.recordings.sweep import sweep
from app.retention import actions, jobs
from app.world import tally
from tests.calls.test_figures import KEPT as FIGURES
from tests.calls.test_figures import found as search
from tests.recordings.sounds import wav
from tests.support import text

from .conftest import KEPT, aged, cut_off, midnight

SECRET = "a-secret-of-the-tests-with-enough-length-0123456789"
SIDS = "select call_sid from call where workspace_id = %s order by 1"
PLACES = ("call", "turn", "transcript_part", "caller_part", "call_note", "note_mention", "call_tag",
          "call_assignment", "recording")  # fmt: skip
WORLD = ("entity", "event", "event_entity", "entity_source")
SECOND = timedelta(seconds=1)


def counts(sql: Any, place: Any) -> dict[str, int]:
    return {t: sql(f"select count(*) from {t} where workspace_id = %s", (place.id,))[0][0]
            for t in PLACES}  # fmt: skip


def sids(sql: Any, place: Any) -> list[str]:
    return [row[0] for row in sql(SIDS, (place.id,))]


def work_on(api: Any, keys: Any, place: Any, cast: Any, sid: str) -> None:
    """A note with a mention, a tag and an assignment on a call."""
    home, account = f"/v1/{place.id}/calls/{sid}", str(cast.people["viewer"].accounts[place.slug])
    note = {"text": "Called about her rash", "mentions": [account]}
    assert api.post(f"{home}/notes", json=note, headers=keys.member).status_code == 201
    assert api.put(f"{home}/tags", json={"tags": ["rash"]}, headers=keys.member).status_code == 200
    put = api.put(f"{home}/assignee", json={"account_id": account}, headers=keys.member)
    assert put.status_code == 200


def test_a_call_is_kept_for_all_of_its_days(store, keep, remove_now, sql, workspace):
    keep(phi_data_days=KEPT)
    edge = cut_off()
    store(aged("BEFORE", edge - SECOND), aged("AT", edge), aged("AFTER", edge + SECOND))
    receipt = remove_now()["receipt"]
    assert sids(sql, workspace) == ["AFTER", "AT"]
    assert receipt["removed"] == {"records": 1, "transcripts": 1, "notes": 0, "recordings": 0}


def test_days_are_those_of_the_time_zone(api, keys, store, keep, remove_now, sql, workspace):
    general = f"/v1/{workspace.id}/settings/general"
    api.put(general, json={"time_zone": "Pacific/Kiritimati"}, headers=keys.admin)
    keep(phi_data_days=KEPT)
    shown = api.get(f"/v1/{workspace.id}/retention/dry-run", headers=keys.viewer).json
    assert shown["cut_offs"]["records"].endswith("T10:00:00Z"), "midnight there, 14 hours ahead"
    edge = cut_off() + timedelta(hours=10)
    days = [edge + timedelta(days=n) for n in (-2, 1)]
    store(aged("OLD", days[0]), aged("NEW", days[1]))
    remove_now()
    assert sids(sql, workspace) == ["NEW"]


def test_a_record_goes_with_everything_of_it(
    api, app, cast, keys, store, keep, remove_now, sql, workspace
):
    keep(phi_data_days=KEPT)
    store(aged("OLD", cut_off() - SECOND, caller_id="+14155550777"),
          aged("NEW", midnight(), caller_id="+14155550778"))  # fmt: skip
    work_on(api, keys, workspace, cast, "OLD")
    assert counts(sql, workspace)["caller_part"] == 18
    receipt = remove_now()["receipt"]
    assert receipt["removed"] == {"records": 1, "transcripts": 1, "notes": 1, "recordings": 0}
    assert counts(sql, workspace) == {
        "call": 1, "turn": 2, "transcript_part": 1, "caller_part": 9, "call_note": 0,
        "note_mention": 0, "call_tag": 0, "call_assignment": 0, "recording": 0,
    }  # fmt: skip
    parts = "select distinct caller_id from caller_part where workspace_id = %s"
    assert sql(parts, (workspace.id,)) == [("+14155550778",)]
    assert sql("select total from call_counter where workspace_id = %s", (workspace.id,)) == [(1,)]
    assert search(app, workspace, "'dermatologist'") == 1


def test_the_world_forgets_a_call_that_goes_and_nothing_else(
    api, app, keys, store, keep, remove_now, sql, workspace
):
    keep(phi_data_days=KEPT)
    store(aged("OLD", cut_off() - SECOND), aged("NEW", midnight()))
    for ident, sid in sql("select id, call_sid from call where workspace_id = %s", (workspace.id,)):
        note = {"text": f"about {sid}"}
        notes = f"/v1/{workspace.id}/world/entities/{ident}/notes"
        assert api.post(notes, json=note, headers=keys.member).status_code == 201
        api.put(f"/v1/{workspace.id}/calls/{sid}/review", headers=keys.member)
    held = {table: sql(f"select count(*) from {table} where workspace_id = %s", (workspace.id,))
            for table in WORLD}  # fmt: skip
    remove_now()
    for table, ((count,),) in held.items():
        left = sql(f"select count(*) from {table} where workspace_id = %s", (workspace.id,))
        assert left == [(count // 2,)] and count % 2 == 0 < count, table
    assert "OLD" not in str(sql("select data from event where workspace_id = %s", (workspace.id,)))
    with app.app_context(), tenancy.inside(workspace.id):
        assert tally.differences(workspace.id) == []


def test_a_caller_who_called_again_is_still_found(store, keep, remove_now, sql, workspace):
    keep(phi_data_days=KEPT)
    store(aged("OLD", cut_off() - SECOND), aged("NEW", midnight()))
    before = counts(sql, workspace)["caller_part"]
    remove_now()
    assert counts(sql, workspace)["caller_part"] == before > 0


def test_figures_after_a_removal_are_those_counted_anew(
    app, store, keep, remove_now, sql, workspace
):
    keep(phi_data_days=KEPT)
    edge = cut_off()
    store(*(aged(f"C{n}", edge + timedelta(hours=3 * n - 30), completion_reason=reason)
            for n, reason in enumerate(["completed", "transferred", "abandoned", None] * 5)))  # fmt: skip
    full = sql(FIGURES, (workspace.id,))
    remove_now()
    kept = sql(FIGURES, (workspace.id,))
    with app.app_context(), database.transaction(), tenancy.inside(workspace.id):
        rollups.rebuild(workspace.id, "UTC")
    assert kept == sql(FIGURES, (workspace.id,)) != full
    assert sum(row[4] for row in kept if row[0] == "all") == len(sids(sql, workspace)) == 10


def test_a_transcript_goes_and_its_record_stays(
    api, app, as_viewer, cast, keys, store, keep, remove_now, sql, workspace
):
    keep(call_transcripts_days=KEPT)
    store(aged("OLD", cut_off() - SECOND), aged("NEW", midnight()))
    work_on(api, keys, workspace, cast, "OLD")
    figures = sql(FIGURES, (workspace.id,))
    receipt = remove_now()["receipt"]
    assert receipt["removed"] == {"records": 0, "transcripts": 1, "notes": 1, "recordings": 0}
    left = counts(sql, workspace)
    assert (left["call"], left["turn"], left["call_note"], left["call_tag"]) == (2, 2, 0, 1)
    assert sql(FIGURES, (workspace.id,)) == figures
    assert search(app, workspace, "'dermatologist'") == 1
    gone = "select call_sid, turn_count, responses is not null from call where workspace_id = %s"
    assert sql(f"{gone} and transcript_removed_at is not null", (workspace.id,)) == [
        ("OLD", 2, True)
    ]
    found = api.get(f"/v1/{workspace.id}/calls/OLD", headers=keys.viewer).json
    assert found["turns"] == [] and found["turn_count"] == 2
    page = text(as_viewer.get(f"/w/{workspace.slug}/calls/{found['id']}"))
    assert "The transcript was removed on" in page and "dermatologist" not in page


def test_a_note_on_a_call_without_words_goes_in_its_time(
    api, cast, keys, store, keep, remove_now, sql, workspace
):
    keep(call_transcripts_days=KEPT)
    store(aged("SILENT", cut_off() - SECOND, turns=[]))
    work_on(api, keys, workspace, cast, "SILENT")
    removed = remove_now()["receipt"]["removed"]
    assert removed == {"records": 0, "transcripts": 0, "notes": 1, "recordings": 0}
    never = "select transcript_removed_at from call where workspace_id = %s"
    assert sql(never, (workspace.id,)) == [(None,)]


def test_a_record_that_goes_sooner_takes_its_transcript_along(
    store, keep, remove_now, sql, workspace
):
    keep(phi_data_days=KEPT, call_transcripts_days=KEPT + 1000)
    store(aged("OLD", cut_off() - SECOND))
    assert remove_now()["receipt"]["removed"]["transcripts"] == 1
    assert counts(sql, workspace)["turn"] == 0


def test_a_neighbours_calls_stay(api, cast, keys, store, keep, remove_now, sql, workspace, other):
    keep(phi_data_days=KEPT)
    store(aged("OLD", cut_off() - SECOND))
    theirs = f"/v1/{other.id}/calls"
    api.post(theirs, json=aged("OLD", cut_off() - SECOND), headers=keys.stranger)
    before = counts(sql, other)
    remove_now()
    assert sids(sql, workspace) == [] and counts(sql, other) == before
    assert sql("select count(*) from retention_run where workspace_id = %s", (other.id,)) == [(0,)]


def many(count: int) -> list[dict[str, Any]]:
    edge, said = cut_off(), [{"speaker_role": "caller", "text": "Hello", "started_s": 0}]
    return [aged(f"M{n:05}", edge - timedelta(minutes=count - n), turns=said, caller_id=None)
            for n in range(count)]  # fmt: skip


def test_batches_are_small_oldest_first_and_each_is_whole(
    app, store, keep, run_jobs, sql, workspace, keys, api
):
    keep(phi_data_days=KEPT)
    store(*many(2 * removal.BATCH + 100))
    place = workspace.id
    with app.app_context(), tenancy.inside(place):
        assert actions.begin(place, "Ward, daily")
        assert actions.batch(place, SECRET)
        database.commit()
        assert sids(sql, workspace)[0] == f"M{removal.BATCH:05}"
        assert actions.batch(place, SECRET)
        database.rollback()  # killed before the second batch was committed
    left = counts(sql, workspace)
    assert left["call"] == left["turn"] == left["transcript_part"] == removal.BATCH + 100
    total = "select total from call_counter where workspace_id = %s"
    assert sql(total, (place,)) == [(removal.BATCH + 100,)]
    sql("update retention_progress set begun = 1, touched_at = now() - interval '2 hours'"
        " where workspace_id = %s", (place,))  # fmt: skip
    assert place in jobs.due(app.config["WARD"].maintenance_url)
    with app.app_context(), database.transaction():
        jobs.look_through()
    run_jobs()
    assert counts(sql, workspace)["call"] == 0
    [run] = api.get(f"/v1/{place}/retention/runs", headers=keys.viewer).json["items"]
    assert run["receipt"]["removed"]["records"] == 2 * removal.BATCH + 100
    assert run["receipt"]["interrupted"] == 1 and run["verifies"]


def test_a_batch_is_cut_short_by_long_transcripts(app, store, keep, sql, workspace):
    keep(call_transcripts_days=KEPT)
    said = [{"speaker_role": "caller", "text": "Hi", "started_s": n} for n in range(5000)]
    edge = cut_off() - timedelta(days=1)
    store(*(aged(f"L{n}", edge + timedelta(minutes=n), ended_at=None, turns=said)
            for n in range(5)))  # fmt: skip
    with app.app_context(), database.transaction(), tenancy.inside(workspace.id):
        gone = removal.transcripts(workspace.id, cut_off())
    assert gone.transcripts == removal.MOST_TURNS / 5000
    assert counts(sql, workspace)["turn"] == 5000


def test_a_hold_stops_a_run_before_its_next_batch(
    app, api, keys, store, keep, run_jobs, sql, workspace
):
    keep(phi_data_days=KEPT)
    store(*many(removal.BATCH + 10))
    with app.app_context(), tenancy.inside(workspace.id):
        actions.begin(workspace.id, "Ward, daily")
        assert actions.batch(workspace.id, SECRET)
        database.commit()
        keep(legal_hold=True)
        assert not actions.batch(workspace.id, SECRET)
        database.commit()
    assert counts(sql, workspace)["call"] == 10
    [run] = api.get(f"/v1/{workspace.id}/retention/runs", headers=keys.viewer).json["items"]
    assert run["receipt"]["stopped_by_hold"] and run["receipt"]["removed"]["records"] == 500


def test_days_made_longer_during_a_run_hold_at_once(app, store, keep, sql, workspace):
    keep(phi_data_days=KEPT)
    store(aged("OLD", cut_off() - SECOND))
    with app.app_context(), tenancy.inside(workspace.id):
        actions.begin(workspace.id, "Ward, daily")
        database.commit()
        keep(phi_data_days=KEPT + 1)
        assert not actions.batch(workspace.id, SECRET)
        database.commit()
    assert sids(sql, workspace) == ["OLD"]


def test_nothing_goes_under_a_hold(app, api, keys, store, keep, run_jobs, sql, workspace):
    keep(phi_data_days=KEPT, legal_hold=True)
    store(aged("OLD", cut_off() - SECOND))
    home = f"/v1/{workspace.id}/retention"
    shown = api.get(f"{home}/dry-run", headers=keys.viewer).json
    assert shown["legal_hold"] and shown["counts"]["records"] == 1
    asked = {"slug": workspace.slug, **shown["counts"]}
    assert api.post(f"{home}/runs", json=asked, headers=keys.owner).status_code == 409
    assert workspace.id not in jobs.due(app.config["WARD"].maintenance_url)
    run_jobs()
    assert sids(sql, workspace) == ["OLD"]


RECORDED = "select call_sid from call where workspace_id = %s and has_recording order by 1"


def record(api: Any, keys: Any, place: Any, *names: str) -> None:
    for tone, sid in enumerate(names, 440):
        sent = api.put(f"/v1/{place.id}/recordings/{sid}", data=wav(tone=tone),
                       headers={"Content-Type": "audio/wav", **keys.member})  # fmt: skip
        assert sent.status_code == 201, sent.data


def kept_files(config: Any, place: Any) -> list[Path]:
    home = Path(config.recordings) / str(place.id)
    return [path for path in home.rglob("*") if path.is_file()]


def test_a_recording_goes_with_its_file_and_everything_else_stays(
    app, config, api, keys, store, keep, remove_now, sql, workspace
):
    keep(call_recordings_days=KEPT)
    store(aged("OLD", cut_off() - SECOND), aged("NEW", midnight()))
    record(api, keys, workspace, "OLD", "NEW")
    removed = remove_now()["receipt"]["removed"]
    assert removed == {"records": 0, "transcripts": 0, "notes": 0, "recordings": 1}
    assert sql(RECORDED, (workspace.id,)) == [("NEW",)] and counts(sql, workspace)["turn"] == 4
    assert len(kept_files(config, workspace)) == 1
    gone = api.get(f"/v1/{workspace.id}/recordings/OLD", headers=keys.viewer)
    assert gone.status_code == 404


def test_a_record_takes_its_recording_along_and_no_file_is_left_over(
    app, config, api, keys, store, keep, remove_now, sql, workspace
):
    keep(phi_data_days=KEPT)
    store(aged("OLD", cut_off() - SECOND), aged("NEW", midnight()))
    record(api, keys, workspace, "OLD", "NEW")
    assert remove_now()["receipt"]["removed"]["recordings"] == 1
    assert len(kept_files(config, workspace)) == counts(sql, workspace)["recording"] == 1
    with app.app_context():
        done = sweep()
    assert done.unknown == 0 and not [m for m in done.missing if str(workspace.id) in str(m)]


def test_a_batch_that_breaks_off_leaves_the_file_where_it_was(
    app, config, api, keys, store, keep, sql, workspace
):
    keep(call_recordings_days=KEPT)
    store(aged("OLD", cut_off() - SECOND))
    record(api, keys, workspace, "OLD")
    with app.app_context(), tenancy.inside(workspace.id):
        assert removal.recordings(workspace.id, cut_off()).recordings == 1
        database.rollback()
    assert len(kept_files(config, workspace)) == counts(sql, workspace)["recording"] == 1
    assert sql(RECORDED, (workspace.id,)) == [("OLD",)]
