"""Importing records that are no FHIR: mapped fields, each record once, changed ones as a new event.

The same guarantees as `imports`: batches with a commit each, unchanged records skipped, a record
that cannot be taken refused by itself with its place.
"""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import imports, reading, store
from .imports import Importer
from .store import Edges, NewEvent

KINDS = {entity_type: kind for kind, entity_type in reading.ENTITY_TYPES.items()}
"""A record of a known kind is the same entity as the FHIR resource with its id."""
UNSTORABLE = "It holds characters or numbers that cannot be stored."


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it will be kept. `key` is its id as it may stand in a canonical id, `ident` as
    it was given; `links` are (name, kind, key of the other record)."""

    entity_type: str
    key: str
    ident: str
    fields: dict[str, Any]
    links: tuple[tuple[str, str, str], ...] = ()
    effective_at: datetime | None = None
    event_type: str = "record"


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that cannot be taken, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Found:
    kind: str
    ident: str
    record: Record
    hash: str


def _kind(entity_type: str) -> str:
    return KINDS.get(entity_type, entity_type)


class Records(Importer):
    """Takes `Record`s one by one."""

    batch: dict[tuple[str, str], Any]

    def take(self, place: str, resource: Any) -> None:
        """One record, or why it is none."""
        if isinstance(resource, Refused):
            self.refuse(place, resource.reason)
            return
        try:
            told = [resource.fields, resource.links, resource.effective_at]
            hashed = hashlib.sha256(imports.content_of({"": told})).hexdigest()
        except TypeError:
            self.refuse(place, UNSTORABLE)
            return
        found = _Found(_kind(resource.entity_type), resource.key, resource, hashed)
        self.hold((found.kind, found.ident), found)

    def _store(self) -> None:
        unseen, before = self._unseen()
        new: list[Any] = list(unseen)
        wanted: dict[str, str] = {}
        pairs: list[tuple[str, str, str]] = []
        for found in new:
            record: Record = found.record
            own = self._canonical(found.kind, found.ident)
            wanted[own] = record.entity_type
            for name, kind, key in record.links:
                other = self._canonical(_kind(kind), key)
                wanted.setdefault(other, kind)
                pairs.append((own, other, name))
        entities, made = store.ensure(self.workspace_id, wanted, self.origin.source)
        events = [self._event(found, entities, before) for found in new]
        edges = Edges([(entities[s], entities[t], name) for s, t, name in pairs if s != t])
        store.append(self.workspace_id, events, edges, self.origin.key)
        self._count(new, before, made, {entity for event in events for entity in event.about})

    def _event(
        self, found: Any, entities: dict[str, uuid.UUID], before: dict[Any, Any]
    ) -> NewEvent:
        record: Record = found.record
        origin = self.origin
        system = (origin.system or origin.source)[:128]
        data: dict[str, Any] = {
            "fields": record.fields, "identifier": [{"system": system, "value": record.ident}],
        }  # fmt: skip
        if record.links:
            data["links"] = {name: key for name, _, key in record.links}
        return NewEvent(
            record.event_type, data,
            (entities[self._canonical(found.kind, found.ident)],),
            origin.confidence, origin.source, source_system=origin.system,
            data_source_id=origin.data_source_id,
            supersedes=before.get((found.kind, found.ident)), effective_at=record.effective_at,
            record=(found.kind, found.ident, found.hash),
        )  # fmt: skip
