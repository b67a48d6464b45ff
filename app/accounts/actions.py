"""Members: their roles, and removing them."""

import uuid
from dataclasses import dataclass

from app.core import audit, database, jobs, tenancy
from app.core.access import may_act_on, may_grant
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.identity import Actor

LAST_OWNER = "A workspace always has an owner. Make somebody else owner first."
ABOVE = "Only owners act on admins and owners."

# Locks the owners, the one who acts and the one acted on: two demotions at once wait in line,
# and a role that was lost a moment ago no longer counts.
_LOCK = """
select a.id, a.role, a.user_id, u.name from account a join users u on u.id = a.user_id
where a.workspace_id = %(workspace_id)s
  and (a.role = 'owner' or a.id in (%(actor)s, %(target)s))
order by a.id for update of a
"""
_SET_ROLE = """
update account set role = %(role)s, updated_at = now()
where workspace_id = %(workspace_id)s and id = %(id)s
"""
_REVOKE_KEYS = """
update api_key set revoked_at = now(), updated_at = now()
where workspace_id = %(workspace_id)s and account_id = %(id)s and revoked_at is null
"""
_REMOVE = "delete from account where workspace_id = %(workspace_id)s and id = %(id)s"
_ADD = """
insert into account (workspace_id, id, user_id, role)
values (%(workspace_id)s, %(id)s, %(user_id)s, %(role)s)
on conflict (workspace_id, user_id) do nothing
"""
_BY_SLUG = "select id from workspace where slug = %(slug)s and archived_at is null"


@dataclass(frozen=True, slots=True)
class Target:
    """The account acted on, as it stands under the lock."""

    id: uuid.UUID
    role: str
    user_id: uuid.UUID
    name: str
    actor_role: str
    owners: int


def _locked(actor: Actor, account_id: uuid.UUID, permission: str) -> Target:
    found = database.rows(
        _LOCK,
        {"workspace_id": actor.here.id, "actor": actor.account_id, "target": account_id},
    )
    roles = {row[0]: row for row in found}
    if account_id not in roles:
        raise NotFound.of("account")
    if actor.account_id not in roles or not actor.may(permission):
        raise Forbidden(permission)
    _, role, user_id, name = roles[account_id]
    owners = sum(row[1] == "owner" for row in found)
    target = Target(account_id, role, user_id, name, roles[actor.account_id][1], owners)
    if not may_act_on(target.actor_role, target.role):
        raise Forbidden(permission, ABOVE)
    return target


def change_role(actor: Actor, account_id: uuid.UUID, role: str, from_role: str) -> Target:
    """Give a member another role.

    Raises NotFound, Forbidden (a peer, a superior, a role above one's reach), Conflict (the role
    is no longer `from_role`) and Invalid (the last owner).
    """
    target = _locked(actor, account_id, "Account.update")
    if not may_grant(target.actor_role, role):
        raise Forbidden("Account.update", "You cannot grant a role that is not below your own.")
    if target.role != from_role:
        raise Conflict(f"{target.name} is {target.role} by now. Look again before you change it.")
    if target.role == role:
        return target
    if target.role == "owner" and target.owners == 1:
        raise Invalid({"role": LAST_OWNER})
    database.execute(_SET_ROLE, {"workspace_id": actor.here.id, "id": account_id, "role": role})
    audit.record(
        "account.update", "account", account_id, resource_name=target.name,
        before={"role": target.role}, after={"role": role},
    )  # fmt: skip
    return target


def remove(actor: Actor, account_id: uuid.UUID) -> Target:
    """Take a member out of the workspace; their keys here die. What they made stays."""
    target = _locked(actor, account_id, "Account.delete")
    if target.role == "owner" and target.owners == 1:
        raise Invalid({"": LAST_OWNER})
    place = {"workspace_id": actor.here.id, "id": account_id}
    revoked = database.execute(_REVOKE_KEYS, place)
    database.execute(_REMOVE, place)
    audit.record(
        "account.delete", "account", account_id, resource_name=target.name,
        before={"role": target.role}, metadata={"revoked_keys": revoked},
    )  # fmt: skip
    return target


def add(workspace_id: uuid.UUID, user_id: uuid.UUID, role: str) -> uuid.UUID | None:
    """An account in the workspace of the context; None when the user has one already."""
    account_id = database.new_id()
    made = database.execute(
        _ADD,
        {"workspace_id": workspace_id, "id": account_id, "user_id": user_id, "role": role},
    )
    return account_id if made else None


def add_from_command_line(maintenance_url: str, slug: str, user_id: uuid.UUID, role: str) -> None:
    """`flask user create --workspace`. Raises Invalid when there is no such workspace."""
    with jobs.maintenance(maintenance_url) as connection:
        found = connection.execute(_BY_SLUG, {"slug": slug}).fetchone()
    if found is None:
        raise Invalid({"workspace": f"There is no workspace {slug}."})
    with tenancy.inside(found[0]):
        account_id = add(found[0], user_id, role)
        audit.record("account.create", "account", account_id, after={"role": role})
