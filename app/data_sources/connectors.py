"""All data sources of a workspace as one list (domain 6.1), read and replaced at once."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from annotated_types import Len, MaxLen
from pydantic import BaseModel, create_model

from app.core import collection_store as store
from app.core import database, vault
from app.core.collection import Record, Stale, Taken
from app.core.errors import Conflict, Forbidden, Invalid, NotFound, WardError
from app.core.identity import Actor
from app.core.schema import Schema

from .declaration import CONFIG, DATA_SOURCES
from .schema import DataSourceIn

MOST = 100
EVERY = 10_000
REPEATED = "Another entry of the list has the same {}."
RIGHTS = ("DataSource.create", "DataSource.update", "DataSource.delete")


class ConnectorIn(DataSourceIn):
    """One data source of the list; without an id it is a new one.

    No kind so far has vendors to choose from or takes records from Ward: these two stay empty.
    """

    id: uuid.UUID | None = None
    connector_type: None = None
    outbound_entity_types: Annotated[list[str], Len(0, 0)] = []


class ConnectorsIn(Schema):
    """The whole list. `version` is the one it was read with; without it any version is replaced."""

    connectors: Annotated[list[ConnectorIn], MaxLen(MOST)]
    version: int | None = None


Connector = create_model("Connector", __base__=ConnectorIn, id=(uuid.UUID, ...))


class Connectors(BaseModel):
    """The whole list, oldest first, secrets as dots. `version` grows with every change."""

    connectors: list[Connector]  # type: ignore[valid-type]
    version: int


class Outdated(Conflict):
    """Somebody changed one of the sources since the list was read."""

    sentence = "The data sources have changed since you read them. Read them again, then save."


_VERSION = """
select count(*) from revision where workspace_id = %(workspace_id)s and resource_type = 'data_source'
"""


def _version(actor: Actor) -> int:
    return int(database.value(_VERSION, {"workspace_id": actor.here.id}))


def _stored(actor: Actor) -> list[Record[DataSourceIn]]:
    query = DATA_SOURCES.query(sort_by="created_at")
    return store.listing(DATA_SOURCES, actor, query, EVERY).items


def _out(record: Record[DataSourceIn]) -> dict[str, Any]:
    own = record.value.model_dump(mode="json", warnings=False)
    own[CONFIG] = vault.hidden(own[CONFIG])
    return {"id": str(record.id), **own, "connector_type": None, "outbound_entity_types": []}


def read(actor: Actor) -> dict[str, Any]:
    """The list as JSON values."""
    return {"connectors": [_out(one) for one in _stored(actor)], "version": _version(actor)}


def replace(actor: Actor, wanted: ConnectorsIn, version: int | None) -> dict[str, Any]:
    """Make the stored sources those of the list, all or none; what is left out is deleted.

    Raises Forbidden, Invalid (at the entry's place), NotFound (an id), Taken, InUse, Outdated.
    """
    for right in RIGHTS:
        if not actor.may(right):
            raise Forbidden(right)
    _check_repeats(wanted.connectors)
    database.execute(DATA_SOURCES.sql.lock, {"workspace_id": actor.here.id})
    if version is not None and version != _version(actor):
        raise Outdated
    stored = {record.id: record for record in _stored(actor)}
    entries = list(enumerate(wanted.connectors))
    for _, entry in entries:
        if entry.id is not None and entry.id not in stored:
            raise NotFound.of("data source")
    for ident in stored.keys() - {entry.id for _, entry in entries}:
        store.delete(DATA_SOURCES, actor, ident)
    for place, entry in _in_turn(entries, stored):
        try:
            _change(actor, stored[entry.id], entry)  # type: ignore[index]
        except WardError as refused:
            raise _placed(refused, place) from None
    for place, entry in entries:
        if entry.id is None:
            try:
                store.create(DATA_SOURCES, actor, DataSourceIn.model_construct(**_content(entry)))
            except WardError as refused:
                raise _placed(refused, place) from None
    return read(actor)


def _check_repeats(entries: Sequence[ConnectorIn]) -> None:
    for name in ("id", "name"):
        known: set[Any] = set()
        for place, entry in enumerate(entries):
            value = getattr(entry, name)
            if value is not None and value in known:
                raise _placed(Invalid.at(name, REPEATED.format(name)), place)
            known.add(value)


def _content(entry: ConnectorIn) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in DataSourceIn.model_fields}


def _change(actor: Actor, before: Record[DataSourceIn], entry: ConnectorIn) -> None:
    content = entry.model_dump(mode="json", include=set(DataSourceIn.model_fields))
    store.update(DATA_SOURCES, actor, before.id, content, before.version)


def _in_turn(
    entries: Iterable[tuple[int, ConnectorIn]], stored: dict[uuid.UUID, Record[DataSourceIn]]
) -> Sequence[tuple[int, ConnectorIn]]:
    """Known entries in an order in which a name is free before another source takes it."""
    waiting = [(place, entry) for place, entry in entries if entry.id is not None]
    found: list[tuple[int, ConnectorIn]] = []
    while waiting:
        held = {stored[e.id].value.name: e.id for _, e in waiting if e.id is not None}
        free = [one for one in waiting if held.get(one[1].name, one[1].id) == one[1].id]
        if not free:
            raise Taken("name", "These sources swap their names. Give one of them another first.")
        found += free
        waiting = [one for one in waiting if one not in free]
    return found


def _placed(refused: WardError, place: int) -> WardError:
    """The refusal of one entry, told at its place in the list."""
    if isinstance(refused, Stale):
        return Outdated()
    if not isinstance(refused, Invalid):
        return refused
    return Invalid([
        {**problem, "loc": ["body", "connectors", place, *problem["loc"][1:]]}
        for problem in refused.errors
    ])  # fmt: skip
