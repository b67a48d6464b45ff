"""Where each data source stands: its cursor, its health, its runs, and what was set aside."""

import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core import database
from app.data_sources.schedules import cadence_seconds, next_run
from app.world.imports import Imported

BACKOFF_BASE, BACKOFF_MOST = 5, 3600
STALE_LEAST = 15 * 60
CONTINUOUS = 60
_LOAD = """
select cursor, consecutive_errors, last_success_at from sync_state
where workspace_id = %(workspace_id)s and data_source_id = %(id)s
"""
_ENSURE = """
insert into sync_state (workspace_id, data_source_id) values (%(workspace_id)s, %(id)s)
on conflict do nothing
"""
_CURSOR = """
update sync_state set cursor = %(cursor)s
where workspace_id = %(workspace_id)s and data_source_id = %(id)s
"""
_BEGIN = """
insert into sync_run (workspace_id, data_source_id, status, started_by)
values (%(workspace_id)s, %(id)s, 'running', %(by)s) returning id
"""
# A run that was killed has no end: the next one of the source ends it.
_BROKEN = """
update sync_run set status = 'error', finished_at = now(),
  error = 'The run was broken off. What it had read is kept; the next run goes on from there.'
where workspace_id = %(workspace_id)s and data_source_id = %(id)s and status = 'running'
"""
_PROGRESS = """
update sync_run set pages = %(pages)s, created = %(created)s, changed = %(changed)s,
  unchanged = %(unchanged)s, refused = %(refused)s
where workspace_id = %(workspace_id)s and id = %(run)s
"""
_END = """
update sync_run set status = %(status)s, finished_at = now(), error = %(error)s
where workspace_id = %(workspace_id)s and id = %(run)s
"""
_SETTLE = """
update sync_state set consecutive_errors = case when %(error)s::text is null then 0
    else consecutive_errors + 1 end,
  next_run_at = %(next)s, last_run_at = now(), last_status = %(status)s, last_error = %(error)s,
  last_count = %(count)s,
  stale_after = case when %(error)s::text is null then %(stale)s else stale_after end,
  last_success_at = case when %(error)s::text is null then now() else last_success_at end
where workspace_id = %(workspace_id)s and data_source_id = %(id)s
"""
_ASIDE = """
insert into set_aside (workspace_id, data_source_id, place, reason)
select %(workspace_id)s, %(id)s, * from unnest(%(places)s::text[], %(reasons)s::text[])
"""


@dataclass(slots=True)
class Run:
    """One reading of a source."""

    workspace_id: uuid.UUID
    source_id: uuid.UUID
    id: uuid.UUID
    cursor: dict[str, Any]
    errors: int
    pages: int = 0
    told: int = 0
    result: Imported = field(default_factory=Imported)

    @property
    def _keys(self) -> dict[str, Any]:
        return {"workspace_id": self.workspace_id, "id": self.source_id, "run": self.id}

    def keep(self) -> None:
        """Keep how far reading came, in the transaction of what was read."""
        done = self.result
        database.execute(_CURSOR, {**self._keys, "cursor": database.jsonb(self.cursor)})
        database.execute(_PROGRESS, {
            **self._keys, "pages": self.pages, "created": done.events_created,
            "changed": done.events_updated, "unchanged": done.events_skipped,
            "refused": done.refused,
        })  # fmt: skip
        fresh = done.errors[self.told :]
        if fresh:
            places = [error["place"][:512] for error in fresh]
            reasons = [error["detail"] for error in fresh]
            database.execute(_ASIDE, {**self._keys, "places": places, "reasons": reasons})
            self.told = len(done.errors)

    def end(
        self, error: str | None, next_at: datetime | None, stale_after: datetime | None
    ) -> None:  # fmt: skip
        """Note how the run ended, when the next one is due, and when it would be overdue."""
        done = self.result
        status = "success" if error is None else "error"
        database.execute(_END, {**self._keys, "status": status, "error": error})
        database.execute(_SETTLE, {
            **self._keys, "status": status, "error": error, "next": next_at,
            "count": done.events_created + done.events_updated, "stale": stale_after,
        })  # fmt: skip


def begin(workspace_id: uuid.UUID, source_id: uuid.UUID, by: str) -> Run:
    """Open a run; the caller holds the source's lock."""
    keys = {"workspace_id": workspace_id, "id": source_id}
    database.execute(_ENSURE, keys)
    database.execute(_BROKEN, keys)
    state = database.row(_LOAD, keys)
    assert state is not None
    run = database.value(_BEGIN, {**keys, "by": by})
    return Run(workspace_id, source_id, run, dict(state[0]), state[1])


def backoff(errors: int, wished: float | None = None) -> float:
    """Seconds to wait after so many errors in a row: doubling from 5 s to an hour, half of it by
    chance; what the other side wishes counts, up to an hour."""
    if wished is not None:
        return min(max(wished, 1.0), BACKOFF_MOST)
    longest = float(min(BACKOFF_BASE << min(errors, 12), BACKOFF_MOST))
    return longest / 2 + random.random() * longest / 2


def due_after(strategy: str, schedule: str | None, zone: str) -> datetime | None:
    """When a source that was read is due again; None when somebody must ask."""
    now = datetime.now(UTC)
    if strategy == "continuous":
        return now + timedelta(seconds=CONTINUOUS)
    if strategy == "scheduled" and schedule:
        return next_run(schedule, now, zone)
    return None


def stale_after(strategy: str, schedule: str | None) -> datetime | None:
    """When a source that was read now has gone unread for twice its cadence (domain 6.3)."""
    if strategy not in ("scheduled", "continuous"):
        return None
    every = CONTINUOUS if strategy == "continuous" else cadence_seconds(schedule or "every 1 days")
    return datetime.now(UTC) + timedelta(seconds=max(2 * every, STALE_LEAST))
