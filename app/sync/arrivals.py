"""Where webhooks stand: which deliveries came in, their runs, their secrets' rotation."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core import database
from app.world.imports import Imported

from . import aside, figures, state

BY = "Webhook"
AGAIN = "This delivery came in before, and each is taken once. Nothing was done now."
KEPT = "1 day"
TOGETHER = "10 minutes"
_FIND = """
select d.name, d.connection_config, d.field_mappings, d.is_active,
  case when r.expires_at > now() and r.current = d.connection_config ->> 'secret'
    then r.previous end
from data_source d
join workspace w on w.id = d.workspace_id and w.archived_at is null
left join webhook_rotation r on r.workspace_id = d.workspace_id and r.data_source_id = d.id
where d.workspace_id = %(workspace_id)s and d.id = %(id)s and d.source_type = 'webhook'
"""
_SEEN = f"""
select 1 from webhook_delivery where workspace_id = %(workspace_id)s and data_source_id = %(id)s
  and key = any(%(keys)s) and received_at >= now() - interval '{KEPT}'
"""
_FORGET = f"""
delete from webhook_delivery where workspace_id = %(workspace_id)s and data_source_id = %(id)s
  and received_at < now() - interval '{KEPT}'
"""
_MARK = """
insert into webhook_delivery (workspace_id, data_source_id, key)
select %(workspace_id)s, %(id)s, * from unnest(%(keys)s::text[]) on conflict do nothing
"""
# Deliveries of a few minutes are shown as one run; `pages` counts them.
_JOIN = f"""
update sync_run set pages = pages + 1, created = created + %(created)s,
  changed = changed + %(changed)s, unchanged = unchanged + %(unchanged)s,
  refused = refused + %(refused)s
where workspace_id = %(workspace_id)s and id = (
  select id from sync_run where workspace_id = %(workspace_id)s and data_source_id = %(id)s
    and started_by = %(by)s and status = %(status)s and started_at > now() - interval '{TOGETHER}'
  order by started_at desc limit 1)
returning id
"""
_BEGIN = """
insert into sync_run (workspace_id, data_source_id, status, started_by, pages, created, changed,
  unchanged, refused, after_seq)
values (%(workspace_id)s, %(id)s, %(status)s, %(by)s, 1, %(created)s, %(changed)s, %(unchanged)s,
  %(refused)s, greatest(0, coalesce((select last_seq from world_counter
    where workspace_id = %(workspace_id)s), 0) - %(created)s - %(changed)s)) returning id
"""
_ENSURE = """
insert into sync_state (workspace_id, data_source_id) values (%(workspace_id)s, %(id)s)
on conflict do nothing
"""
_ROTATE = """
insert into webhook_rotation (workspace_id, data_source_id, previous, current, expires_at)
values (%(workspace_id)s, %(id)s, %(previous)s, %(current)s, %(until)s)
on conflict (workspace_id, data_source_id) do update set previous = excluded.previous,
  current = excluded.current, expires_at = excluded.expires_at
"""


@dataclass(frozen=True, slots=True)
class Door:
    """A webhook as it is stored; `previous` is the sealed secret that still counts."""

    name: str
    config: dict[str, Any]
    mapping: dict[str, Any]
    active: bool
    previous: str | None


def _keys(workspace_id: uuid.UUID, ident: uuid.UUID) -> dict[str, Any]:
    return {"workspace_id": workspace_id, "id": ident}


def find(workspace_id: uuid.UUID, ident: uuid.UUID) -> Door | None:
    """The webhook, if there is one."""
    row = database.row(_FIND, _keys(workspace_id, ident))
    return Door(*row) if row else None


def seen(workspace_id: uuid.UUID, ident: uuid.UUID, marks: tuple[str, ...]) -> bool:
    """Whether a delivery came in before."""
    return database.row(_SEEN, _keys(workspace_id, ident) | {"keys": list(marks)}) is not None


def mark(workspace_id: uuid.UUID, ident: uuid.UUID, marks: tuple[str, ...]) -> bool:
    """Remember a delivery for a day. False when another request was faster."""
    keys = _keys(workspace_id, ident)
    database.execute(_FORGET, keys)
    return database.execute(_MARK, keys | {"keys": list(marks)}) == len(marks)


def note(
    workspace_id: uuid.UUID, ident: uuid.UUID, done: Imported, refused: list[aside.Refusal],
    came: set[str],
) -> None:  # fmt: skip
    """Note a delivery among the runs of its source, and how the source stands. What came and was
    not refused is set aside no more."""
    taken = done.events_created + done.events_updated + done.events_skipped
    error = nothing_taken(done)
    params = _keys(workspace_id, ident) | {
        "by": BY, "status": "error" if error else "success", "created": done.events_created,
        "changed": done.events_updated, "unchanged": done.events_skipped, "refused": done.refused,
    }  # fmt: skip
    database.execute(_ENSURE, params)
    run = database.value(_JOIN, params) or database.value(_BEGIN, params)
    now = state.Run(workspace_id, ident, run, {}, 0, result=done)
    status, code = ("error", "") if error else ("success", None)
    now.close(status, error, code)
    now.settle(status, error, code, None, None)
    aside.drop(workspace_id, ident, came - {one.key for one in refused})
    aside.put(workspace_id, ident, refused)
    written = done.events_created + done.events_updated
    figures.add(workspace_id, ident, written, taken + done.refused, done.refused)


def nothing_taken(done: Imported) -> str | None:
    """Why a delivery was refused as a whole: the first of its records, with its place."""
    taken = done.events_created + done.events_updated + done.events_skipped
    if taken or not done.refused:
        return None
    one = done.errors[0]
    return f"Nothing was taken. {one['place'].rpartition(', ')[2].capitalize()}: {one['detail']}"


def rotate(
    workspace_id: uuid.UUID, ident: uuid.UUID, previous: str, current: str, until: datetime
) -> None:
    """Let the secret before count until then."""
    params = _keys(workspace_id, ident) | {
        "previous": previous, "current": current, "until": until,
    }  # fmt: skip
    database.execute(_ROTATE, params)
