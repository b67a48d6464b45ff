"""What linked records say together: a pure function, and no record is changed by it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.world.events import Event
from app.world.projection import LISTS, LONGEST, OTHER, Projection, flat, project, unflat

GROUPS = frozenset({*LISTS.values(), OTHER})


@dataclass(slots=True)
class Together:
    """`made` is the joint state; `of` names the record behind each field."""

    made: Projection = field(default_factory=Projection)
    of: dict[str, uuid.UUID] = field(default_factory=dict)


def together(entity_type: str, records: Mapping[uuid.UUID, list[Event]]) -> Together:
    """Each field from the most trusted event of all records, then the last; lists in full.

    Two systems may give the same id to different records: entries are never taken for one another.
    """
    found = Together()
    best: dict[str, tuple[float, int]] = {}
    told: dict[str, Any] = {}
    made = {ident: project(entity_type, events) for ident, events in records.items()}
    for ident in sorted(made):
        own, known = made[ident], {str(e.id): e for e in records[ident]}
        found.made.external_ids |= own.external_ids
        fields = flat(own.state)
        for name, event_id in own.origins.items():
            event = known[event_id]
            rank = (event.confidence, event.seq)
            if name not in best or rank > best[name]:
                best[name], found.of[name] = rank, ident
                told[name] = fields[name]
                found.made.origins[name] = event_id
        _add_lists(found.made, own)
    found.made.state |= unflat(told)
    found.made.event_count = len({e.id for events in records.values() for e in events})
    return found


def _add_lists(made: Projection, own: Projection) -> None:
    counts = dict(made.state.get("counts") or {})
    for name, count in (own.state.get("counts") or {}).items():
        counts[name] = counts.get(name, 0) + count
    for name in GROUPS & own.state.keys():
        known = made.state.get(name, [])
        events = {entry["event"] for entry in known}
        entries = [*known, *(e for e in own.state[name] if e["event"] not in events)]
        entries.sort(key=lambda e: (e.get("at") or e.get("start") or "", e["record"]), reverse=True)
        made.state[name] = entries[:LONGEST]
    if counts:
        made.state["counts"] = counts
