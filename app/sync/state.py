"""Where each data source stands: its cursor, its health, its runs, and what was set aside."""

import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core import database
from app.data_sources.schedules import cadence_seconds, is_interval, next_run
from app.world.imports import Imported

from . import aside, figures

BACKOFF_BASE, BACKOFF_MOST = 5, 3600
STALE_LEAST = 15 * 60
CONTINUOUS = 60
_LOAD = """
select cursor, consecutive_errors, coalesce((select last_seq from world_counter
  where workspace_id = %(workspace_id)s), 0)
from sync_state where workspace_id = %(workspace_id)s and data_source_id = %(id)s
"""
_ENSURE = """
insert into sync_state (workspace_id, data_source_id) values (%(workspace_id)s, %(id)s)
on conflict do nothing
"""
_CURSOR = """
update sync_state set cursor = %(cursor)s
where workspace_id = %(workspace_id)s and data_source_id = %(id)s
returning (select d.is_active from data_source d
  where d.workspace_id = %(workspace_id)s and d.id = %(id)s)
"""
_BEGIN = """
insert into sync_run (workspace_id, data_source_id, status, started_by, after_seq, up_to_seq)
values (%(workspace_id)s, %(id)s, 'running', %(by)s, %(seq)s, %(seq)s) returning id
"""
# A run that was killed has no end: the next one of the source ends it.
_BROKEN = """
update sync_run set status = 'error', finished_at = now(), error_code = 'broken_off',
  up_to_seq = coalesce((select last_seq from world_counter
    where workspace_id = %(workspace_id)s), up_to_seq),
  error = 'The run was broken off. What it had read is kept; the next run goes on from there.'
where workspace_id = %(workspace_id)s and data_source_id = %(id)s and status = 'running'
"""
_PROGRESS = """
update sync_run set pages = %(pages)s, created = %(created)s, changed = %(changed)s,
  unchanged = %(unchanged)s, refused = %(refused)s, removed = %(removed)s,
  up_to_seq = coalesce((select last_seq from world_counter
    where workspace_id = %(workspace_id)s), up_to_seq)
where workspace_id = %(workspace_id)s and id = %(run)s
"""
_END = """
update sync_run set status = %(status)s, finished_at = now(), error = %(error)s,
  error_code = %(code)s, up_to_seq = coalesce((select last_seq from world_counter
    where workspace_id = %(workspace_id)s), up_to_seq)
where workspace_id = %(workspace_id)s and id = %(run)s
"""
_SETTLE = """
update sync_state set version = version + 1,
  consecutive_errors = case when %(error)s::text is null then 0 else consecutive_errors + 1 end,
  next_run_at = %(next)s, last_run_at = now(), last_error = %(error)s, error_code = %(code)s,
  last_status = case when %(error)s::text is null then 'success' else 'error' end,
  last_count = %(count)s,
  stale_after = case when %(status)s = 'success' then %(stale)s else stale_after end,
  last_success_at = case when %(status)s = 'success' then now() else last_success_at end
where workspace_id = %(workspace_id)s and data_source_id = %(id)s
"""


