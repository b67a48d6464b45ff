"""Versions: immutable, numbered contents of a member of a collection. Deleting it keeps them."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Generic, TypeVar

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from . import audit, collection_store, database
from .collection import Collection
from .collection_sql import COUNTED
from .errors import Forbidden, Invalid, NotFound
from .identity import Actor
from .schema import Schema, plain
from .settings import Card
from .spec import Spec, specs_of

S = TypeVar("S", bound=BaseModel)
LATEST = "latest"


@dataclass(frozen=True)
class Version(Generic[S]):
    """One version as it was stored."""

    id: uuid.UUID
    number: int
    created_at: datetime
    created_by: str
    value: S


class VersionQuery(Schema):
    """Paging of a list of versions."""

    limit: Annotated[int, Ge(1), Le(100)] = 20
    continuation_token: Annotated[int, Ge(0), Le(2**31 - 1)] = 0


@dataclass(frozen=True)
class Versions(Generic[S]):
    """The declaration: whose versions these are, in which table, and what one holds."""

    of: Collection[Any]
    table: str
    parent: str
    schema: type[S]
    cards: tuple[Card, ...]
    figures: Callable[[S], Mapping[str, Any]] | None = None
    """Columns of the table computed from the content."""
    figure_names: tuple[str, ...] = ()

    @cached_property
    def specs(self) -> dict[str, Spec]:
        return {spec.name: spec for spec in specs_of(self.schema)}

    @cached_property
    def answer(self) -> type[BaseModel]:
        """The JSON of a version."""
        own: dict[str, Any] = {
            name: (info.rebuild_annotation(), ...)
            for name, info in self.schema.model_fields.items()
        }
        own[self.parent] = (uuid.UUID, ...)
        return create_model(
            f"{self.schema.__name__}Out", __config__=ConfigDict(extra="allow"), id=(uuid.UUID, ...),
            version=(int, ...), created_at=(datetime, ...), created_by=(str, ...), **own,
        )  # fmt: skip

    @cached_property
    def page_answer(self) -> type[BaseModel]:
        """The JSON of a page."""
        return create_model(
            f"{self.schema.__name__}Page", items=(list[self.answer], ...),  # type: ignore[name-defined]
            total=(int, ...), has_more=(bool, ...), continuation_token=(int | None, Field(None)),
        )  # fmt: skip

    def out(self, version: Version[S], parent: uuid.UUID) -> dict[str, Any]:
        """A version as JSON."""
        return {
            "id": str(version.id), self.parent: str(parent), "version": version.number,
            "created_at": version.created_at.isoformat(), "created_by": version.created_by,
            **version.value.model_dump(mode="json", warnings=False),
        }  # fmt: skip

    def parse(self, content: Any) -> S:
        """A content from JSON values. Raises Invalid."""
        try:
            return self.schema.model_validate(content)
        except ValidationError as error:
            raise Invalid(plain(error.errors(include_url=False), ["body"])) from None

    @cached_property
    def sql(self) -> dict[str, str]:
        mine = f"from {self.table} where workspace_id = %(workspace_id)s and {self.parent} = %(parent)s"
        read = f"select id, number, created_at, created_by, content {mine}"
        extra = "".join(f", {name}" for name in self.figure_names)
        marks = "".join(f", %({name})s" for name in self.figure_names)
        return {
            "latest": f"{read} order by number desc limit 1",
            "one": f"{read} and number = %(number)s",
            "known": f"{read} and id = %(id)s",
            "brief": f"select id, number, created_at, created_by, null {mine}"
                     " and number < %(before)s order by number desc limit %(take)s",
            "page": f"{read} and number < %(before)s order by number desc limit %(take)s",
            "count": f"select count(*) from (select 1 {mine} limit {COUNTED}) counted",
            "insert": f"insert into {self.table} (workspace_id, id, {self.parent}, number,"
                      f" created_by, content{extra}) select %(workspace_id)s, %(id)s, %(parent)s,"
                      f" (select coalesce(max(number), 0) + 1 {mine}), %(created_by)s,"
                      f" %(content)s{marks}",
        }  # fmt: skip


def latest_number(table: str, parent: str) -> str:
    """SQL of the newest version's number, for a collection's figures."""
    return (
        f"select coalesce(max(v.number), 0) from {table} v"
        f" where v.workspace_id = t.workspace_id and v.{parent} = t.id"
    )


def _version(of: Versions[S], row: database.Row) -> Version[S]:
    ident, number, created_at, created_by = row[:4]
    value = of.schema.model_construct(**_known(of, row[4]))
    return Version(ident, number, created_at, created_by, value)


def _known(of: Versions[S], content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        content = {}
    defaults = {name: spec.default for name, spec in of.specs.items()}
    return defaults | {name: item for name, item in content.items() if name in of.specs}


def _place(actor: Actor, parent: uuid.UUID, **more: Any) -> dict[str, Any]:
    return {"workspace_id": actor.here.id, "parent": parent, **more}


def get(of: Versions[S], actor: Actor, parent: uuid.UUID, which: str) -> Version[S]:
    """A version by its number or "latest". Raises NotFound."""
    if which == LATEST:
        row = database.row(of.sql["latest"], _place(actor, parent))
    elif which.isascii() and which.isdigit() and len(which) < 10:
        row = database.row(of.sql["one"], _place(actor, parent, number=int(which)))
    else:
        row = None
    if row is None:
        raise NotFound("There is no such version.")
    return _version(of, row)


def newest(of: Versions[S], actor: Actor, parent: uuid.UUID) -> Version[S] | None:
    """The newest version, if there is one."""
    row = database.row(of.sql["latest"], _place(actor, parent))
    return _version(of, row) if row else None


def page(
    of: Versions[S],
    actor: Actor,
    parent: uuid.UUID,
    before: int = 0,
    limit: int = 20,
    what: str = "page",
) -> tuple[list[Version[S]], int | None]:
    """The newest first ("brief" leaves the contents out), and the number to go on from."""
    params = _place(actor, parent, before=before or 2**31 - 1, take=limit + 1)
    found = [_version(of, row) for row in database.rows(of.sql[what], params)]
    return found[:limit], found[limit - 1].number if len(found) > limit else None


def count(of: Versions[S], actor: Actor, parent: uuid.UUID) -> int:
    """How many there are."""
    return int(database.value(of.sql["count"], _place(actor, parent)))


def create(
    of: Versions[S], actor: Actor, parent: uuid.UUID, value: S, ident: uuid.UUID | None = None
) -> Version[S]:
    """Store the next version; the same id again changes nothing. Raises NotFound, Forbidden."""
    owner = collection_store.one(of.of, actor, parent)
    ident = ident or database.new_id()
    database.execute(of.of.sql.lock, {"workspace_id": actor.here.id})
    if (row := database.row(of.sql["known"], _place(actor, parent, id=ident))) is not None:
        return _version(of, row)
    before = newest(of, actor, parent)
    if before is None and not actor.may(f"{of.of.permission}.create"):
        raise Forbidden(f"{of.of.permission}.create")
    content = value.model_dump(mode="json")
    figures = dict(of.figures(value)) if of.figures else {}
    database.execute(of.sql["insert"], _place(
        actor, parent, id=ident, created_by=actor.label, content=database.jsonb(content), **figures,
    ))  # fmt: skip
    row = database.row(of.sql["latest"], _place(actor, parent))
    assert row is not None
    made = _version(of, row)
    audit.record(
        f"{of.table}.create", of.table, made.id, resource_name=of.of.named(owner), actor=actor,
        metadata={"version": made.number, of.parent: str(parent)},
    )  # fmt: skip
    return made
