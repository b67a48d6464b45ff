"""Reads about workspaces and the organizations they belong to."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core import database

LIMIT = 100

_FIELDS = """
w.id, w.slug, w.name, w.environment, w.region, w.connector_type, w.backend_org_id,
w.provisioned_at, w.created_at, w.updated_at, w.version
"""
_ONE = f"select {_FIELDS} from workspace w where w.id = %(workspace_id)s and w.archived_at is null"
_MINE = """
select w.id, w.slug, w.name, w.environment, a.role, o.name
from account a
join workspace w on w.id = a.workspace_id and w.archived_at is null
join organization o on o.id = w.organization_id
where a.user_id = %(user_id)s
  and (%(q)s::text = '' or position(%(q)s::text in lower(w.name)) > 0
       or position(%(q)s::text in w.slug) > 0 or position(%(q)s::text in lower(o.name)) > 0)
  and (%(after)s::uuid is null or (o.name, w.name, w.id) > (
    select ao.name, aw.name, aw.id from workspace aw
    join organization ao on ao.id = aw.organization_id where aw.id = %(after)s::uuid))
order by o.name, w.name, w.id limit %(limit)s
"""
_OWNED = """
select distinct o.name, o.id from account a
join workspace w on w.id = a.workspace_id and w.archived_at is null
join organization o on o.id = w.organization_id
where a.user_id = %(user_id)s and a.role = 'owner' order by o.name, o.id
"""


@dataclass(frozen=True, slots=True)
class WorkspaceRow:
    """A workspace with everything there is to know about itself."""

    id: uuid.UUID
    slug: str
    name: str
    environment: str
    region: str
    connector_type: str | None
    backend_org_id: str | None
    provisioned_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Mine:
    """One of my workspaces."""

    id: uuid.UUID
    slug: str
    name: str
    environment: str
    role: str
    organization: str


def one(workspace_id: uuid.UUID) -> WorkspaceRow | None:
    """The workspace of the context."""
    found = database.row(_ONE, {"workspace_id": workspace_id})
    return WorkspaceRow(*found) if found else None


def mine(
    user_id: uuid.UUID, q: str = "", after: uuid.UUID | None = None
) -> tuple[list[Mine], bool]:
    """A page of my workspaces by organization and name, and whether more follow."""
    params: dict[str, Any] = {
        "user_id": user_id, "q": q.casefold(), "after": after, "limit": LIMIT + 1,
    }  # fmt: skip
    found = [Mine(*row) for row in database.rows(_MINE, params)]
    return found[:LIMIT], len(found) > LIMIT


def owned_organizations(user_id: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    """(id, name) of the organizations in which I own a workspace."""
    return [(row[1], row[0]) for row in database.rows(_OWNED, {"user_id": user_id})]
