"""Creating, renaming and archiving workspaces."""

import uuid
from dataclasses import dataclass, replace
from typing import Any

from app.core import audit, database, revisions, tenancy
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.identity import Actor

from . import queries, slugs
from .queries import WorkspaceRow
from .schema import NewWorkspace, Rename, WorkspacePatch

RESOURCE = "workspace"
RETRIES = 5
TAKEN = "This slug is taken. Choose another one."
NO_SLUG = "No slug can be made from this name. Enter one."
WRONG_SLUG = "This is not the slug of this workspace."

_ORGANIZATION = "insert into organization (id, name) values (%(id)s, %(name)s)"
_WORKSPACE = """
insert into workspace (id, organization_id, slug, name, environment, region)
values (%(id)s, %(organization_id)s, %(slug)s, %(name)s, %(environment)s, %(region)s)
on conflict (slug) do nothing
"""
_OWNER = """
insert into account (workspace_id, id, user_id, role)
values (%(workspace_id)s, %(id)s, %(user_id)s, 'owner')
"""
_CHANGE = """
update workspace set name = %(name)s, connector_type = %(connector_type)s, updated_at = now(),
  version = version + 1
where id = %(workspace_id)s and archived_at is null and version = %(version)s
"""
_ARCHIVE = """
update workspace set archived_at = now(), updated_at = now(), version = version + 1
where id = %(workspace_id)s and archived_at is null
"""
_REVOKE_KEYS = """
update api_key set revoked_at = now(), updated_at = now()
where workspace_id = %(workspace_id)s and revoked_at is null
"""


@dataclass(frozen=True, slots=True)
class Home:
    """The organization of a new workspace: one I know, or a new one by its name."""

    organization_id: uuid.UUID | None = None
    new_name: str = ""


def create(actor: Actor, wanted: NewWorkspace, home: Home) -> str:
    """A new workspace of which the actor is the owner; its slug.

    Raises Invalid for a taken slug or an organization in which the actor owns nothing.
    """
    slug = wanted.slug or slugs.suggest(wanted.name)
    if not slug:
        raise Invalid({"slug": NO_SLUG})
    known = {found for found, _ in queries.owned_organizations(actor.user_id)}
    if home.organization_id is not None and home.organization_id not in known:
        raise Invalid({"organization": "Choose one of your organizations, or name a new one."})
    return _create(actor, wanted, slug, home)


def _create(actor: Actor, wanted: NewWorkspace, slug: str, home: Home) -> str:
    workspace_id, account_id = database.new_id(), database.new_id()
    tenancy.enter(workspace_id)
    organization_id = home.organization_id or database.new_id()
    if home.organization_id is None:
        database.execute(_ORGANIZATION, {"id": organization_id, "name": home.new_name})
    fields = {
        "name": wanted.name, "slug": slug, "environment": wanted.environment,
        "region": wanted.region,
    }  # fmt: skip
    made = database.execute(
        _WORKSPACE, {**fields, "id": workspace_id, "organization_id": organization_id}
    )
    if not made:
        raise Invalid({"slug": TAKEN})
    database.execute(
        _OWNER, {"workspace_id": workspace_id, "id": account_id, "user_id": actor.user_id}
    )
    audit.record(
        "workspace.create", "workspace", workspace_id, resource_name=wanted.name, after=fields,
        actor=replace(actor, account_id=account_id, role="owner"), workspace_id=workspace_id,
    )  # fmt: skip
    return slug


def _current(actor: Actor) -> WorkspaceRow:
    found = queries.one(actor.here.id)
    if found is None:
        raise NotFound
    return found


def rename(actor: Actor, wanted: Rename, version: int | None) -> WorkspaceRow:
    """Change name and records system. Raises Conflict when `version` is no longer the latest."""
    return _change(actor, wanted.model_dump(), version)


def patch(actor: Actor, wanted: WorkspacePatch) -> WorkspaceRow:
    """Change what was named. Raises Invalid for an environment or region that would change."""
    now = _current(actor)
    if wanted.environment not in (None, now.environment):
        raise Invalid.at("environment", "An environment is converted, not edited.")
    if wanted.region not in (None, now.region):
        raise Invalid.at("region", "A workspace stays in its region.")
    given = wanted.model_dump(include=wanted.model_fields_set & {"name", "connector_type"})
    if given.get("name", "") is None:
        raise Invalid.at("name", "A workspace needs a name.")
    return _change(actor, given, None) if given else now


def _change(
    actor: Actor, given: dict[str, Any], version: int | None, restored_from: int | None = None
) -> WorkspaceRow:
    if not actor.may("Workspace.update"):
        raise Forbidden("Workspace.update")
    for _ in range(RETRIES):
        now = _current(actor)
        before = {"name": now.name, "connector_type": now.connector_type}
        after = {**before, **given}
        if after == before:
            return now
        if version is not None and version != now.version:
            break
        if database.execute(
            _CHANGE, {**after, "workspace_id": actor.here.id, "version": now.version}
        ):
            _remember(actor, before, after, now.version + 1, restored_from)
            return _current(actor)
    raise Conflict(f"Somebody changed it in the meantime; it is called “{now.name}” now.")


def _remember(
    actor: Actor, before: dict[str, Any], after: dict[str, Any], number: int, restored: int | None
) -> None:
    changed = revisions.difference(before, after)
    revisions.add(
        actor, RESOURCE, str(actor.here.id), number, value=after, changed=changed,
        restored_from=restored,
    )  # fmt: skip
    audit.record(
        f"workspace.{'update' if restored is None else 'restore'}", RESOURCE, actor.here.id,
        resource_name=after["name"], before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )  # fmt: skip


def restore(actor: Actor, number: int, version: int | None) -> WorkspaceRow:
    """Make an old name and records system the current ones. Raises NotFound, Conflict.

    The number before the oldest revision stands for how the workspace was made.
    """
    ident = str(actor.here.id)
    kept = revisions.value_of(actor, RESOURCE, ident, number)
    if kept is None:
        after, _ = revisions.history(actor, RESOURCE, ident, number + 2, limit=1)
        if not after or after[0].number != number + 1:
            raise NotFound("There is no such version.")
        later = revisions.value_of(actor, RESOURCE, ident, number + 1)
        kept = later | {name: both["before"] for name, both in after[0].changed.items()}
    return _change(actor, kept, version, restored_from=number)


def archive(actor: Actor, slug: str) -> None:
    """Close the workspace: 404 everywhere from now on, its keys dead, its data kept.

    Raises Invalid unless `slug` is the workspace's own.
    """
    if not actor.may("Workspace.archive"):
        raise Forbidden("Workspace.archive")
    if slug != actor.here.slug:
        raise Invalid.at("slug", WRONG_SLUG)
    audit.record(
        "workspace.archive", "workspace", actor.here.id, resource_name=actor.here.name,
        before={"archived": False}, after={"archived": True},
    )  # fmt: skip
    if not database.execute(_ARCHIVE, {"workspace_id": actor.here.id}):
        raise NotFound
    database.execute(_REVOKE_KEYS, {"workspace_id": actor.here.id})
