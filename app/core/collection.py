"""Collections: one declaration of a kind of configuration of which a workspace has many.

The schema's fields are the table's columns. `core.collection_store` reads
and writes them, `core.collection_pages` makes pages and JSON.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Generic, Literal, TypeVar

from annotated_types import Ge, Le, MaxLen
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from .collection_sql import Statements, ref_sql
from .errors import Conflict, Invalid
from .identity import Actor
from .schema import plain
from .settings import Card
from .spec import Spec, specs_of

S = TypeVar("S", bound=BaseModel)
SORTS = ("name", "+name", "-name", "created_at", "+created_at", "-created_at", "updated_at",
         "+updated_at", "-updated_at")  # fmt: skip


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
    derived: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.derived[name] if name in self.derived else getattr(self.value, name)


@dataclass(frozen=True)
class Listing(Generic[S]):
    """One page, newest first; `token` leads to the next one. `rows` tells whether it is another."""

    rows: tuple[tuple[Any, ...], ...]
    make: Callable[[], list[Record[S]]]
    total: int
    token: int | None

    @property
    def items(self) -> list[Record[S]]:
        """The members."""
        return self.make()


def article(word: str) -> str:
    """The word with its article: an operator, a service."""
    return f"{'an' if word[0] in 'AEIOU' else 'a'} {word.lower()}"


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


class InUse(Conflict):
    """Something else still points at it."""

    title = "Still in use"


@dataclass(frozen=True)
class Derived:
    """A read-only figure of a member; `sql` computes it, `t` is the member's row."""

    kind: Any
    label: str
    sql: str


@dataclass(frozen=True)
class Ref:
    """A field that names a member of another collection; `shown` is the field of its name."""

    target: "Collection[Any]"
    shown: str


@dataclass(frozen=True, eq=False)
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
    phones: tuple[str, ...] = ()
    """Fields with phone numbers, found in whatever way a number is written."""
    filters: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()
    empty: str = ""
    links: tuple[tuple[str, str, str], ...] = ()
    """(words, icon, endpoint) of pages that belong to the list."""
    unique: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Constraint -> (field, sentence) of what only one may have."""
    refs: Mapping[str, Ref] = field(default_factory=dict)
    derived: Mapping[str, Derived] = field(default_factory=dict)
    any_of: tuple[str, ...] = ()
    """Filters that may be given several times."""
    method: str = "PATCH"
    """How the API changes a member: in part, by PATCH or PUT."""
    null_keeps: bool = False
    """Whether null in a change means "as it is" rather than nothing."""
    check: Callable[[Actor, Any], None] | None = None
    """Rules that need the database; raises Invalid, NotFound or Conflict."""
    prepare: Callable[[Actor, dict[str, Any], Mapping[str, Any]], dict[str, Any]] | None = None
    """(actor, content, what stood before) -> the content as it is kept. Raises Invalid."""
    redact: Callable[[Any], Any] = lambda content: content
    """What history and audit see of a content."""
    above: str = ""
    """A template above the form and the text of a member."""
    within: str = ""
    """A template inside the form, below its cards."""
    extra: str = ""
    """A template below the form and the text."""

    @cached_property
    def specs(self) -> dict[str, Spec]:
        return {spec.name: spec for spec in specs_of(self.schema)}

    @cached_property
    def on_page(self) -> frozenset[str]:
        """The fields of the form."""
        return frozenset(name for card in self.cards for name in card.fields)

    @cached_property
    def extras(self) -> dict[str, Derived]:
        """Everything that is computed: names of what is pointed at, and figures."""
        names = {
            ref.shown: Derived(str | None, self.specs[name].ui.label, ref_sql(name, ref))
            for name, ref in self.refs.items()
        }
        return {**names, **self.derived}

    def words(self, name: str) -> str:
        """The label of a field or figure."""
        return self.extras[name].label if name in self.extras else self.specs[name].ui.label

    @cached_property
    def sql(self) -> Statements:
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
            "sort_by": (Literal[SORTS] | None, None),
        }
        for name in self.filters:
            kind = self.schema.model_fields[name].rebuild_annotation()
            several = list[kind] if name in self.any_of else kind  # type: ignore[valid-type]
            fields[name] = (several | None, None)
        return create_model(f"{self.schema.__name__}Query", **fields)

    @cached_property
    def answer(self) -> type[BaseModel]:
        """The JSON of one member."""
        own: dict[str, Any] = {
            name: (info.rebuild_annotation(), ...)
            for name, info in self.schema.model_fields.items()
        }
        own |= {name: (derived.kind, ...) for name, derived in self.extras.items()}
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
        return self.called(str(getattr(record.value, self.label))) or str(record.id)

    def called(self, label: str) -> str:
        """The value of the label's field as people read it."""
        return label

    def out(self, record: Record[S], workspace_id: uuid.UUID) -> dict[str, Any]:
        """The JSON of a member."""
        own = record.value.model_dump(mode="json", warnings=False)
        return {
            "id": str(record.id), "workspace_id": str(workspace_id), **own, **record.derived,
            "version": record.version, "created_at": record.created_at.isoformat(),
            "updated_at": record.updated_at.isoformat(),
        }  # fmt: skip

    def parse(self, content: Mapping[str, Any]) -> S:
        """A whole member from JSON values. Raises Invalid."""
        try:
            return self.schema.model_validate(content)
        except ValidationError as error:
            raise Invalid(plain(error.errors(include_url=False), ["body"])) from None
