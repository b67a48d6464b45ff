"""Two throw-away workspaces with the same local names and ids, a row in every tenant table."""

import re
import secrets
import uuid
import zlib
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from app.core import keys
from app.core.access import ROLES
from app.core.identity import token_hash

LOCAL = uuid.UUID("0190aaaa-0000-7000-8000-000000000001")
"""The id that one row of every table has in both workspaces."""
FOREIGN = uuid.UUID("0190aaaa-0000-7000-8000-000000000002")
"""An id that exists in the second workspace only."""
MADE_BY_HAND = {"account", "api_key"}

_TENANT_TABLES = """
select c.table_name from information_schema.columns c
join information_schema.tables t using (table_schema, table_name)
where c.table_schema = 'public' and c.column_name = 'workspace_id' and t.table_type = 'BASE TABLE'
order by c.table_name
"""
_COLUMNS = """
select column_name, data_type, is_nullable = 'NO' and column_default is null
from information_schema.columns
where table_schema = 'public' and table_name = %s and is_generated = 'NEVER'
order by ordinal_position
"""
_CHECKS = """
select pg_get_constraintdef(oid) from pg_constraint
where contype = 'c' and conrelid = %s::regclass
"""
ONE_OF = re.compile(r"\((\w+) = ANY \(ARRAY\['([^']+)'")
FIXED: dict[str, Any] = {
    "caller_id": "+14155550101", "lengths": [1], "responses": [1], "time_zone": "UTC",
    "entity_type": "person", "matched_on": ["email"], "last_seq": 1000,
}  # fmt: skip
BESIDE = {"last_seq"}
"""Columns with a default that would not fit the other rows: the events have their numbers."""


@dataclass
class Side:
    """One of the two workspaces, with everybody who acts in it."""

    mark: str
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    organization_id: uuid.UUID = field(default_factory=uuid.uuid4)
    users: dict[str, uuid.UUID] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        return f"isolation-{self.mark}"

    @property
    def canary(self) -> str:
        """A word that stands in every text of this workspace and nowhere else."""
        return f"canary{self.mark}"


def tenant_tables(connection: psycopg.Connection[Any]) -> list[str]:
    """Every table with a workspace_id, from the catalog."""
    return [name for (name,) in connection.execute(_TENANT_TABLES).fetchall()]


