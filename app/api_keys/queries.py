"""Reads of API keys. None of them selects a secret's hash."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.core import database, keys
from app.core.access import ABOUT, PERMISSIONS, RANK, ROLES, granted, lesser, may_act_on
from app.core.identity import Actor

from .schema import Catalog, CatalogPermission, CatalogRole, KeyOut, KeyPage, KeyQuery

WARN_DAYS = 14

_COLUMNS = """
k.id, k.workspace_id, k.key_id, k.name, k.role, k.permissions, k.expires_at, k.last_used_at,
k.created_at, k.updated_at, k.account_id, k.environment, k.last_used_ip,
case when k.previous_expires_at > now() then k.previous_expires_at end,
a.role, u.name, u.email
"""
_FROM = """
from api_key k
left join account a on a.workspace_id = k.workspace_id and a.id = k.account_id
left join users u on u.id = a.user_id
where k.workspace_id = %(workspace_id)s and k.revoked_at is null
"""
_PAGE = f"""
select {_COLUMNS} {_FROM}
  and (%(account_id)s::uuid is null or k.account_id = %(account_id)s)
  and (%(before)s::timestamptz is null or k.created_at < %(before)s)
order by k.created_at desc limit %(limit)s
"""
_ONE = f"select {_COLUMNS} {_FROM} and k.key_id = %(key_id)s"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Key:
    """One live row of the list: a key that is not revoked."""

    id: UUID
    workspace_id: UUID
    key_id: str
    name: str | None
    role: str
    permissions: tuple[str, ...]
    expires_at: datetime
    last_used_at: datetime | None
    created_at: datetime
    updated_at: datetime
    account_id: UUID
    environment: str
    last_used_ip: str | None
    overlap_ends_at: datetime | None
    creator_role: str | None
    creator_name: str | None
    creator_email: str | None

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name or f"Unnamed key {self.key_id[:4]}"

    @property
    def handle(self) -> str:
        """The legible beginning of the key, up to its secret."""
        return f"{keys.prefix(self.environment, self.role)}_{self.key_id}"

    @property
    def version(self) -> int:
        """Changes with every rotation; a form names the one it was made from."""
        return micros(self.updated_at)

    @property
    def effective_role(self) -> str | None:
        """What it amounts to today: the lesser of its own and its creator's role."""
        return lesser(self.role, self.creator_role) if self.creator_role else None

    @property
    def expired(self) -> bool:
        """Past its day."""
        return self.expires_at <= datetime.now(UTC)

    @property
    def expires_soon(self) -> bool:
        """Within the next 14 days."""
        return not self.expired and self.expires_at <= datetime.now(UTC) + timedelta(WARN_DAYS)

    def rights(self) -> frozenset[str]:
        """What it may do today."""
        held = granted(self.effective_role or "")
        return held & frozenset(self.permissions) if self.permissions else held

    def owned_by(self, actor: Actor) -> bool:
        """Made by the actor's account."""
        return self.account_id == actor.account_id

    def beyond(self, actor: Actor) -> bool:
        """Stronger than the key that asks; a person's own keys never are."""
        if actor.kind != "key" or actor.role is None:
            return False
        own = granted(self.role) & frozenset(self.permissions or granted(self.role))
        return RANK[self.role] > RANK[actor.role] or not own <= actor.permissions

    def revocable_by(self, actor: Actor) -> bool:
        """Own keys, and with ApiKey.delete those of people one may act on."""
        if self.owned_by(actor):
            return actor.may("ApiKey.delete_own") and not self.beyond(actor)
        target = self.creator_role or "viewer"
        return actor.may("ApiKey.delete") and may_act_on(actor.role or "viewer", target)

    def rotatable_by(self, actor: Actor) -> bool:
        """Only one's own, and never by a weaker key."""
        return self.owned_by(actor) and actor.may("ApiKey.update_own") and not self.beyond(actor)

    def out(self) -> KeyOut:
        """As the JSON lists it."""
        return KeyOut(
            id=self.id, workspace_id=self.workspace_id, key_id=self.key_id, name=self.name,
            role=self.role, permissions=list(self.permissions), expires_at=self.expires_at,
            last_used_at=self.last_used_at, created_at=self.created_at,
            updated_at=self.updated_at, created_by_entity_id=self.account_id,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of keys, newest first."""

    keys: list[Key]
    has_more: bool

    @property
    def token(self) -> int | None:
        """Where the next page begins: the last key's creation in microseconds."""
        return micros(self.keys[-1].created_at) if self.has_more else None


def micros(at: datetime) -> int:
    """Microseconds since 1970, exactly; 53 bits last until 2255."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def _key(row: database.Row) -> Key:
    values: list[Any] = [tuple(v) if isinstance(v, list) else v for v in row]
    return Key(*values)


def listing(actor: Actor, query: KeyQuery) -> Listing:
    """The keys that the actor may see. Without ApiKey.view those of their own account only."""
    own_only = query.mine_only or not actor.may("ApiKey.view")
    token = query.continuation_token
    params: dict[str, Any] = {
        "workspace_id": actor.here.id,
        "account_id": actor.account_id if own_only else None,
        "before": _EPOCH + timedelta(microseconds=token) if token else None,
        "limit": query.limit + 1,
    }
    found = [_key(row) for row in database.rows(_PAGE, params)]
    return Listing(found[: query.limit], len(found) > query.limit)


def as_page(found: Listing) -> KeyPage:
    """The listing as JSON."""
    items = [key.out() for key in found.keys]
    return KeyPage(items=items, has_more=found.has_more, continuation_token=found.token)


def find(actor: Actor, key_id: str) -> Key | None:
    """One live key, or None when there is none that the actor may see."""
    row = database.row(_ONE, {"workspace_id": actor.here.id, "key_id": key_id})
    key = _key(row) if row else None
    visible = key is not None and (key.owned_by(actor) or actor.may("ApiKey.view"))
    return key if visible else None


def catalog() -> Catalog:
    """Roles and permissions, from the table that is enforced."""
    return Catalog(
        roles=[
            CatalogRole(name=role, priority=RANK[role], description=ABOUT[role],
                        permission_names=sorted(granted(role)))
            for role in reversed(ROLES)
        ],
        permissions=[
            CatalogPermission(name=name, namespace=name.split(".")[0], action=name.split(".")[1])
            for name in PERMISSIONS
        ],
    )  # fmt: skip
