"""The audit log's writer: every event in the transaction of what it tells of.

Each workspace has one chain: an event's hash covers its content, its number and the hash before
it. `audit_head` holds the end of the chain and is the lock that keeps it one chain.
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import g, has_request_context, request

from . import database, tenancy
from .identity import Actor

GENESIS = "0" * 64
FIELDS = (
    "id", "at", "actor_kind", "actor_account_id", "actor_user_id", "actor_key_id", "actor_label",
    "action", "resource_type", "resource_id", "resource_name", "outcome", "phi_accessed",
    "before", "after", "metadata", "ip", "user_agent", "request_id",
)  # fmt: skip
COLUMNS = ", ".join(f'"{name}"' for name in FIELDS)

_START = """
insert into audit_head (workspace_id, seq, hash) values (%(workspace_id)s, 0, %(genesis)s)
on conflict do nothing
"""
# The same hash as `chain` below: the end of the chain is known, and held, by the statement alone.
_APPEND = f"""
with head as (
  update audit_head set seq = seq + 1, hash = encode(sha256(convert_to(
    hash || chr(10) || (seq + 1)::text || chr(10) || %(canonical)s, 'UTF8')), 'hex')
  where workspace_id = %(workspace_id)s
  returning workspace_id, seq, hash, old.hash as previous_hash
)
insert into audit_event (workspace_id, seq, {COLUMNS}, hash, previous_hash)
select workspace_id, seq, {", ".join(f"%({name})s" for name in FIELDS)}, hash, previous_hash
from head
"""


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, uuid.UUID) else value


def canonical(event: Mapping[str, Any]) -> str:
    """The one text of an event: what its hash covers. Same from memory and from the table."""
    return _CANONICAL.encode({name: _plain(event[name]) for name in FIELDS})


def chain(previous_hash: str, seq: int, event: Mapping[str, Any]) -> str:
    """The hash of the event numbered `seq` after the one with `previous_hash`; hex SHA-256."""
    content = f"{previous_hash}\n{seq}\n{canonical(event)}"
    return hashlib.sha256(content.encode()).hexdigest()


def _json_safe(value: Any) -> Any:
    """What JSONB will give back unchanged: dates and ids as text, no NUL characters."""
    if value is None:
        return None
    return _without_nul(_STORED.decode(_SAFE.encode(value)))


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    return value


def _as_stored(text: str) -> float | int:
    """JSONB keeps numbers as decimals: 1e20 comes back whole, and minus nothing as nothing."""
    number = float(text)
    return int(number) if abs(number) >= 1e15 and number.is_integer() else number + 0.0


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_SAFE = json.JSONEncoder(default=_plain, ensure_ascii=False, allow_nan=False)
_STORED = json.JSONDecoder(parse_float=_as_stored)


def _clean(value: str | None, limit: int = 500) -> str | None:
    if value is None:
        return None
    return value.replace("\0", "").encode(errors="replace").decode()[:limit]


def _where() -> dict[str, Any]:
    if not has_request_context():
        return {"ip": None, "user_agent": None, "request_id": None}
    return {
        "ip": request.remote_addr,
        "user_agent": _clean(request.headers.get("User-Agent"), 300),
        "request_id": g.get("request_id"),
    }


def _who(actor: Actor | None) -> dict[str, Any]:
    if actor is None:
        return {
            "actor_kind": "system",
            "actor_account_id": None,
            "actor_user_id": None,
            "actor_key_id": None,
            "actor_label": "Ward",
        }
    return {
        "actor_kind": actor.kind,
        "actor_account_id": actor.account_id,
        "actor_user_id": actor.user_id,
        "actor_key_id": actor.key_id,
        "actor_label": _clean(actor.label, 300),
    }


def record(
    action: str,
    resource_type: str,
    resource_id: object = None,
    *,
    resource_name: str | None = None,
    before: Any = None,
    after: Any = None,
    outcome: str = "ok",
    phi: bool = False,
    metadata: Any = None,
    actor: Actor | None = None,
    workspace_id: uuid.UUID | None = None,
) -> None:
    """Append one event to the workspace's chain, in the caller's transaction.

    What was only looked at is appended just before the commit, so that nobody waits for the
    chain while a page is drawn.

    `action` is `<resource>.<verb>`; secrets must be redacted by the caller's schema. Without
    `actor` the one of the request is taken, without `workspace_id` the one of the context.
    """
    actor = actor or g.get("actor")
    place = workspace_id or tenancy.current()
    if place is None:
        raise LookupError("an audit event needs a workspace")
    event: dict[str, Any] = {
        "id": uuid.uuid4(),
        "at": datetime.now(UTC),
        **_who(actor),
        "action": action,
        "resource_type": resource_type,
        "resource_id": _clean(str(resource_id)) if resource_id is not None else None,
        "resource_name": _clean(resource_name),
        "outcome": outcome,
        "phi_accessed": phi,
        "before": _json_safe(before),
        "after": _json_safe(after),
        "metadata": _json_safe(metadata),
        **_where(),
    }
    if has_request_context() and request.method == "GET":
        database.before_commit(lambda: _append_in(place, event))
    else:
        _append(place, event)


def _append_in(workspace_id: uuid.UUID, event: dict[str, Any]) -> None:
    if tenancy.current() == workspace_id:
        _append(workspace_id, event)
        return
    with tenancy.inside(workspace_id):
        _append(workspace_id, event)


def _append(workspace_id: uuid.UUID, event: dict[str, Any]) -> None:
    stored = {**event, "workspace_id": workspace_id, "canonical": canonical(event)}
    for name in ("before", "after", "metadata"):
        stored[name] = database.jsonb(event[name]) if event[name] is not None else None
    if database.execute(_APPEND, stored):
        return
    database.execute(_START, {"workspace_id": workspace_id, "genesis": GENESIS})
    if not database.execute(_APPEND, stored):
        raise LookupError("no tenancy context for the audit log")
