"""What the runner asks across workspaces, and what the pages of a source show."""

import hashlib
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core import database
from app.core.jobs import maintenance

from . import advice

READ = ("fhir_store", "fhir", "smart_fhir", "file_drop", "rest_api")
"""The kinds that are read by the runner."""
SHOWN_READINGS = (*READ, "webhook")
SHOWN = 20
LATEST = 3
"""Runs on the page of a source."""
LONGEST = timedelta(minutes=15)
"""A run that began longer ago is no longer going on: its worker is gone."""
# What is claimed comes due again by itself when its job is lost.
_CLAIM = """
insert into sync_state (workspace_id, data_source_id, next_run_at)
select d.workspace_id, d.id, now() + interval '10 minutes'
from data_source d
join workspace w on w.id = d.workspace_id and w.archived_at is null
left join sync_state s on s.workspace_id = d.workspace_id and s.data_source_id = d.id
where d.is_active and d.sync_strategy in ('scheduled', 'continuous')
  and d.source_type = any(%(kinds)s) and coalesce(s.next_run_at, '-infinity') <= now()
order by s.next_run_at nulls first limit 500
on conflict (workspace_id, data_source_id) do update set next_run_at = excluded.next_run_at
returning workspace_id, data_source_id
"""
# A year of readings every minute would be half a million rows a source.
_SWEEP = (
    "delete from sync_run where started_at < now() - interval '90 days'",
    "delete from sync_slot where starts_at < now() - interval '25 hours'",
)
_ACTIVE = "select is_active from data_source where workspace_id = %(workspace_id)s and id = %(id)s"
_STATE = """
select consecutive_errors, (select sync_state.next_run_at from data_source d
    where d.workspace_id = %(workspace_id)s and d.id = %(id)s
      and d.sync_strategy in ('scheduled', 'continuous')), last_success_at, last_run_at, last_status, last_count,
  last_error, coalesce(stale_after < now(), false),
  (select count(*) from (select 1 from set_aside a where a.workspace_id = %(workspace_id)s
    and a.data_source_id = %(id)s limit 1000) few), error_code
from sync_state where workspace_id = %(workspace_id)s and data_source_id = %(id)s
"""
_RUNS = """
select id, started_at, finished_at, status, started_by, pages, created, changed, removed,
  unchanged, refused, error, error_code
from sync_run where workspace_id = %(workspace_id)s and data_source_id = %(id)s
order by started_at desc limit %(take)s
"""
_ASIDE = """
select place, reason, created_at, resource_type, external_id from set_aside
where workspace_id = %(workspace_id)s and data_source_id = %(id)s
order by created_at desc limit %(take)s
"""
# The page of a source has few statements to spend: all it shows of the readings is one.
_BOTH = f"""
select s.*, (select coalesce(json_agg(r), '[]') from ({_RUNS}) r)
from (select 1) always left join ({_STATE}) s on true
"""
_DAYS = """
select started_at::date, sum(created + changed + removed), sum(created + changed + removed + unchanged), sum(refused)
from sync_run where workspace_id = %(workspace_id)s and data_source_id = %(id)s
  and started_at >= now() - make_interval(days => %(days)s)
group by 1 order by 1
"""
_EVENTS = """
select coalesce(sum(count), 0) from world_count where workspace_id = %(workspace_id)s
  and kind = 'inflow' and name > %(id)s || chr(9) and name < %(id)s || chr(10)
"""


@dataclass(frozen=True, slots=True)
class State:
    """How a source stands."""

    errors: int
    next_at: datetime | None
    success_at: datetime | None
    run_at: datetime | None
    status: str | None
    count: int
    error: str | None
    stale: bool
    aside: int
    code: str | None = None

    @property
    def advice(self) -> str:
        """What to do about the last error, in words."""
        return advice.on(self.code, self.next_at is not None)

    @property
    def health(self) -> str:
        """unknown, healthy or degraded."""
        return "unknown" if self.run_at is None else "degraded" if self.errors else "healthy"


NEVER = State(0, None, None, None, None, 0, None, False, 0)


def claim(url: str) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """(workspace, source) of what is due, as the maintenance role; each is handed out once."""
    with maintenance(url) as connection:
        found: list[Any] = connection.execute(_CLAIM.encode(), {"kinds": list(READ)}).fetchall()
    return [(row[0], row[1]) for row in found]


def sweep(url: str) -> None:
    """Forget old runs and figures, as the maintenance role."""
    with maintenance(url) as connection:
        for statement in _SWEEP:
            connection.execute(statement.encode())


def is_active(workspace_id: uuid.UUID, ident: uuid.UUID) -> bool | None:
    """Whether the source is read; None when it is no longer there."""
    found: bool | None = database.value(_ACTIVE, {"workspace_id": workspace_id, "id": ident})
    return found


def state(workspace_id: uuid.UUID, ident: uuid.UUID) -> State:
    """How a source stands; a source that was never read is unknown."""
    row = database.row(_STATE, {"workspace_id": workspace_id, "id": ident})
    return State(*row) if row else NEVER


def set_aside(workspace_id: uuid.UUID, ident: uuid.UUID) -> list[database.Row]:
    """The last records that were set aside: place, reason, when, type and id where known."""
    return database.rows(_ASIDE, {"workspace_id": workspace_id, "id": ident, "take": SHOWN})


@dataclass(frozen=True, slots=True)
class Reading:
    """What the page of a source shows of its readings."""

    state: State
    runs: list[dict[str, Any]]

    @property
    def now(self) -> dict[str, Any] | None:
        """The run that is going on, if one is."""
        for run in self.runs[:1]:
            if run["status"] == "running" and datetime.now(UTC) - run["started_at"] < LONGEST:
                return run
        return None

    @property
    def stamp(self) -> str:
        """Changes with what is shown, and every minute, because times pass on it."""
        seen = [
            (r["id"], r["status"], r["pages"], r["created"], r["changed"], r["removed"])
            for r in self.runs
        ]
        told = repr((seen, self.state, self.now is None, int(time.time()) // 60))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def reading(workspace_id: uuid.UUID, ident: uuid.UUID) -> Reading:
    """How a source stands and its last runs, in one statement."""
    row = database.row(_BOTH, {"workspace_id": workspace_id, "id": ident, "take": LATEST})
    assert row is not None
    state = NEVER if row[0] is None else State(*row[:10])
    return Reading(state, [_timed(run) for run in row[10]])


def _timed(found: dict[str, Any]) -> dict[str, Any]:
    times = ("started_at", "finished_at")
    made: dict[str, Any] = {
        n: datetime.fromisoformat(v) if n in times and v else v for n, v in found.items()
    }
    end = made["finished_at"]
    return {**made, "lasted": (end - made["started_at"]).total_seconds() if end else None,
            "advice": advice.on(made["error_code"])}  # fmt: skip


def days(workspace_id: uuid.UUID, ident: uuid.UUID, back: int) -> list[database.Row]:
    """(day, stored, read, refused) of the runs of some days."""
    return database.rows(_DAYS, {"workspace_id": workspace_id, "id": ident, "days": back})


def events(workspace_id: uuid.UUID, ident: uuid.UUID) -> int:
    """How many events came from a source, by the figures that the write keeps."""
    return int(database.value(_EVENTS, {"workspace_id": workspace_id, "id": str(ident)}))