def _choices(connection: psycopg.Connection[Any], table: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for (definition,) in connection.execute(_CHECKS, (table,)).fetchall():
        found.update({m[1]: m[2] for m in ONE_OF.finditer(definition)})
    return found


def _guess(side: Side, name: str, kind: str, local: uuid.UUID) -> Any:
    if name == "user_id":
        return side.users["owner"]
    if name == "account_id":
        return uuid.UUID(int=LOCAL.int + 16)
    if name == "phone_number":
        # A number is taken once in the whole installation.
        return f"+1415{zlib.crc32((side.mark + local.hex).encode()) % 10**7:07}"
    if name == "email":
        return f"{side.canary}@isolation.invalid"
    values: dict[str, Any] = {
        "uuid": local,
        "text": f"{side.canary} {name} {local.hex[-1]}",
        "jsonb": Jsonb({"text": side.canary}),
        "tsvector": side.canary,
        "date": "2026-01-01",
        "smallint": 1,
        "boolean": False,
        "integer": int(local.hex[-1], 16),
        "bigint": int(local.hex[-1], 16),
        "double precision": 1.0,
        "real": 1.0,
        "timestamp with time zone": "2026-01-01T00:00:00Z",
        "ARRAY": [side.canary],
    }
    return values[kind]


def writable(connection: psycopg.Connection[Any], table: str) -> list[str]:
    """The columns that a row brings along; the others are computed."""
    return [f'"{name}"' for name, _, _ in connection.execute(_COLUMNS, (table,)).fetchall()]


def row(
    connection: psycopg.Connection[Any], table: str, side: Side, local: uuid.UUID
) -> dict[str, Any]:
    """A valid row of any tenant table, made from the catalog."""
    choices = _choices(connection, table)
    made: dict[str, Any] = {}
    for name, kind, needed in connection.execute(_COLUMNS, (table,)).fetchall():
        if name == "workspace_id":
            made[name] = side.id
        elif name in ("id", "number"):
            made[name] = _guess(side, name, kind, local)
        elif needed or name in BESIDE or (name in choices and kind == "text"):
            made[name] = choices.get(name) or FIXED.get(name) or _guess(side, name, kind, local)
    return made


def insert(connection: psycopg.Connection[Any], table: str, made: dict[str, Any]) -> None:
    """Store one row."""
    names = ", ".join(f'"{name}"' for name in made)
    marks = ", ".join(f"%({name})s" for name in made)
    statement = f"insert into {table} ({names}) values ({marks}) on conflict do nothing"
    connection.execute(statement.encode(), made)


def _people(connection: psycopg.Connection[Any], side: Side) -> None:
    for role in (*ROLES, "nobody"):
        user, token = uuid.uuid4(), secrets.token_urlsafe(16)
        side.users[role], side.tokens[role] = user, token
        connection.execute(
            "insert into users (id, email, name, password_hash) values (%s, %s, %s, 'none')",
            (user, f"{role}-{side.mark}@isolation.invalid", f"{role} {side.canary}"),
        )
        connection.execute(
            "insert into session (token_hash, user_id) values (%s, %s)", (token_hash(token), user)
        )


def _accounts(connection: psycopg.Connection[Any], side: Side) -> None:
    for number, role in enumerate(ROLES):
        # The same account ids in both workspaces.
        account = uuid.UUID(int=LOCAL.int + 16 + number)
        connection.execute(
            "insert into account (workspace_id, id, user_id, role) values (%s, %s, %s, %s)",
            (side.id, account, side.users[role], role),
        )
        key_id = keys.make_key_id()
        secret = keys.make_secret("development", role, key_id)
        side.keys[role] = secret.plaintext
        connection.execute(
            "insert into api_key (workspace_id, id, key_id, name, secret_hash, role, environment,"
            " account_id, user_id, expires_at) values (%s, %s, %s, %s, %s, %s, 'development', %s,"
            " %s, now() + interval '1 hour')",
            (side.id, account, key_id, side.canary, secret.hash, role, account, side.users[role]),
        )


def plant(connection: psycopg.Connection[Any], side: Side, locals_: list[uuid.UUID]) -> None:
    """Create one side: organization, workspace, people, keys, and rows in every table."""
    connection.execute(
        "insert into organization (id, name) values (%s, %s)", (side.organization_id, side.canary)
    )
    connection.execute(
        "insert into workspace (id, organization_id, slug, name, environment)"
        " values (%s, %s, %s, %s, 'development')",
        (side.id, side.organization_id, side.slug, f"Isolation {side.canary}"),
    )
    _people(connection, side)
    _accounts(connection, side)
    waiting = [t for t in tenant_tables(connection) if t not in MADE_BY_HAND]

    def fill(table: str) -> None:
        for local in locals_:
            insert(connection, table, row(connection, table, side, local))

    _settle(connection, waiting, fill)


def _settle(connection: psycopg.Connection[Any], waiting: list[str], work: Any) -> None:
    """Do `work` for each table, in whatever order the foreign keys allow."""
    while waiting:
        left = []
        for table in waiting:
            try:
                with connection.transaction():
                    work(table)
            except psycopg.errors.ForeignKeyViolation:
                left.append(table)
        if len(left) == len(waiting):
            raise RuntimeError(f"no order found for the tables {', '.join(left)}")
        waiting = left


def clear(connection: psycopg.Connection[Any], sides: list[Side]) -> None:
    """Leave nothing behind."""
    places = [side.id for side in sides]
    users = [user for side in sides for user in side.users.values()]
    _settle(connection, tenant_tables(connection), lambda table: connection.execute(
        f"delete from {table} where workspace_id = any(%s)".encode(), (places,)
    ))  # fmt: skip
    connection.execute("delete from workspace where id = any(%s)", (places,))
    organizations = [side.organization_id for side in sides]
    connection.execute("delete from organization where id = any(%s)", (organizations,))
    connection.execute("delete from users where id = any(%s)", (users,))
