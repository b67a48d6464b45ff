"""Reading and writing the members of a `Collection`: revisions, audit, locking, deletion."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

import psycopg
from pydantic import BaseModel

from . import audit, database, revisions
from .collection import Collection, InUse, Listing, Record, Stale, Taken
from .collection_links import users
from .collection_sql import DELETED
from .errors import Conflict, NotFound
from .formats import isolated
from .identity import Actor
from .phones import digits

S = TypeVar("S", bound=BaseModel)
FURTHEST = 10_000
RETRIES = 5
VANISHED = "Something this points at was deleted since. Bring that back first."


def _record(of: Collection[S], row: database.Row) -> Record[S]:
    own = 6 + len(of.schema.model_fields)
    content = dict(zip(of.schema.model_fields, row[6:own], strict=True))
    value = of.schema.model_construct(**{
        name: _object(of, name, item) for name, item in content.items()
    })  # fmt: skip
    ident, number, version, created_at, updated_at, updated_by = row[:6]
    derived = dict(zip(of.extras, row[own:], strict=True))
    return Record(ident, number, version, created_at, updated_at, updated_by, value, derived)


def _object(of: Collection[Any], name: str, item: Any) -> Any:
    """Groups as instances, so that code reads fields rather than keys."""
    spec = of.specs[name]
    if spec.kind != "group" or spec.inner is None or not isinstance(item, dict):
        return item
    return spec.inner.model_construct(**item)


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
        raise NotFound.of(of.one.lower())
    return found


def listing(of: Collection[S], actor: Actor, query: Any, limit: int | None = None) -> Listing[S]:
    """One page; `query` is an instance of the collection's query."""
    take = limit or query.limit
    needle = (query.search or "").strip()
    escaped = needle.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    params = {
        "workspace_id": actor.here.id, "search": f"%{escaped}%" if needle else None,
        "digits": digits(needle),
        "before": query.continuation_token or 2**62, "take": take + 1,
        "skip": min(query.continuation_token, FURTHEST),
        **{name: _wanted(getattr(query, name)) for name in of.filters},
    }  # fmt: skip
    sort = (query.sort_by or "").removeprefix("+")
    statement = of.sql.sorted[sort] if sort else of.sql.page
    rows = database.raw(statement, params)
    total = int(database.value(of.sql.count, params))
    more = len(rows) > take
    # A sorted list goes on by position, the list of newest by number.
    token = params["skip"] + take if sort else rows[min(take, len(rows)) - 1][1] if rows else 0
    shown = tuple(rows[:take])
    return Listing(shown, lambda: _records(of, shown), total, token if more else None)


@lru_cache(64)
def _records(of: Collection[S], rows: tuple[database.Row, ...]) -> list[Record[S]]:
    """The members of some rows, made once for the same rows."""
    return [_record(of, database.parsed(row)) for row in rows]


def _wanted(given: Any) -> list[str] | None:
    if given is None:
        return None
    values = given if isinstance(given, list) else [given]
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]


def named(of: Collection[S], actor: Actor, label: str) -> Record[S] | None:
    """The member of this name."""
    row = database.row(of.sql.by_label, {"workspace_id": actor.here.id, "label": label})
    return _record(of, row) if row else None


def offers(
    of: Collection[Any], actor: Actor, chosen: Mapping[str, Any]
) -> dict[str, list[tuple[str, str]]]:
    """For each field that points elsewhere, the (id, name) of what it can point at."""
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in of.refs}
    if not of.refs:
        return found
    params = {name: str(chosen.get(name) or "") for name in of.refs}
    for name, ident, label in database.rows(
        of.sql.offers, {"workspace_id": actor.here.id, **params}
    ):
        found[name].append((ident, label))
    return {name: sorted(items, key=lambda item: item[1].lower()) for name, items in found.items()}


def _check(of: Collection[S], actor: Actor, value: S, before: Mapping[str, Any]) -> None:
    for name, ref in of.refs.items():
        ident = getattr(value, name)
        changed = ident is not None and str(ident) != before.get(name)
        if changed and find(ref.target, actor, ident) is None:
            raise NotFound(f"There is no such {ref.target.one.lower()} here.")
    if of.check is not None:
        of.check(actor, value)


def _write(of: Collection[S], sql: str, params: Mapping[str, Any]) -> int:
    try:
        with database.driver().transaction():
            return database.execute(sql, params)
    except psycopg.errors.ForeignKeyViolation:
        raise NotFound(VANISHED) from None
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
    if of.prepare is not None:
        value = of.parse(of.prepare(actor, value.model_dump(mode="json"), {}))
    _check(of, actor, value, {})
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
    return one(of, actor, ident)


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
        content = {**before, **given}
        value = of.parse(of.prepare(actor, content, before) if of.prepare else content)
        after = value.model_dump(mode="json", warnings=False)
        if after == before:
            return current
        if version is not None and version != current.version:
            raise Stale(current)
        _check(of, actor, value, before)
        params = {
            "workspace_id": actor.here.id, "id": ident, "version": current.version,
            "updated_by": actor.label, **_params(of, value),
        }  # fmt: skip
        if _write(of, of.sql.update, params):
            saved = one(of, actor, ident)
            verb = "update" if restored_from is None else "restore"
            _remember(of, actor, verb, saved, before, after, restored_from=restored_from)
            return one(of, actor, ident)
    raise Stale(one(of, actor, ident))


def delete(of: Collection[S], actor: Actor, ident: uuid.UUID) -> Record[S]:
    """Remove a member; its history stays. Raises NotFound, InUse."""
    current = one(of, actor, ident)
    if used := users(of, actor, ident):
        name = isolated(of.named(current))
        raise InUse(f"{name} is still used by {'; '.join(used)}. Change that first.")
    try:
        with database.driver().transaction():
            database.execute(of.sql.delete, {"workspace_id": actor.here.id, "id": ident})
    except psycopg.errors.ForeignKeyViolation:
        raise InUse(f"{isolated(of.named(current))} is still used. Change that first.") from None
    before = current.value.model_dump(mode="json", warnings=False)
    _remember(of, actor, "delete", current, before, {}, value=before, label=DELETED)
    return current


def restore(of: Collection[S], actor: Actor, ident: uuid.UUID, number: int) -> Record[S]:
    """Make an old version the current one, also after a deletion. Raises NotFound."""
    kept = revisions.value_of(actor, of.table, str(ident), number)
    if kept is None:
        raise NotFound.of("version", "number")
    try:
        return _restore(of, actor, ident, number, kept)
    except NotFound:
        raise Conflict(VANISHED) from None


def _restore(
    of: Collection[S], actor: Actor, ident: uuid.UUID, number: int, kept: Mapping[str, Any]
) -> Record[S]:
    if find(of, actor, ident) is not None:
        return update(of, actor, ident, kept, restored_from=number)
    value = of.parse(of.prepare(actor, dict(kept), {}) if of.prepare else kept)
    _check(of, actor, value, {})
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
    changed = revisions.difference(of.redact(before), of.redact(after))
    for name in before.keys() & after.keys():
        # A changed secret looks the same before and after once it is hidden.
        if before[name] != after[name] and name not in changed:
            changed[name] = {"before": of.redact(before[name]), "after": of.redact(after[name])}
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
