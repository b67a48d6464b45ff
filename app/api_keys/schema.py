"""The shapes of API keys, for the page and the JSON."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from annotated_types import Ge, Le, MaxLen, MinLen

from app.core.access import Role
from app.core.schema import UI, Between, Schema

MOST_DAYS = 90
OVERLAP_HOURS = {"now": 0, "1h": 1, "24h": 24, "7d": 168}
OVERLAPS = {
    "now": "At once",
    "1h": "In 1 hour",
    "24h": "In 24 hours",
    "7d": "In 7 days",
}

Days = Annotated[
    int, Between(1, MOST_DAYS),
    UI("Days until it expires", "From 1 to 90. A key cannot live for ever; it can be rotated."),
]  # fmt: skip


class KeyIn(Schema):
    """What a new key shall be. It never does more than the account that makes it."""

    name: Annotated[
        str | None, MinLen(1), MaxLen(256), UI("Name", "What will use it, such as “night import”.")
    ] = None
    duration_days: Days
    role: Annotated[Role, UI("Role", "The most the key may ever do. Never more than you.")] = (
        "member"
    )
    permissions: Annotated[
        list[Annotated[str, MinLen(1), MaxLen(128)]], MaxLen(128),
        UI("Only these permissions", "Choose none to allow all that the role has."),
    ] = []  # fmt: skip


class RotateIn(Schema):
    """A new secret for a key. Without `overlap` the old secret stops at once."""

    duration_days: Days
    overlap: Annotated[
        Literal["now", "1h", "24h", "7d"],
        UI("The old secret stops working", options=OVERLAPS),
    ] = "now"


class IssuedKey(Schema):
    """A key with its secret: the only answer that ever carries it."""

    key_id: str
    api_key: Annotated[str, UI("API key", secret=True)]
    name: str | None = None
    role: str
    permissions: list[str]
    expires_at: datetime
    created_by_entity_id: UUID | None = None
    created_by_credential_id: str | None = None


class KeyOut(Schema):
    """A key as listed, without its secret."""

    id: UUID
    workspace_id: UUID
    key_id: str
    name: str | None = None
    role: str
    permissions: list[str]
    expires_at: datetime
    last_used_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    created_by_entity_id: UUID | None = None
    created_by_credential_id: str | None = None


class KeyQuery(Schema):
    """Which keys to list; newest first."""

    mine_only: bool = False
    limit: Annotated[int, Ge(1), Le(100)] = 10
    continuation_token: Annotated[int, Ge(0), Le(2**53)] = 0


class KeyPage(Schema):
    """One page of keys; `continuation_token` asks for the next."""

    items: list[KeyOut]
    has_more: bool
    continuation_token: int | None = None


class CatalogRole(Schema):
    """A role and what it holds."""

    name: str
    priority: int
    description: str
    permission_names: list[str]


class CatalogPermission(Schema):
    """One permission."""

    name: str
    namespace: str
    action: str


class Catalog(Schema):
    """Roles and permissions as they are enforced."""

    roles: list[CatalogRole]
    permissions: list[CatalogPermission]


class Me(Schema):
    """The key that asks."""

    workspace_id: UUID
    key_id: str
    name: str | None = None
    expires_at: datetime
    expires_in_seconds: int
