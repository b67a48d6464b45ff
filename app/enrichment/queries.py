"""Reading what entities are enriched with. The values are part of their computed state."""

import uuid
from typing import Any, NamedTuple

from app.core import database
from app.core.errors import NotFound
from app.world.projection import ENRICHED, ENRICHMENT

from .schema import Said, Value

_KEY = """
select id, key, value_type, allowed_values, description, source_hint, min_confidence, is_pii
from enrichment_key where workspace_id = %(workspace_id)s and entity_type = %(entity_type)s
"""
_ONE = _KEY + " and key = %(key)s"
_ALL = _KEY + " order by key limit 500"
_EVENTS = """
select e.id, e.data ->> 'key', e.data -> 'value', e.data ->> 'value_type', e.confidence, e.source,
  e.source_system, e.effective_at, e.ingested_at, e.author
from event e where e.workspace_id = %(workspace_id)s and e.id = any(%(ids)s)
"""
_HISTORY = f"""
select e.id, e.data -> 'value', e.data ->> 'value_type', e.confidence, e.source, e.source_system,
  e.author, e.supersedes, e.confidence > 0 and not exists (select from event n
    where n.workspace_id = %(workspace_id)s and n.supersedes = e.id),
  e.effective_at, e.ingested_at
from event_entity l
join event e on e.workspace_id = %(workspace_id)s and e.id = l.event_id
where l.workspace_id = %(workspace_id)s and l.entity_id = %(id)s
  and e.event_type = '{ENRICHED}' and e.data ->> 'key' = %(key)s
order by l.seq desc limit %(take)s
"""


class Key(NamedTuple):
    """A key as values are checked by it."""

    id: uuid.UUID
    key: str
    value_type: str
    allowed_values: list[str]
    description: str | None
    source_hint: str | None
    min_confidence: float
    is_pii: bool

    @property
    def label(self) -> str:
        """As people read it."""
        return self.key.replace("_", " ").replace("-", " ").capitalize()


def keys(workspace_id: uuid.UUID, entity_type: str) -> list[Key]:
    """The keys of a type of entity, by name."""
    params = {"workspace_id": workspace_id, "entity_type": entity_type}
    return [Key(*row) for row in database.rows(_ALL, params)]


def key(workspace_id: uuid.UUID, entity_type: str, name: str) -> Key | None:
    """One key."""
    row = database.row(
        _ONE, {"workspace_id": workspace_id, "entity_type": entity_type, "key": name}
    )
    return Key(*row) if row else None


def values(workspace_id: uuid.UUID, entity: database.Row) -> dict[str, Value]:
    """Key -> value of an entity (a row of `world.queries.one`), by name."""
    held: dict[str, Any] = entity[5].get(ENRICHMENT) or {}
    origins = {uuid.UUID(entity[12][f"{ENRICHMENT}.{name}"]): name for name in held}
    if not origins:
        return {}
    params = {"workspace_id": workspace_id, "ids": list(origins)}
    found = {
        r[1]: Value(event_id=r[0], key=r[1], value=r[2], value_type=r[3], confidence=r[4],
                    source=r[5], source_system=r[6], effective_at=r[7], ingested_at=r[8])
        for r in database.rows(_EVENTS, params)
    }  # fmt: skip
    return dict(sorted(found.items()))


def value(workspace_id: uuid.UUID, event: uuid.UUID) -> Value:
    """The value that an event gave. Raises NotFound."""
    row = database.row(_EVENTS, {"workspace_id": workspace_id, "ids": [event]})
    if row is None:
        raise NotFound.of("value")
    return Value(event_id=row[0], key=row[1], value=row[2], value_type=row[3], confidence=row[4],
                 source=row[5], source_system=row[6], effective_at=row[7], ingested_at=row[8])  # fmt: skip


def history(workspace_id: uuid.UUID, ident: uuid.UUID, name: str, take: int) -> list[Said]:
    """What was said about a key of an entity, newest first."""
    params = {"workspace_id": workspace_id, "id": ident, "key": name, "take": take}
    return [
        Said(event_id=r[0], value=r[1], value_type=r[2], confidence=r[3], source=r[4],
             source_system=r[5], author=r[6], supersedes=r[7], is_current=r[8],
             effective_at=r[9], ingested_at=r[10])
        for r in database.rows(_HISTORY, params)
    ]  # fmt: skip
