"""Reading and writing the members of a `Collection`: revisions, audit, locking, deletion."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import psycopg
from pydantic import BaseModel

from . import audit, database, revisions
from .collection import DELETED, Collection, Listing, Record, Stale, Taken
from .errors import NotFound
from .identity import Actor

S = TypeVar("S", bound=BaseModel)
RETRIES = 5


def _record(of: Collection[S], row: database.Row) -> Record[S]:
    value = of.schema.model_construct(**dict(zip(of.schema.model_fields, row[6:], strict=True)))
    ident, number, version, created_at, updated_at, updated_by = row[:6]
    return Record(ident, number, version, created_at, updated_at, updated_by, value)


def _params(of: Collection[S], value: S) -> dict[str, Any]:
    return {
        name: database.jsonb(item) if isinstance(item, list | dict) else item
        for name, item in value.model_dump(warnings=False).items()
    }


def find(of: Collection[S], actor: Actor, ident: uuid.UUID) -> Record[S] | None:
    """One member of the actor's workspace."""
    row = database.row(of.sql.one, {"workspace_id": actor.here.id, "id": ident})
    return _record(of, row) if row else None


def one(of: Collection[S], actor: Actor, ident: uuid.UUID) -> Record[S]:
    """The same. Raises NotFound."""
    found = find(of, actor, ident)
    if found is None:
        raise NotFound
    return found


def listing(of: Collection[S], actor: Actor, query: Any, limit: int | None = None) -> Listing[S]:
    """One page; `query` is an instance of the collection's query."""
    take = limit or query.limit
    needle = (query.search or "").strip()
    escaped = needle.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    params = {
        "workspace_id": actor.here.id, "search": f"%{escaped}%" if needle else None,
        "before": query.continuation_token or 2**62, "take": take + 1,
        **{name: getattr(query, name) for name in of.filters},
    }  # fmt: skip
    items = [_record(of, row) for row in database.rows(of.sql.page, params)]
    total = int(database.value(of.sql.count, params))
    more = len(items) > take
    return Listing(items[:take], total, items[take - 1].number if more else None)


def _write(of: Collection[S], sql: str, params: Mapping[str, Any]) -> int:
    try:
        with database.driver().transaction():
            return database.execute(sql, params)
    except psycopg.errors.UniqueViolation as error:
        name = error.diag.constraint_name or ""
        if name not in of.unique:
            raise
        raise Taken(*of.unique[name]) from None


def create(
    of: Collection[S], actor: Actor, value: S, ident: uuid.UUID | None = None
) -> tuple[Record[S], bool]:
    """Store a new member, and whether it was new: the same id again changes nothing."""
    ident = ident or database.new_id()
    if (known := find(of, actor, ident)) is not None:
        return known, False
    return _insert(of, actor, value, ident, 1, None), True


def _insert(
    of: Collection[S], actor: Actor, value: S, ident: uuid.UUID, version: int, restored: int | None
) -> Record[S]:
    place = {"workspace_id": actor.here.id}
    database.execute(of.sql.lock, place)
    _write(of, of.sql.insert, {
        **place, "id": ident, "version": version, "updated_by": actor.label, **_params(of, value),
    })  # fmt: skip
    made = one(of, actor, ident)
    verb = "create" if restored is None else "restore"
    _remember(
        of,
        actor,
        verb,
        made,
        {},
        value.model_dump(mode="json", warnings=False),
        restored_from=restored,
    )
    return made


def update(
    of: Collection[S],
    actor: Actor,
    ident: uuid.UUID,
    given: Mapping[str, Any],
    version: int | None = None,
    restored_from: int | None = None,
) -> Record[S]:
    """Change the given fields. Raises NotFound, Invalid, Stale, Taken.

    Saving what already stands changes nothing and is no conflict.
    """
    for _ in range(RETRIES):
        current = one(of, actor, ident)
        before = current.value.model_dump(mode="json", warnings=False)
        value = of.parse({**before, **given})
        after = value.model_dump(mode="json", warnings=False)
        if after == before:
            return current
        if version is not None and version != current.version:
            raise Stale(current)
        params = {
            "workspace_id": actor.here.id, "id": ident, "version": current.version,
            "updated_by": actor.label, **_params(of, value),
        }  # fmt: skip
        if _write(of, of.sql.update, params):
            saved = one(of, actor, ident)
            verb = "update" if restored_from is None else "restore"
            _remember(of, actor, verb, saved, before, after, restored_from=restored_from)
            return saved
    raise Stale(one(of, actor, ident))


def delete(of: Collection[S], actor: Actor, ident: uuid.UUID) -> Record[S]:
    """Remove a member; its history stays. Raises NotFound."""
    current = one(of, actor, ident)
    database.execute(of.sql.delete, {"workspace_id": actor.here.id, "id": ident})
    before = current.value.model_dump(mode="json", warnings=False)
    _remember(of, actor, "delete", current, before, {}, value=before, label=DELETED)
    return current


def restore(of: Collection[S], actor: Actor, ident: uuid.UUID, number: int) -> Record[S]:
    """Make an old version the current one, also after a deletion. Raises NotFound."""
    kept = revisions.value_of(actor, of.table, str(ident), number)
    if kept is None:
        raise NotFound
    if find(of, actor, ident) is not None:
        return update(of, actor, ident, kept, restored_from=number)
    value = of.parse(kept)
    newest = revisions.history(actor, of.table, str(ident), limit=1)[0][0].number
    return _insert(of, actor, value, ident, newest + 1, number)


def _remember(
    of: Collection[S],
    actor: Actor,
    verb: str,
    record: Record[S],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    value: Any = None,
    label: str | None = None,
    restored_from: int | None = None,
) -> None:
    changed = revisions.difference(before, after)
    number = record.version + 1 if label == DELETED else record.version
    revisions.add(
        actor, of.table, str(record.id), number, value=value or dict(after), changed=changed,
        label=label, restored_from=restored_from,
    )  # fmt: skip
    audit.record(
        f"{of.table}.{verb}", of.table, record.id, resource_name=of.named(record), actor=actor,
        before={name: change["before"] for name, change in changed.items()} if before else None,
        after={name: change["after"] for name, change in changed.items()} if after else None,
        metadata={"version": number, "restored_from": restored_from},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gone:
    """A deleted member that can be brought back."""

    id: str
    number: int
    value: dict[str, Any]
    by: str
    at: datetime


def deleted(of: Collection[Any], actor: Actor) -> list[Gone]:
    """What was deleted and not brought back, at most 200."""
    found = database.rows(of.sql.gone, {"workspace_id": actor.here.id})
    return sorted((Gone(*row) for row in found), key=lambda gone: gone.at, reverse=True)
