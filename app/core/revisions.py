"""Revisions: every saved version of every configuration, who saved it and what changed."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from . import database
from .database import Base, Id, Json, Now
from .identity import Actor
from .tenancy import Tenant


class Revision(Tenant, Base):
    """One saved version of one configuration resource; never changed, never removed."""

    __tablename__ = "revision"
    __table_args__ = (
        UniqueConstraint("workspace_id", "resource_type", "resource_id", "number"),
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"], ondelete="CASCADE"),
    )

    id: Mapped[Id]
    resource_type: Mapped[str]
    resource_id: Mapped[str]
    number: Mapped[int]
    value: Mapped[Json]
    changed: Mapped[Json]
    actor_kind: Mapped[str]
    actor_account_id: Mapped[uuid.UUID | None]
    actor_key_id: Mapped[str | None]
    actor_label: Mapped[str]
    label: Mapped[str | None]
    restored_from: Mapped[int | None]
    created_at: Mapped[Now]


@dataclass(frozen=True, slots=True)
class Change:
    """One revision as the history shows it; `changed` maps a field to its before and after."""

    number: int
    changed: dict[str, dict[str, Any]]
    actor_kind: str
    actor_label: str
    label: str | None
    restored_from: int | None
    created_at: datetime


_ADD = """
insert into revision (workspace_id, resource_type, resource_id, number, value, changed,
  actor_kind, actor_account_id, actor_key_id, actor_label, label, restored_from)
values (%(workspace_id)s, %(resource_type)s, %(resource_id)s, %(number)s, %(value)s, %(changed)s,
  %(actor_kind)s, %(actor_account_id)s, %(actor_key_id)s, %(actor_label)s, %(label)s,
  %(restored_from)s)
"""
_HISTORY = """
select number, changed, actor_kind, actor_label, label, restored_from, created_at from revision
where workspace_id = %(workspace_id)s and resource_type = %(resource_type)s
  and resource_id = %(resource_id)s and number < %(before)s
order by number desc limit %(limit)s
"""
_VALUE = """
select value from revision
where workspace_id = %(workspace_id)s and resource_type = %(resource_type)s
  and resource_id = %(resource_id)s and number = %(number)s
"""
LARGEST = 2**31 - 1


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Field -> {before, after} for what differs; a field that is not there counts as None."""
    names = sorted(before.keys() | after.keys())
    return {
        name: {"before": before.get(name), "after": after.get(name)}
        for name in names
        if before.get(name) != after.get(name)
    }


def add(
    actor: Actor,
    resource_type: str,
    resource_id: str,
    number: int,
    *,
    value: Any,
    changed: Any,
    label: str | None = None,
    restored_from: int | None = None,
) -> None:
    """Keep one version, in the transaction of the change itself."""
    database.execute(
        _ADD,
        {
            "workspace_id": actor.here.id,
            "resource_type": resource_type,
            "resource_id": resource_id,
            "number": number,
            "value": database.jsonb(value),
            "changed": database.jsonb(changed),
            "actor_kind": actor.kind,
            "actor_account_id": actor.account_id,
            "actor_key_id": actor.key_id,
            "actor_label": actor.label,
            "label": label,
            "restored_from": restored_from,
        },
    )


def history(
    actor: Actor, resource_type: str, resource_id: str, before: int | None = None, limit: int = 20
) -> tuple[list[Change], int | None]:
    """The newest revisions first, and the number to go on from when there are older ones."""
    found = database.rows(
        _HISTORY,
        {
            "workspace_id": actor.here.id,
            "resource_type": resource_type,
            "resource_id": resource_id,
            "before": min(before or LARGEST, LARGEST),
            "limit": limit + 1,
        },
    )
    shown = [Change(*row) for row in found[:limit]]
    return shown, shown[-1].number if len(found) > limit else None


def value_of(actor: Actor, resource_type: str, resource_id: str, number: int) -> Any:
    """The value a revision kept, or None when there is no such revision here."""
    return database.value(
        _VALUE,
        {
            "workspace_id": actor.here.id,
            "resource_type": resource_type,
            "resource_id": resource_id,
            "number": min(number, LARGEST),
        },
    )
