"""Writing into the world model: imports, notes, corrections."""

import uuid
from collections.abc import Iterable
from typing import Any

from app.core import audit, database
from app.core.errors import NotFound
from app.core.identity import Actor

from . import imports, queries, store
from .events import AUTHORITATIVE, ENTERED_HERE
from .imports import Imported, Item, Origin
from .store import NewEvent


def note(actor: Actor, ident: uuid.UUID, text: str) -> uuid.UUID:
    """Keep a note about an entity as an event. Raises NotFound."""
    event = NewEvent("note", {"text": text}, (ident,), ENTERED_HERE, "console",
                     domain="operational", author=actor.label)  # fmt: skip
    return _add(actor, ident, event, "world.note")


def correct(actor: Actor, ident: uuid.UUID, fields: dict[str, Any]) -> uuid.UUID:
    """Say how fields really are: as sure as an authoritative record (domain 6.4), of which the last
    wins. Raises NotFound."""
    event = NewEvent("correction", {"fields": fields}, (ident,), AUTHORITATIVE, "console",
                     author=actor.label)  # fmt: skip
    return _add(actor, ident, event, "world.correct", {"fields": sorted(fields)})


def _add(
    actor: Actor, ident: uuid.UUID, event: NewEvent, action: str, metadata: Any = None
) -> uuid.UUID:
    place = actor.here.id
    row = queries.one(place, ident)
    store.lock(place)
    made = store.append(place, [event])[0]
    audit.record(action, "entity", ident, resource_name=row[1], phi=True,
                 metadata={**(metadata or {}), "event": str(made)})  # fmt: skip
    return made


_SOURCE = """
select 1 from data_source where workspace_id = %(workspace_id)s and id = %(id)s
"""


def check_source(actor: Actor, ident: uuid.UUID | None) -> None:
    """Raises NotFound for a data source that is not of this workspace."""
    params = {"workspace_id": actor.here.id, "id": ident}
    if ident is not None and database.row(_SOURCE, params) is None:
        raise NotFound.of("data source")


def take_in(
    actor: Actor,
    origin: Origin,
    items: Iterable[Item],
    urls: dict[str, tuple[str, str]] | None = None,
) -> Imported:
    """Import resources into the actor's workspace; commits batch by batch."""
    return imports.run(actor.here.id, origin, items, urls)