@dataclass(slots=True)
class Run:
    """One reading of a source."""

    workspace_id: uuid.UUID
    source_id: uuid.UUID
    id: uuid.UUID
    cursor: dict[str, Any]
    errors: int
    has_aside: bool = False
    pages: int = 0
    removed: int = 0
    result: Imported = field(default_factory=Imported)
    refused: list[aside.Refusal] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    """What the records that came since the last `keep` are known by."""
    paused: bool = False
    counted: tuple[int, int, int] = (0, 0, 0)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def _keys(self) -> dict[str, Any]:
        return {"workspace_id": self.workspace_id, "id": self.source_id, "run": self.id}

    @property
    def written(self) -> int:
        """How many events it wrote."""
        return self.result.events_created + self.result.events_updated + self.removed

    def keep(self) -> None:
        """Keep how far reading came, in the transaction of what was read."""
        done = self.result
        active = database.value(_CURSOR, {**self._keys, "cursor": database.jsonb(self.cursor)})
        self.paused = not active
        database.execute(_PROGRESS, {
            **self._keys, "pages": self.pages, "created": done.events_created,
            "changed": done.events_updated, "unchanged": done.events_skipped,
            "refused": done.refused, "removed": self.removed,
        })  # fmt: skip
        if self.has_aside:
            went_in = self.taken - {refused.key for refused in self.refused}
            aside.drop(self.workspace_id, self.source_id, went_in)
        aside.put(self.workspace_id, self.source_id, self.refused)
        self.has_aside = self.has_aside or bool(self.refused)
        self.refused.clear()
        self.taken.clear()
        written = self.written
        sums = written, written + done.events_skipped + done.refused, done.refused
        fresh = [now - before for now, before in zip(sums, self.counted, strict=True)]
        figures.add(self.workspace_id, self.source_id, *fresh)
        self.counted = sums

    def refuse(self, place: str, reason: str, resource: Any) -> None:
        """Note a record that was refused, to be kept with the rest of its page."""
        self.refused.append(aside.refusal(place, reason, resource))

    def close(self, status: str, error: str | None = None, code: str | None = None) -> None:
        """Note how the run ended."""
        database.execute(_END, {**self._keys, "status": status, "error": error, "code": code})

    def settle(self, status: str, error: str | None, code: str | None,
               next_at: datetime | None, stale_after: datetime | None) -> None:  # fmt: skip
        """Note where the source stands now, when it is due, and when it would be overdue."""
        database.execute(_SETTLE, {
            **self._keys, "status": status, "error": error, "code": code, "next": next_at,
            "count": self.written, "stale": stale_after,
        })  # fmt: skip


def begin(workspace_id: uuid.UUID, source_id: uuid.UUID, by: str) -> Run:
    """Open a run; the caller holds the source's lock."""
    keys = {"workspace_id": workspace_id, "id": source_id}
    database.execute(_ENSURE, keys)
    database.execute(_BROKEN, keys)
    state = database.row(_LOAD, keys)
    assert state is not None
    run = database.value(_BEGIN, {**keys, "by": by, "seq": state[2]})
    waiting = aside.any_of(workspace_id, source_id)
    return Run(workspace_id, source_id, run, dict(state[0]), state[1], waiting)


def backoff(errors: int, wished: float | None = None) -> float:
    """Seconds to wait after so many errors in a row: doubling from 5 s to an hour, half of it by
    chance; what the other side wishes counts, up to an hour."""
    if wished is not None:
        return min(max(wished, 1.0), BACKOFF_MOST)
    longest = float(min(BACKOFF_BASE << min(errors, 12), BACKOFF_MOST))
    return longest / 2 + random.random() * longest / 2


def due_after(
    strategy: str, schedule: str | None, zone: str, began: datetime, ended: datetime
) -> datetime | None:  # fmt: skip
    """When a source that was read is due again; None when somebody must ask.

    An interval counts from the minute in which the reading began: the runner looks once a minute,
    and counted from its end every reading would be one minute late.
    """
    minute = began.replace(second=0, microsecond=0)
    if strategy == "continuous":
        return minute + timedelta(seconds=CONTINUOUS)
    if strategy == "scheduled" and schedule:
        return next_run(schedule, minute if is_interval(schedule) else ended, zone)
    return None


def stale_after(strategy: str, schedule: str | None) -> datetime | None:
    """When a source that was read now has gone unread for twice its cadence (domain 6.3)."""
    if strategy not in ("scheduled", "continuous"):
        return None
    every = CONTINUOUS if strategy == "continuous" else cadence_seconds(schedule or "every 1 days")
    return datetime.now(UTC) + timedelta(seconds=max(2 * every, STALE_LEAST))
