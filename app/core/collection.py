"""Collections: one declaration of a kind of configuration of which a workspace has many.

The schema's fields are the table's columns. `core.collection_pages` makes pages and JSON.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Generic, TypeVar

import psycopg
from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from . import audit, database, revisions
from .errors import Conflict, Invalid, NotFound
from .identity import Actor
from .schema import plain
from .settings import Card
from .spec import Spec, specs_of

S = TypeVar("S", bound=BaseModel)
DELETED = "deleted"
COUNTED = 10_000
RETRIES = 5


@dataclass(frozen=True)
class Record(Generic[S]):
    """One member of a collection as it stands."""

    id: uuid.UUID
    number: int
    version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str
    value: S


@dataclass(frozen=True)
class Listing(Generic[S]):
    """One page, newest first; `token` leads to the next one."""

    items: list[Record[S]]
    total: int
    token: int | None


class Stale(Conflict):
    """Somebody saved since this version was read."""

    def __init__(self, current: Record[Any]) -> None:
        self.current = current
        super().__init__(
            f"{current.updated_by} saved this after you opened it (version {current.version})."
            " Read it again, then save."
        )


class Taken(Conflict):
    """A value that only one may have."""

    def __init__(self, name: str, sentence: str) -> None:
        self.field = name
        super().__init__(sentence)


def _no_check(_actor: Actor, _value: Any) -> Mapping[str, str]:
    return {}


def _no_users(_actor: Actor, _ident: uuid.UUID) -> list[str]:
    return []


@dataclass(frozen=True)
class Collection(Generic[S]):
    """The declaration. `path` is the place in the URL, `label` the field that names a member."""

    table: str
    path: str
    schema: type[S]
    permission: str
    one: str
    many: str
    text: str
    icon: str
    label: str = "name"
    columns: tuple[str, ...] = ()
    search: tuple[str, ...] = ("name",)
    filters: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    empty: str = ""
    links: tuple[tuple[str, str, str], ...] = ()
    """(words, icon, endpoint) of pages that belong to the list."""
    unique: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Constraint -> (field, sentence) of what only one may have."""
    check: Callable[[Actor, S], Mapping[str, str]] = _no_check
    """Field -> sentence for what the schema alone cannot know."""
    users: Callable[[Actor, uuid.UUID], list[str]] = _no_users
    """Who still uses a member: it cannot be deleted before."""
    shape: Callable[[Record[S]], dict[str, Any]] | None = None
    """The JSON of a member's fields, when it is not the schema's own."""
    null_clears: bool = True
    """Whether null in a partial update empties a field (PATCH) or leaves it (PUT)."""

    @cached_property
    def specs(self) -> dict[str, Spec]:
        return {spec.name: spec for spec in specs_of(self.schema)}

    @cached_property
    def sql(self) -> "Statements":
        return Statements(self)

    @cached_property
    def partial(self) -> type[BaseModel]:
        """The body of an update: every field may be missing."""
        optional: dict[str, Any] = {
            name: (info.rebuild_annotation() | None, None)
            for name, info in self.schema.model_fields.items()
        }
        optional["version"] = (int | None, None)
        base = self.schema.__mro__[1]
        return create_model(f"{self.schema.__name__}Change", __base__=base, **optional)

    @cached_property
    def query(self) -> type[BaseModel]:
        """Filters and paging of the list."""
        fields: dict[str, Any] = {
            "limit": (Annotated[int, Ge(1), Le(100)], 20),
            "continuation_token": (Annotated[int, Ge(0), Le(2**62)], 0),
            "search": (Annotated[str, MaxLen(200)] | None, None),
        }
        for name in self.filters:
            info = self.schema.model_fields[name]
            fields[name] = (info.rebuild_annotation() | None, None)
        return create_model(f"{self.schema.__name__}Query", **fields)

    @cached_property
    def answer(self) -> type[BaseModel]:
        """The JSON of one member."""
        own: dict[str, Any] = {
            name: (info.rebuild_annotation(), ...)
            for name, info in self.schema.model_fields.items()
        }
        return create_model(
            f"{self.schema.__name__}Out", __config__=ConfigDict(extra="allow"),
            id=(uuid.UUID, ...), workspace_id=(uuid.UUID, ...), version=(int, ...),
            created_at=(datetime, ...), updated_at=(datetime, ...), **own,
        )  # fmt: skip

    @cached_property
    def page_answer(self) -> type[BaseModel]:
        """The JSON of a page."""
        return create_model(
            f"{self.schema.__name__}Page", items=(list[self.answer], ...),  # type: ignore[name-defined]
            total=(int, ...), has_more=(bool, ...), continuation_token=(int | None, Field(None)),
        )  # fmt: skip

    def named(self, record: Record[S]) -> str:
        """How people call this member."""
        return str(getattr(record.value, self.label)) or str(record.id)

    def out(self, record: Record[S], workspace_id: uuid.UUID) -> dict[str, Any]:
        """The JSON of a member."""
        own = (
            self.shape(record)
            if self.shape
            else record.value.model_dump(mode="json", warnings=False)
        )
        return {
            "id": str(record.id), "workspace_id": str(workspace_id), **own,
            "version": record.version, "created_at": record.created_at.isoformat(),
            "updated_at": record.updated_at.isoformat(),
        }  # fmt: skip

    def parse(self, content: Mapping[str, Any]) -> S:
        """A whole member from JSON values. Raises Invalid."""
        try:
            return self.schema.model_validate(content)
        except ValidationError as error:
            raise Invalid(plain(error.errors(include_url=False), ["body"])) from None


