"""Making, rotating and revoking API keys. A key never exceeds who makes it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from app.core import audit, database, keys
from app.core.access import PERMISSIONS, RANK, granted
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.identity import Actor

from . import queries
from .queries import Key
from .schema import OVERLAP_HOURS, IssuedKey, KeyIn, RotateIn

_INSERT = """
insert into api_key (workspace_id, id, key_id, name, secret_hash, role, permissions, environment,
  account_id, user_id, created_at, updated_at, expires_at)
select %(workspace_id)s, coalesce(%(id)s::uuid, uuidv7()), %(key_id)s, %(name)s, %(hash)s,
  %(role)s, %(permissions)s, %(environment)s, %(account_id)s, %(user_id)s,
  at, at, at + make_interval(days => %(days)s)
from clock_timestamp() at
on conflict (workspace_id, id) do nothing
returning expires_at
"""
# An expired secret must not come back to life for the overlap, nor an old one outlive its day.
_ROTATE = """
update api_key set secret_hash = %(hash)s, updated_at = clock_timestamp(),
  previous_secret_hash = case when expires_at > now() and %(hours)s > 0 then secret_hash end,
  previous_expires_at = case when expires_at > now() and %(hours)s > 0
    then least(now() + make_interval(hours => %(hours)s), expires_at) end,
  expires_at = now() + make_interval(days => %(days)s)
where workspace_id = %(workspace_id)s and id = %(id)s and revoked_at is null
  and (%(version)s::timestamptz is null or updated_at = %(version)s)
returning expires_at, previous_expires_at
"""
_REVOKE = """
update api_key set revoked_at = now(), updated_at = clock_timestamp(),
  previous_secret_hash = null, previous_expires_at = null
where workspace_id = %(workspace_id)s and id = %(id)s and revoked_at is null
"""


@dataclass(frozen=True, slots=True)
class Issued:
    """A key with the secret that is shown once."""

    id: UUID | None
    answer: IssuedKey
    overlap_ends_at: datetime | None = None


def create(
    actor: Actor, wanted: KeyIn, *, once: UUID | None = None, via: str | None = None
) -> Issued:
    """A new key of the actor's account.

    `once` is the row's id, chosen by the form: the same form sent twice makes one key and
    raises Conflict. Raises Forbidden for more than the actor has, Invalid for unknown names.
    """
    permissions = _narrowed(actor, wanted)
    here, key_id = actor.here, keys.make_key_id()
    secret = keys.make_secret(here.environment, wanted.role, key_id)
    made = database.row(
        _INSERT,
        {
            "workspace_id": here.id,
            "id": once,
            "key_id": key_id,
            "name": wanted.name,
            "hash": secret.hash,
            "role": wanted.role,
            "permissions": database.jsonb(permissions),
            "environment": here.environment,
            "account_id": actor.account_id,
            "user_id": actor.user_id,
            "days": wanted.duration_days,
        },
    )
    if made is None:
        raise Conflict(
            "This form was sent before and its key exists; the secret was shown then. "
            "If nobody stored it, revoke that key and create another."
        )
    answer = IssuedKey(
        key_id=key_id, api_key=secret.plaintext, name=wanted.name, role=wanted.role,
        permissions=permissions, expires_at=made[0], created_by_entity_id=actor.account_id,
        created_by_credential_id=actor.key_id,
    )  # fmt: skip
    audit.record(
        "api_key.create", "api_key", key_id, resource_name=wanted.name, after=_told(answer),
        metadata={"via": via} if via else None, actor=actor,
    )  # fmt: skip
    return Issued(once, answer)


def _told(answer: IssuedKey) -> dict[str, Any]:
    """The public facts of a key, for the audit log."""
    told = answer.model_dump(mode="json", exclude={"api_key", "key_id"})
    return {name: value for name, value in told.items() if value is not None}


def _narrowed(actor: Actor, wanted: KeyIn) -> list[str]:
    """The permission list to store: what was asked, inside what the actor has."""
    mine, role = actor.role or "viewer", wanted.role
    if RANK[role] > RANK[mine]:
        raise Forbidden(
            sentence=f"A key cannot do more than who makes it: you are {_a(mine)} here, "
            f"and asked for {_a(role)} key."
        )
    for name in wanted.permissions:
        if name not in PERMISSIONS:
            raise Invalid({"permissions": f"There is no permission {name}."})
        if name not in granted(role):
            raise Invalid({"permissions": f"{name} is not part of the role {role}."})
    beyond = set(wanted.permissions) - actor.permissions
    if beyond:
        raise Forbidden(sentence=f"You cannot give what you do not have: {sorted(beyond)[0]}.")
    reach = granted(role) & actor.permissions
    if wanted.permissions or reach == granted(role):
        return sorted(set(wanted.permissions))
    if not reach:
        raise Forbidden(sentence=f"You have no permission of the role {role} to give.")
    return sorted(reach)


def _a(role: str) -> str:
    return f"{'an' if role[0] in 'aeo' else 'a'} {role}"


def _visible(actor: Actor, key_id: str) -> Key:
    key = queries.find(actor, key_id)
    if key is None:
        raise NotFound.of("API key")
    return key


def refuse_rotation(key: Key) -> NoReturn:
    """Say why this key is not the actor's to rotate."""
    raise Forbidden(
        sentence=f"Only {key.creator_name or 'its creator'} can rotate this key, and not with "
        "a weaker key. You may be able to revoke it."
    )


