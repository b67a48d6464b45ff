"""Settings: one declaration of a workspace's configuration, stored as JSONB with a version.

`core.setting_pages` makes its pages and its JSON.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError, create_model
from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from . import audit, database, revisions
from .database import Base, Json, Now
from .errors import Conflict, Invalid, NotFound
from .identity import Actor
from .spec import Spec, specs_of
from .tenancy import Tenant
from .wording import place, plain

S = TypeVar("S", bound=BaseModel)
HIDDEN = "••••••"


class Setting(Tenant, Base):
    """One settings value of one workspace; only what differs from the defaults is stored."""

    __tablename__ = "setting"
    __table_args__ = (ForeignKeyConstraint(["workspace_id"], ["workspace.id"], ondelete="CASCADE"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Json]
    version: Mapped[int]
    updated_by: Mapped[str]
    updated_at: Mapped[Now]


@dataclass(frozen=True)
class Card:
    """A group of fields on the page."""

    title: str
    text: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Settings(Generic[S]):
    """The declaration. `name` is the place in the URL, `unset` says what null means."""

    name: str
    schema: type[S]
    view: str
    update: str
    title: str
    text: str = ""
    cards: tuple[Card, ...] = ()
    unset: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    """The place in the URL, where it is not settings/<name>."""
    absolute: str = ""
    """The place of the JSON, where it is not below the workspace's."""
    figures: Callable[[uuid.UUID], dict[str, Any]] | None = None
    """Read-only values of the JSON, from the workspace's id."""
    figure_types: Mapping[str, Any] = field(default_factory=dict)
    done: str = "Saved. Calls that start from now on use it."
    """What a save is answered with."""
    saved: Callable[[Actor, Any], None] | None = None
    """What else a save changes, in the same transaction."""

    @property
    def resource(self) -> str:
        """What audit and revisions call it."""
        return f"{self.name}_settings"

    @cached_property
    def specs(self) -> dict[str, Spec]:
        """The fields by name."""
        return {spec.name: spec for spec in specs_of(self.schema)}

    @cached_property
    def partial(self) -> type[BaseModel]:
        """The body of a partial PUT: every field may be missing (keep) or null (default)."""
        optional: dict[str, Any] = {
            name: (info.rebuild_annotation() | None, None)
            for name, info in self.schema.model_fields.items()
        }
        optional["version"] = (int | None, None)
        return create_model(f"{self.schema.__name__}Change", __base__=self._base, **optional)

    @cached_property
    def answer(self) -> type[BaseModel]:
        """The JSON of a GET: every field, and the version a save may name."""
        figures: dict[str, Any] = {name: (kind, ...) for name, kind in self.figure_types.items()}
        return create_model(
            f"{self.schema.__name__}Settings", __base__=self.schema, version=int, **figures
        )

    @property
    def _base(self) -> type[BaseModel]:
        return self.schema.__mro__[1]

    def stored(self, value: S) -> dict[str, Any]:
        """What is kept of a value: JSON of what differs from the defaults."""
        return value.model_dump(mode="json", exclude_defaults=True)

    def parse(self, content: Mapping[str, Any]) -> S:
        """A stored value as an instance; what a newer schema no longer knows is left out."""
        try:
            return self.schema.model_validate(content)
        except ValidationError as error:
            bad = {place(problem)[0] for problem in error.errors() if place(problem)}
            kept = {name: item for name, item in content.items() if name not in bad}
            return self.schema.model_validate(kept if bad else {})

    def checked(self, content: Mapping[str, Any]) -> S:
        """A new value as an instance. Raises Invalid."""
        try:
            return self.schema.model_validate(content)
        except ValidationError as error:
            raise Invalid(plain(error.errors(include_url=False), ["body"])) from None

    def redacted(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """The same with secrets hidden."""
        return {
            name: HIDDEN if name in self.specs and self.specs[name].ui.secret and item else item
            for name, item in content.items()
        }


@dataclass(frozen=True)
class Current(Generic[S]):
    """A settings value as it stands; version 0 was never saved."""

    value: S
    stored: dict[str, Any]
    version: int
    updated_by: str | None = None
    updated_at: datetime | None = None


class Stale(Conflict):
    """Somebody saved since this version was read."""

    def __init__(self, current: Current[Any]) -> None:
        self.current = current
        super().__init__(
            f"{current.updated_by or 'Somebody'} saved these settings after you opened them "
            f"(version {current.version}). Read them again, then save."
        )


_LOAD = """
select value, version, updated_by, updated_at from setting
where workspace_id = %(workspace_id)s and name = %(name)s
"""
_FIRST = """
insert into setting (workspace_id, name, value, version, updated_by)
values (%(workspace_id)s, %(name)s, %(value)s, 1, %(updated_by)s)
on conflict (workspace_id, name) do nothing
"""
_NEXT = """
update setting set value = %(value)s, version = version + 1, updated_by = %(updated_by)s,
  updated_at = now()
where workspace_id = %(workspace_id)s and name = %(name)s and version = %(version)s
"""
RETRIES = 5


def load(settings: Settings[S], workspace_id: uuid.UUID) -> Current[S]:
    """The settings of a workspace; the defaults when nobody saved any."""
    found = database.row(_LOAD, {"workspace_id": workspace_id, "name": settings.name})
    if found is None:
        return Current(settings.schema(), {}, 0)
    return Current(settings.parse(found[0]), found[0], *found[1:])


def save(
    actor: Actor,
    settings: Settings[S],
    given: Mapping[str, Any],
    version: int | None = None,
    *,
    restored_from: int | None = None,
) -> Current[S]:
    """Change the given fields (null: back to default) with a revision and an audit event.

    `version` is the one the change started from; without it the change applies to whatever
    stands. Raises Stale. Saving what already stands changes nothing and is no conflict.
    """
    for _ in range(RETRIES):
        current = load(settings, actor.here.id)
        kept = {name: item for name, item in current.stored.items() if name not in given}
        new = {name: item for name, item in given.items() if item is not None}
        stored = settings.stored(settings.checked({**kept, **new}))
        if stored == current.stored:
            return current
        if version is not None and version != current.version:
            raise Stale(current)
        if _write(actor, settings, stored, current.version):
            _remember(actor, settings, current, stored, restored_from)
            after = load(settings, actor.here.id)
            if settings.saved is not None:
                settings.saved(actor, after.value)
            return after
    raise Stale(load(settings, actor.here.id))


def _write(actor: Actor, settings: Settings[S], stored: dict[str, Any], version: int) -> bool:
    params = {
        "workspace_id": actor.here.id,
        "name": settings.name,
        "value": database.jsonb(stored),
        "version": version,
        "updated_by": actor.label,
    }
    return database.execute(_NEXT if version else _FIRST, params) == 1


def _remember(
    actor: Actor,
    settings: Settings[S],
    before: Current[S],
    stored: dict[str, Any],
    restored_from: int | None,
) -> None:
    changed = revisions.difference(settings.redacted(before.stored), settings.redacted(stored))
    for name in stored:
        # A changed secret looks the same before and after once it is hidden.
        if stored[name] != before.stored.get(name) and name not in changed:
            changed[name] = {"before": HIDDEN, "after": HIDDEN}
    number = before.version + 1
    revisions.add(
        actor, settings.resource, settings.name, number,
        value=stored, changed=changed, restored_from=restored_from,
    )  # fmt: skip
    audit.record(
        f"{settings.resource}.{'restore' if restored_from is not None else 'update'}",
        settings.resource, settings.name, resource_name=settings.title, actor=actor,
        before={name: change["before"] for name, change in changed.items()},
        after={name: change["after"] for name, change in changed.items()},
        metadata={"version": number, "restored_from": restored_from},
    )  # fmt: skip


def restore(
    actor: Actor, settings: Settings[S], number: int, version: int | None = None
) -> Current[S]:
    """Make a new version out of an old one. Version 0 is the defaults. Raises NotFound, Stale."""
    kept: Any = {}
    if number:
        kept = revisions.value_of(actor, settings.resource, settings.name, number)
        if kept is None:
            raise NotFound.of("version", "number")
    everything = dict.fromkeys(settings.schema.model_fields) | dict(kept)
    return save(actor, settings, everything, version, restored_from=number)
