"""The nightly removal: every hour the workspaces are looked through for what is due."""

import uuid

from flask import current_app

from app.core import jobs, tenancy
from app.core.jobs import task

from . import actions
from .declaration import SIX_YEARS
from .queries import DAILY

NIGHT = 2
"""The hour, in the workspace's time zone, from which on its removal of the day may begin."""
# Only a first look, as the maintenance role: the job itself asks again, inside its workspace.
_DUE = """
select w.id from workspace w
left join setting s on s.workspace_id = w.id and s.name = 'retention'
left join retention_progress p on p.workspace_id = w.id
left join call_counter k on k.workspace_id = w.id
cross join lateral (select coalesce(k.time_zone, 'UTC') as zone,
  coalesce((s.value->>'phi_data_days')::integer, %(default)s) as records,
  coalesce((s.value->>'call_transcripts_days')::integer, %(default)s) as transcripts,
  coalesce((s.value->>'call_recordings_days')::integer, %(default)s) as recordings) d
cross join lateral (select now() at time zone zone as here,
  date_trunc('day', now(), zone) as today) h
where p.touched_at < now() - interval '1 hour'
or p.workspace_id is null and not coalesce((s.value->>'legal_hold')::boolean, false)
  and extract(hour from here) >= %(night)s
  and not exists (select from retention_run r where r.workspace_id = w.id
    and r.started_by = %(daily)s and r.started_at >= today)
  and (exists (select from call c where c.workspace_id = w.id
      and c.started_at < today - make_interval(days => d.records))
    or exists (select from transcript_part t where t.workspace_id = w.id
      and t.started_at < today - make_interval(days => d.transcripts))
    or exists (select from call c where c.workspace_id = w.id and c.has_recording
      and c.started_at < today - make_interval(days => d.recordings))
    or exists (select from call_note n join call c
        on c.workspace_id = n.workspace_id and c.id = n.call_id
      where n.workspace_id = w.id
      and c.started_at < today - make_interval(days => d.transcripts)))
"""


@task("retention.run")
def run(daily: bool = False) -> None:
    """Do the workspace's open run; the daily one is opened here."""
    place = tenancy.current()
    assert place is not None
    if daily:
        actions.begin(place, DAILY)
    actions.work(place, current_app.config["WARD"].secret_key)


def due(url: str) -> list[uuid.UUID]:
    """The workspaces with something to remove today, and those whose run was cut off."""
    params = {"default": SIX_YEARS, "night": NIGHT, "daily": DAILY}
    with jobs.maintenance(url) as connection:
        return [row[0] for row in connection.execute(_DUE, params).fetchall()]


@jobs.every_hour("retention.look")
def look_through() -> None:
    """Queue a run for each workspace that is due."""
    url = current_app.config["WARD"].maintenance_url
    for place in due(url) if url else ():
        jobs.defer("retention.run", place, daily=True)
