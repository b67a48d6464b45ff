"""What points at the members of a collection."""

import uuid
from typing import Any

from . import database
from .collection import Collection
from .formats import isolated
from .identity import Actor

NAMED = 5
REFERRERS: dict[str, list[tuple[Collection[Any], str]]] = {}
"""Table -> the collections, with their field, that point at it."""


def know(of: Collection[Any]) -> None:
    """Remember what a declaration points at, so that it is not deleted below it."""
    for name, ref in of.refs.items():
        entry = (of, name)
        known = REFERRERS.setdefault(ref.target.table, [])
        if all((other.table, field) != (of.table, name) for other, field in known):
            known.append(entry)


def users(of: Collection[Any], actor: Actor, ident: uuid.UUID) -> list[str]:
    """What still points at a member, in words, at most five of each kind."""
    found = []
    for other, field in REFERRERS.get(of.table, ()):
        rows = database.rows(
            f"select {other.label} from {other.table} where workspace_id = %(workspace_id)s"
            f" and {field} = %(id)s order by number limit {NAMED + 1}",
            {"workspace_id": actor.here.id, "id": ident},
        )
        names = [isolated(other.called(str(row[0]))) for row in rows[:NAMED]]
        names += ["more"] if len(rows) > NAMED else []
        if names:
            kind = other.one if len(names) == 1 else other.many
            found.append(f"{kind.lower()} {', '.join(names)}")
    return found
