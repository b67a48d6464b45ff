"""What the pipeline's figures are read from: where the sources stand, and the world's counts."""

import uuid

from app.core import database

_SOURCES = """
select d.id, d.name, d.source_type, d.is_active, s.last_run_at,
  (extract(epoch from r.finished_at - r.started_at) * 1000)::bigint, s.last_count,
  coalesce(s.consecutive_errors, 0), s.last_error, coalesce(r.status = 'running', false)
from data_source d
left join sync_state s on s.workspace_id = %(workspace_id)s and s.data_source_id = d.id
left join lateral (
  select started_at, finished_at, status from sync_run
  where workspace_id = %(workspace_id)s and data_source_id = d.id
  order by started_at desc limit 1) r on true
where d.workspace_id = %(workspace_id)s order by d.name, d.id limit 500
"""
_HOURS = """
select name, count from world_count where workspace_id = %(workspace_id)s and kind = 'hour'
  and name >= %(first)s and count > 0
"""


def sources(workspace_id: uuid.UUID) -> list[database.Row]:
    """(id, name, type, active, last run, its milliseconds, its records, errors in a row, last
    error, whether it is being read) of each source, 500 at most."""
    return database.rows(_SOURCES, {"workspace_id": workspace_id})


def hours(workspace_id: uuid.UUID, first: str) -> dict[str, int]:
    """Hour such as 2026-11-20T14, in UTC -> events that came in, from `first` on."""
    return dict(database.rows(_HOURS, {"workspace_id": workspace_id, "first": first}))
