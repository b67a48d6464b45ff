"""Reading linked records together, and what people say of who is who: audited, to be undone."""

import uuid

from app.core import audit
from app.core.database import Row
from app.core.errors import NotFound
from app.core.identity import Actor
from app.world import actions as world
from app.world import projecting
from app.world.events import Event

from . import calling, links, queries, resolver
from .queries import Other
from .scoring import pair

ACTIONS = {"same": "entity.link", "different": "entity.unlink", None: "entity.undecide"}


def read_together(
    actor: Actor, ident: uuid.UUID
) -> tuple[Row, list[Other], dict[uuid.UUID, list[Event]]]:
    """An entity, the records linked to it, and the events of each; whose are read is noted.

    Raises NotFound.
    """
    place = actor.here.id
    linked = [other for other in queries.others(place, ident) if other.linked]
    row = world.opened(actor, ident, linked=[str(other.id) for other in linked])
    ids = [ident, *(other.id for other in linked)]
    return row, linked, {found: events for found, _, events in projecting.events_of(place, ids)}


def decide(actor: Actor, a: uuid.UUID, b: uuid.UUID, decision: str | None) -> Row | None:
    """Say that two records are the same person, or are not, or take it back.

    Answers the pair as it stands then; None when without a decision nothing speaks for it.
    Raises NotFound when the two are no pair.
    """
    place, both = actor.here.id, pair(a, b)
    before = queries.one(place, both)
    if before is None:
        raise NotFound
    links.decide(place, both, decision, actor.label if decision else None)
    if decision is None:
        resolver.evaluate(place, both)
    calling.relate_people(place, both)
    after = queries.one(place, both)
    audit.record(
        ACTIONS[decision], "entity", a, resource_name="person", phi=True,
        before={"status": before[6], "decision": before[7]},
        after={"status": after[6] if after else None, "decision": decision},
        metadata={"other": str(b)},
    )  # fmt: skip
    return after
