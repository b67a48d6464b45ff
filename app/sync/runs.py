"""The runs of a source, and what each of them wrote."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core import database

from . import advice

PAGE = 50
_FIELDS = """
id, started_at, finished_at, status, started_by, pages, created, changed, removed, unchanged,
  refused, error, error_code, after_seq, up_to_seq
"""
_PAGE = f"""
select {_FIELDS} from sync_run
where workspace_id = %(workspace_id)s and data_source_id = %(source)s
  and (%(before)s::timestamptz is null or started_at < %(before)s)
order by started_at desc limit %(take)s
"""
_ONE = f"""
select {_FIELDS} from sync_run
where workspace_id = %(workspace_id)s and data_source_id = %(source)s and id = %(run)s
"""
# Of the entities that an event is about the first is shown.
_CHANGES = """
select e.seq, e.id, coalesce(e.fhir_resource_type, e.event_type), e.supersedes is not null,
  e.confidence = 0, e.ingested_at, n.id, n.entity_type, n.display_name
from event e
left join lateral (select entity_id from event_entity l
  where l.workspace_id = %(workspace_id)s and l.event_id = e.id order by entity_id limit 1) l
  on true
left join entity n on n.workspace_id = %(workspace_id)s and n.id = l.entity_id
where e.workspace_id = %(workspace_id)s and e.data_source_id = %(source)s
  and e.seq > %(after)s and e.seq <= %(up_to)s and e.seq < %(before)s
order by e.seq desc limit %(take)s
"""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it is shown; `lasted` in seconds, None while it is going on."""

    id: uuid.UUID
    started_at: datetime
    finished_at: datetime | None
    status: str
    started_by: str
    pages: int
    created: int
    changed: int
    removed: int
    unchanged: int
    refused: int
    error: str | None
    error_code: str | None
    after_seq: int
    up_to_seq: int

    @property
    def lasted(self) -> float | None:
        """Seconds."""
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None

    @property
    def advice(self) -> str:
        """What to do about its error."""
        return advice.on(self.error_code)


@dataclass(frozen=True, slots=True)
class Change:
    """An event that a run wrote, and the entity it is about."""

    seq: int
    event: uuid.UUID
    kind: str
    replaced: bool
    removed: bool
    at: datetime
    entity: uuid.UUID | None
    entity_type: str | None
    name: str | None


def page(workspace_id: uuid.UUID, source: uuid.UUID, before: datetime | None) -> list[Run]:
    """Some runs and one more, newest first."""
    if before is not None and before.tzinfo is None:
        before = None
    found = database.rows(_PAGE, {
        "workspace_id": workspace_id, "source": source, "before": before, "take": PAGE + 1,
    })  # fmt: skip
    return [Run(*row) for row in found]


def one(workspace_id: uuid.UUID, source: uuid.UUID, run: uuid.UUID) -> Run | None:
    """A run of a source."""
    row = database.row(_ONE, {"workspace_id": workspace_id, "source": source, "run": run})
    return Run(*row) if row else None


def changes(
    workspace_id: uuid.UUID, source: uuid.UUID, run: Run, before: int | None
) -> list[Change]:  # fmt: skip
    """Some of the events that a run wrote and one more, newest first."""
    limit = run.up_to_seq + 1
    params: dict[str, Any] = {
        "workspace_id": workspace_id, "source": source, "after": run.after_seq,
        "up_to": run.up_to_seq, "take": PAGE + 1,
        "before": limit if before is None else min(max(before, 0), limit),
    }  # fmt: skip
    return [Change(*row) for row in database.rows(_CHANGES, params)]
