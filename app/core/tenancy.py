"""The tenancy context: which workspace, and which few rows before one is known.

Rows are visible only while the transaction carries the matching `ward.*` setting. The settings
are set in one place, here, with SET LOCAL: it is the only form that a distributed PostgreSQL
carries to its shards, and it ends with the transaction.
"""

import contextlib
import uuid
from collections.abc import Iterator

from flask import g
from psycopg import sql
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, mapped_column

from . import database
from .policies import check, protect, unprotect

__all__ = [
    "Tenant",
    "check",
    "current",
    "enter",
    "identify",
    "inside",
    "leave",
    "protect",
    "unprotect",
]

SETTINGS = ("workspace_id", "user_id", "session", "sign_in", "key_id", "invitation")


class Tenant:
    """Mixin of every tenant table: `workspace_id` leads the primary key."""

    workspace_id: Mapped[uuid.UUID] = mapped_column(
        UUID(as_uuid=True), primary_key=True, sort_order=-2
    )


def _context() -> dict[str, str]:
    context: dict[str, str] = g.setdefault("ward_tenancy", {})
    return context


def _statement(settings: dict[str, str]) -> str:
    # SET takes no bind parameters: each value is quoted as a literal.
    return "; ".join(
        f"set local ward.{name} = {_quoted(value)}" for name, value in settings.items()
    )


def _quoted(value: str) -> str:
    """As a literal; ids and hashes, which are nothing but letters, digits and hyphens, at once."""
    if value.isascii() and value.replace("-", "").isalnum():
        return f"'{value}'"
    return sql.Literal(value).as_string(None)


def _set(settings: dict[str, str]) -> None:
    _context().update(settings)
    if database.in_transaction():
        database.run(_statement(settings), prepare=False)


def enter(workspace_id: uuid.UUID | str) -> None:
    """Work in this workspace from now on, in this transaction and the next ones."""
    if not isinstance(workspace_id, uuid.UUID):
        workspace_id = uuid.UUID(workspace_id)
    _set({"workspace_id": str(workspace_id)})


def identify(
    *,
    user_id: uuid.UUID | None = None,
    session: str | None = None,
    sign_in: str | None = None,
    key_id: str | None = None,
    invitation: str | None = None,
) -> None:
    """Open the narrow view of what must be looked up before a workspace is known."""
    given = {
        "user_id": str(user_id) if user_id else None,
        "session": session,
        "sign_in": sign_in,
        "key_id": key_id,
        "invitation": invitation,
    }
    _set({name: value for name, value in given.items() if value})


def leave() -> None:
    """Forget every setting: no context, no rows."""
    context = _context()
    if context and database.in_transaction():
        database.run(_statement(dict.fromkeys(context, "")), prepare=False)
    context.clear()


def current() -> uuid.UUID | None:
    """The workspace of the context, if any."""
    found = _context().get("workspace_id")
    return uuid.UUID(found) if found else None


@contextlib.contextmanager
def inside(workspace_id: uuid.UUID | str) -> Iterator[None]:
    """Work in one workspace for a block (commands, jobs, tests)."""
    before = dict(_context())
    enter(workspace_id)
    try:
        yield
    finally:
        leave()
        if before:
            _set(before)


@database.on_begin
def _carry() -> str:
    return _statement(g.get("ward_tenancy") or {})
