"""What people do with the world model: read an entity, import, note, correct."""

import uuid
from collections.abc import Iterable
from typing import Any

from app.core import audit, database
from app.core.database import Row
from app.core.errors import NotFound
from app.core.identity import Actor

from . import answers, imports, listing, queries, store
from .events import AUTHORITATIVE, ENTERED_HERE
from .imports import Imported, Item, Origin
from .listing import Filters
from .schema import EntityPage, Paged
from .store import NewEvent


def opened(actor: Actor, ident: uuid.UUID, **told: Any) -> Row:
    """An entity that somebody reads; that they do is noted. Raises NotFound."""
    row = queries.one(actor.here.id, ident)
    audit.record("entity.read", "entity", ident, resource_name=row[1], phi=True,
                 metadata=told or None)  # fmt: skip
    return row


def listed(actor: Actor, action: str, filters: Filters, query: Paged, **told: Any) -> EntityPage:
    """A page of entities that somebody lists or searches, which is noted."""
    place = actor.here.id
    rows = listing.entities(place, filters, query.limit + 1, query.offset)
    page = answers.page(place, rows, query.limit, query.offset)
    audit.record(action, "entity", phi=True, metadata={"shown": len(page.entities), **told})
    return page


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
