"""Saying what an entity has for a key."""

import uuid

from app.core.errors import Invalid, NotFound
from app.core.identity import Actor
from app.world import actions as world
from app.world import queries as entities
from app.world.actions import Enrichment
from app.world.events import AUTHORITATIVE, ENTERED_HERE

from . import queries, values
from .queries import Key
from .schema import ValueIn

CONSOLE = "console"


def known(workspace_id: uuid.UUID, entity_type: str, name: str) -> Key:
    """The key of this name. Raises NotFound."""
    found = queries.key(workspace_id, entity_type, name)
    if found is None:
        raise NotFound(
            f"There is no enrichment key of this name for records of the kind {entity_type}."
        )
    return found


def say(actor: Actor, ident: uuid.UUID, name: str, given: ValueIn) -> uuid.UUID:
    """Keep a value as an event; the same again from the same source changes nothing.

    Raises NotFound (entity or key) and Invalid (value, type or confidence do not fit the key).
    """
    place = actor.here.id
    key = known(place, entities.one(place, ident)[1], name)
    if given.value_type not in (None, key.value_type):
        raise Invalid({"value_type": f"Values of this key are of the type {key.value_type}."})
    if wrong := values.problem(key.value_type, given.value, key.allowed_values):
        raise Invalid({"value": wrong})
    if given.confidence < key.min_confidence:
        raise Invalid({"confidence": f"This key takes values of confidence {key.min_confidence:g}"
                                     " and more."})  # fmt: skip
    return world.enrich(actor, ident, Enrichment(
        key.key, given.value, key.value_type, given.confidence, given.source, given.source_system,
        given.effective_at,
    ))  # fmt: skip


def sureness(key: Key, standing: bool) -> float | None:
    """How sure (domain 6.4) what staff enter is: a correction where something stands already.
    None where the key does not take it."""
    sure = AUTHORITATIVE if standing else ENTERED_HERE
    return sure if sure >= key.min_confidence else None


def enter(actor: Actor, ident: uuid.UUID, name: str, text: str) -> None:
    """Keep what somebody typed. Raises as `say`."""
    row = entities.one(actor.here.id, ident)
    key = known(actor.here.id, row[1], name)
    try:
        value = values.typed(key.value_type, text)
    except ValueError as error:
        raise Invalid({"value": str(error)}) from None
    sure = sureness(key, key.key in queries.values(actor.here.id, row))
    if sure is None:
        raise Invalid({"value": "This key takes values of more trusted sources only."})
    say(actor, ident, name, ValueIn(value=value, confidence=sure, source=CONSOLE))