def refuse_revocation(key: Key) -> NoReturn:
    """Say why this key is not the actor's to revoke."""
    raise Forbidden(
        sentence=f"Only {key.creator_name or 'its creator'} and owners can revoke this key, "
        "and not with a weaker key."
    )


def rotate(
    actor: Actor, key_id: str, wanted: RotateIn, *, version: datetime | None = None
) -> Issued:
    """A new secret for an own key; the old one works until the overlap ends.

    Raises Conflict when the key changed since `version`, Forbidden for somebody else's key.
    """
    key = _visible(actor, key_id)
    if not key.rotatable_by(actor):
        refuse_rotation(key)
    secret = keys.make_secret(key.environment, key.role, key.key_id)
    made = database.row(
        _ROTATE,
        {
            "workspace_id": key.workspace_id,
            "id": key.id,
            "hash": secret.hash,
            "hours": OVERLAP_HOURS[wanted.overlap],
            "days": wanted.duration_days,
            "version": version,
        },
    )
    if made is None:
        raise Conflict("This key was rotated or revoked in the meantime. Open the list again.")
    answer = IssuedKey(
        key_id=key.key_id, api_key=secret.plaintext, name=key.name, role=key.role,
        permissions=list(key.permissions), expires_at=made[0], created_by_entity_id=key.account_id,
    )  # fmt: skip
    audit.record(
        "api_key.rotate", "api_key", key.key_id, resource_name=key.name, actor=actor,
        before={"expires_at": key.expires_at},
        after={"expires_at": made[0], "old_secret_until": made[1], "overlap": wanted.overlap},
    )  # fmt: skip
    return Issued(key.id, answer, made[1])


def revoke(actor: Actor, key_id: str) -> Key:
    """The key stops at once, both secrets. Raises NotFound or Forbidden."""
    key = _visible(actor, key_id)
    if not key.revocable_by(actor):
        refuse_revocation(key)
    if not database.execute(_REVOKE, {"workspace_id": key.workspace_id, "id": key.id}):
        raise NotFound.of("API key")
    audit.record(
        "api_key.revoke", "api_key", key.key_id, resource_name=key.name, actor=actor,
        before={"role": key.role, "expires_at": key.expires_at, "last_used_at": key.last_used_at},
    )  # fmt: skip
    return key
