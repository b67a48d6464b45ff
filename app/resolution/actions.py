"""What people say of who is who: kept, audited, and to be undone."""

import uuid

from app.core import audit
from app.core.database import Row
from app.core.errors import NotFound
from app.core.identity import Actor

from . import links, queries, resolver
from .scoring import pair

ACTIONS = {"same": "entity.link", "different": "entity.unlink", None: "entity.undecide"}


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
    after = queries.one(place, both)
    audit.record(
        ACTIONS[decision], "entity", a, resource_name="person", phi=True,
        before={"status": before[6], "decision": before[7]},
        after={"status": after[6] if after else None, "decision": decision},
        metadata={"other": str(b)},
    )  # fmt: skip
    return after
