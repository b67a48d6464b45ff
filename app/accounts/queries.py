"""Reads about members and invitations."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from app.core import database, tenancy

_MEMBERS = """
select a.id, a.user_id, u.name, u.email, a.role, a.created_at, a.last_seen_at
from account a join users u on u.id = a.user_id
where a.workspace_id = %(workspace_id)s
  and (%(after)s::uuid is null or a.id > %(after)s::uuid)
order by a.id limit %(limit)s
"""
_OWNERS = """
select u.name from account a join users u on u.id = a.user_id
where a.workspace_id = %(workspace_id)s and a.role = 'owner' order by u.name limit 10
"""
_PENDING = """
select i.id, i.email, i.role, i.created_at, i.expires_at, i.expires_at <= now(), u.name
from invitation i
left join account a on a.workspace_id = %(workspace_id)s and a.id = i.invited_by_account_id
left join users u on u.id = a.user_id
where i.workspace_id = %(workspace_id)s and i.accepted_at is null and i.revoked_at is null
order by i.created_at desc, i.id desc limit 200
"""
_INVITED = """
select i.workspace_id, i.id, i.email, i.role, i.expires_at, i.expires_at <= now(),
  i.accepted_at is not null, i.revoked_at is not null, w.name, w.slug, w.environment, o.name
from invitation i join workspace w on w.id = i.workspace_id and w.archived_at is null
join organization o on o.id = w.organization_id
where i.token_hash = %(token_hash)s
"""
LIMIT = 200


@dataclass(frozen=True, slots=True)
class Member:
    """One account with its person; `last_seen` is when they last used this workspace, to the minute."""

    id: uuid.UUID
    user_id: uuid.UUID
    name: str
    email: str
    role: str
    since: datetime
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class Pending:
    """An invitation that nobody has accepted yet."""

    id: uuid.UUID
    email: str
    role: str
    created_at: datetime
    expires_at: datetime
    expired: bool
    invited_by: str | None


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation as the bearer of its link sees it."""

    workspace_id: uuid.UUID
    id: uuid.UUID
    email: str
    role: str
    expires_at: datetime
    expired: bool
    accepted: bool
    revoked: bool
    workspace: str
    slug: str
    environment: str
    organization: str


def members(workspace_id: uuid.UUID, after: uuid.UUID | None = None) -> tuple[list[Member], bool]:
    """A page of members, the first that joined first, and whether more follow."""
    found = database.rows(
        _MEMBERS, {"workspace_id": workspace_id, "after": after, "limit": LIMIT + 1}
    )
    return [Member(*row) for row in found[:LIMIT]], len(found) > LIMIT


def owners(workspace_id: uuid.UUID) -> list[str]:
    """Names of the owners (at most ten)."""
    return [row[0] for row in database.rows(_OWNERS, {"workspace_id": workspace_id})]


def pending(workspace_id: uuid.UUID) -> list[Pending]:
    """Invitations waiting for an answer, the newest first."""
    return [Pending(*row) for row in database.rows(_PENDING, {"workspace_id": workspace_id})]


def invited(token_hash: str) -> Invited | None:
    """The invitation behind a link, seen before any workspace is known."""
    tenancy.identify(invitation=token_hash)
    found = database.row(_INVITED, {"token_hash": token_hash})
    return Invited(*found) if found else None
