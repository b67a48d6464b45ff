"""What people do with the world model: read an entity, import, note, correct."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple, cast

from app.core import audit, database
from app.core.database import Row
from app.core.errors import NotFound
from app.core.identity import Actor

from . import answers, imports, listing, queries, store
from .events import AUTHORITATIVE, ENTERED_HERE
from .imports import Imported, Item, Origin
from .listing import Filters
from .projection import ENRICHED
from .schema import EntityPage, Paged
from .store import NewEvent


def opened(actor: Actor, ident: uuid.UUID, **told: Any) -> Row:
    """An entity that somebody reads; that they do is noted. Raises NotFound."""
    row = queries.one(actor.here.id, ident)
    looked(row, **told)
    return row


def looked(row: Row, **told: Any) -> None:
    """Note that somebody reads an entity."""
    audit.record("entity.read", "entity", row[0], resource_name=row[1], phi=True,
                 metadata=told or None)  # fmt: skip


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


class Enrichment(NamedTuple):
    """A value for a key, and who says so."""

    key: str
    value: Any
    value_type: str
    confidence: float
    source: str
    source_system: str | None
    effective_at: datetime | None


_SAID = f"""
select e.id, e.data -> 'value', e.data ->> 'value_type', e.confidence, e.effective_at
from event_entity l
join event e on e.workspace_id = %(workspace_id)s and e.id = l.event_id
where l.workspace_id = %(workspace_id)s and l.entity_id = %(id)s and e.event_type = '{ENRICHED}'
  and e.data ->> 'key' = %(key)s and e.source = %(source)s
  and e.source_system is not distinct from %(system)s
order by l.seq desc limit 1
"""


def enrich(actor: Actor, ident: uuid.UUID, given: Enrichment) -> uuid.UUID:
    """Keep a value; it supersedes what the same source said of that key. The event it stands in,
    which is the one before where that says the same. Raises NotFound."""
    place = actor.here.id
    store.lock(place)
    said = database.row(_SAID, {"workspace_id": place, "id": ident, "key": given.key,
                                "source": given.source, "system": given.source_system})  # fmt: skip
    if said and said[1:] == (given.value, given.value_type, given.confidence, given.effective_at):
        return cast("uuid.UUID", said[0])
    data = {"key": given.key, "value": given.value, "value_type": given.value_type}
    event = NewEvent(
        ENRICHED, data, (ident,), given.confidence, given.source, domain="operational",
        source_system=given.source_system, author=actor.label,
        supersedes=said[0] if said else None, effective_at=given.effective_at,
    )  # fmt: skip
    return _add(actor, ident, event, "world.enrich", {"key": given.key})


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
