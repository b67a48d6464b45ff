"""Reads of the audit log for one resource: who looked at it, and what happened to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core import database
from app.core.identity import Actor

from .queries import MOST_COUNTED

# Along the index of the resource, the newest 200 events only.
_LOOKS = """
select actor_label, action, max(at), count(*) from (
  select seq, at, action, actor_label, coalesce(actor_key_id, actor_user_id::text, '') as who
  from audit_event where workspace_id = %(workspace_id)s and resource_type = %(resource_type)s
    and resource_id = %(resource_id)s and action = any(%(actions)s) and outcome = 'ok'
  order by seq desc limit 200) looks
group by who, actor_label, action order by max(seq) desc limit %(limit)s
"""
_STANDING = """
select (select count(*) from (select 1 from audit_event where workspace_id = %(workspace_id)s
    and resource_type = %(resource_type)s and resource_id = %(resource_id)s
    limit %(limit)s) counted),
  at, action, actor_label, outcome from audit_event where workspace_id = %(workspace_id)s
  and resource_type = %(resource_type)s and resource_id = %(resource_id)s
order by seq desc limit 1
"""
_LATELY = """
select exists (select from audit_event where workspace_id = %(workspace_id)s
  and resource_type = %(resource_type)s and resource_id = %(resource_id)s
  and action = %(action)s and actor_user_id = %(user_id)s
  and actor_key_id is not distinct from %(key_id)s and at > now() - make_interval(secs => %(within)s))
"""
_LATELY_OF = """
select distinct resource_id from audit_event where workspace_id = %(workspace_id)s
  and resource_type = %(resource_type)s and resource_id = any(%(resource_ids)s)
  and action = %(action)s and actor_user_id = %(user_id)s
  and actor_key_id is not distinct from %(key_id)s and at > now() - interval '1 hour'
"""


@dataclass(frozen=True, slots=True)
class Look:
    """How often somebody did something with one resource, and when last."""

    actor_label: str
    action: str
    last_at: datetime
    times: int


def looks(
    workspace_id: UUID, resource_type: str, resource_id: object, actions: Sequence[str], limit: int
) -> list[Look]:
    """Who did one of `actions` with a resource, newest first: a person or key and what once."""
    found = database.rows(_LOOKS, {
        "workspace_id": workspace_id, "resource_type": resource_type,
        "resource_id": str(resource_id), "actions": list(actions), "limit": limit,
    })  # fmt: skip
    return [Look(*row) for row in found]


def standing(workspace_id: UUID, resource_type: str, resource_id: object) -> dict[str, Any]:
    """How many events a resource has (10,000 at most are counted), and the latest."""
    found = database.row(_STANDING, {
        "workspace_id": workspace_id, "resource_type": resource_type,
        "resource_id": str(resource_id), "limit": MOST_COUNTED,
    })  # fmt: skip
    if found is None:
        return {"event_count": 0, "latest_event": None}
    names = ("timestamp", "action", "actor_label", "outcome")
    return {"event_count": found[0], "latest_event": dict(zip(names, found[1:], strict=True))}


def lately(
    actor: Actor, resource_type: str, resource_id: object, action: str, within: int = 3600
) -> bool:
    """Whether this actor did this with this resource within the last `within` seconds."""
    return bool(database.value(_LATELY, {
        "workspace_id": actor.here.id, "resource_type": resource_type,
        "resource_id": str(resource_id), "action": action, "user_id": actor.user_id,
        "key_id": actor.key_id, "within": within,
    }))  # fmt: skip


def lately_of(
    actor: Actor, resource_type: str, resource_ids: Sequence[object], action: str
) -> set[str]:
    """With which of these this actor did this within the last hour."""
    found = database.rows(_LATELY_OF, {
        "workspace_id": actor.here.id, "resource_type": resource_type,
        "resource_ids": [str(ident) for ident in resource_ids], "action": action,
        "user_id": actor.user_id, "key_id": actor.key_id,
    })  # fmt: skip
    return {row[0] for row in found}