class Statements:
    """The SQL of one collection, written once from its declaration."""

    def __init__(self, of: Collection[Any]) -> None:
        names = list(of.schema.model_fields)
        columns = ", ".join(names)
        mine = f"from {of.table} where workspace_id = %(workspace_id)s"
        base = "id, number, version, created_at, updated_at, updated_by"
        words = " || ' ' || ".join(f"coalesce({name}, '')" for name in of.search)
        wanted = "".join(
            f" and (%({name})s::text is null or {name}::text = %({name})s::text)"
            for name in of.filters
        )
        found = f"{mine} and (%(search)s::text is null or {words} ilike %(search)s){wanted}"
        self.one = f"select {base}, {columns} {mine} and id = %(id)s"
        self.page = (
            f"select {base}, {columns} {found} and number < %(before)s"
            " order by number desc limit %(take)s"
        )
        self.count = f"select count(*) from (select 1 {found} limit {COUNTED}) counted"
        self.insert = (
            f"insert into {of.table} (workspace_id, id, number, version, updated_by, {columns})"
            " select %(workspace_id)s, coalesce(%(id)s::uuid, uuidv7()),"
            f" (select coalesce(max(number), 0) + 1 {mine}), %(version)s, %(updated_by)s, "
            + ", ".join(f"%({name})s" for name in names)
            + " on conflict (workspace_id, id) do nothing returning id"
        )
        self.update = (
            f"update {of.table} set version = version + 1, updated_at = now(),"
            " updated_by = %(updated_by)s, "
            + ", ".join(f"{name} = %({name})s" for name in names)
            + " where workspace_id = %(workspace_id)s and id = %(id)s and version = %(version)s"
        )
        self.delete = f"delete {mine} and id = %(id)s"
        # One writer a collection and workspace at a time: numbers follow each other.
        self.lock = (
            "select pg_advisory_xact_lock("
            f"hashtextextended('{of.table}' || %(workspace_id)s::text, 0))"
        )
        self.gone = f"""
            select distinct on (r.resource_id) r.resource_id, r.number, r.value, r.actor_label,
              r.created_at
            from revision r where r.workspace_id = %(workspace_id)s
              and r.resource_type = '{of.table}' and r.label = '{DELETED}'
              and not exists (select from {of.table} t where t.workspace_id = %(workspace_id)s
                and t.id::text = r.resource_id)
            order by r.resource_id, r.number desc limit 200
        """


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


def _checked(of: Collection[S], actor: Actor, value: S) -> None:
    wrong = of.check(actor, value)
    if wrong:
        raise Invalid(wrong)


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
    _checked(of, actor, value)
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
        _checked(of, actor, value)
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
    """Remove a member; its history stays. Raises NotFound, and Conflict while it is in use."""
    current = one(of, actor, ident)
    if users := of.users(actor, ident):
        raise Conflict(f"{of.named(current)} is still used by {', '.join(users)}.")
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
    _checked(of, actor, value)
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
