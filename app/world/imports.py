"""Importing FHIR R4 resources: each record once, changed ones as a new event.

Resources come one after the other from a bundle or a stream of lines, of any size, and are stored
in batches with a commit each: an import that breaks off can be repeated, and finds what is there
already unchanged. A resource that cannot be understood is refused by itself, with its place.
"""

import hashlib
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import BaseModel, Field

from app.core import audit, database

from . import reading, store
from .events import AUTHORITATIVE
from .store import Edges, NewEvent

BATCH = 1000
MOST_ERRORS = 100
ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
KIND = re.compile(r"[A-Z][A-Za-z]{1,63}")
SOURCE = re.compile(r"[A-Za-z0-9._-]{1,64}")
REFERENCE = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[^/]+)?")
RECEIVED = ("versionId", "lastUpdated")
# One probe of the index for each record, whatever the planner thinks of the table.
_RECORDS = """
select w.kind, w.id, r.content_hash, r.event_id
from unnest(%(kinds)s::text[], %(ids)s::text[]) w (kind, id)
cross join lateral (
  select content_hash, event_id from source_record
  where workspace_id = %(workspace_id)s and source_key = %(source)s and resource_type = w.kind
    and external_id = w.id limit 1
) r
"""
Place = str
Before = dict[tuple[str, str], uuid.UUID]
"""(type, id) -> the event that told of a record so far."""
Item = tuple[Place, str | None, Any]
"""Where it stood, its fullUrl, and the resource as it came."""


class Imported(BaseModel):
    """What an import did. `errors` lists the first 100 refused resources with their place."""

    entities_created: int = 0
    entities_updated: int = 0
    events_created: int = 0
    events_updated: int = 0
    events_skipped: int = 0
    refused: int = 0
    errors: list[dict[str, str]] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an import comes from; `key` keeps records of different sources apart."""

    key: str = "fhir_import"
    source: str = "fhir_import"
    system: str | None = None
    data_source_id: uuid.UUID | None = None
    confidence: float = AUTHORITATIVE


@dataclass(slots=True)
class _Found:
    kind: str
    ident: str
    resource: dict[str, Any]
    hash: str
    written: bytes
    about: list[tuple[str, str]] = field(default_factory=list)
    edges: list[tuple[str, str, str]] = field(default_factory=list)


def content_of(resource: dict[str, Any]) -> bytes:
    """The resource as it is kept. Raises TypeError for what JSON or the database cannot hold."""
    content = orjson.dumps(resource, option=orjson.OPT_SORT_KEYS)
    if b"\\u0000" in content:
        raise TypeError("NUL characters")
    return content


def fingerprint(resource: dict[str, Any], content: bytes) -> str:
    """SHA-256 of the content; what a server stamps on it when it hands it out does not count."""
    meta = resource.get("meta")
    if isinstance(meta, dict) and any(name in meta for name in RECEIVED):
        kept = {name: value for name, value in meta.items() if name not in RECEIVED}
        rest = {name: value for name, value in resource.items() if name != "meta"}
        content = orjson.dumps(
            {**rest, **({"meta": kept} if kept else {})}, option=orjson.OPT_SORT_KEYS
        )
    return hashlib.sha256(content).hexdigest()


def problem(resource: Any) -> str | None:
    """Why something is no resource that could be kept, or None."""
    if not isinstance(resource, dict):
        return "This is no FHIR resource."
    kind, ident = resource.get("resourceType"), resource.get("id")
    if not isinstance(kind, str) or not KIND.fullmatch(kind):
        return "It names no resourceType."
    if kind == "Bundle":
        return "A bundle inside a bundle is not read."
    if not isinstance(ident, str) or not ID.fullmatch(ident):
        return f"This {kind} has no valid id."
    born = resource.get("birthDate")
    if kind == "Patient" and born is not None and reading.moment(born) is None:
        return "The birthDate is no date."
    return None


class Importer:
    """Takes resources one by one; stores a batch at a time.

    Each batch is a transaction of its own; where it is not (`commits`), its caller commits all
    that came together.
    """

    def __init__(
        self, workspace_id: uuid.UUID, origin: Origin,
        urls: dict[str, tuple[str, str]] | None = None, commits: bool = True,
    ) -> None:  # fmt: skip
        self.workspace_id, self.origin = workspace_id, origin
        self.urls, self.commits = urls or {}, commits
        self.result = Imported()
        self.batch: dict[tuple[str, str], _Found] = {}
        self.on_refuse: Callable[[str, str, Any], None] = lambda *_: None

    def refuse(self, place: str, reason: str, resource: Any = None) -> None:
        """Note what was not stored."""
        self.result.refused += 1
        self.on_refuse(place, reason, resource)
        if len(self.result.errors) < MOST_ERRORS:
            self.result.errors.append({"place": place, "detail": reason})

    def take(self, place: str, resource: Any) -> None:
        """One resource as it came."""
        wrong, content = problem(resource), b""
        if wrong is None:
            try:
                content = content_of(resource)
            except TypeError:
                wrong = "It holds characters or numbers that cannot be stored."
        if wrong is not None:
            self.refuse(place, wrong, resource)
            return
        hashed = fingerprint(resource, content)
        found = _Found(resource["resourceType"], resource["id"], resource, hashed, content)
        self.hold((found.kind, found.ident), found)

    def hold(self, key: tuple[str, str], found: Any) -> None:
        """Keep one for the next batch; a batch holds no record twice."""
        if key in self.batch:
            self.flush()
        self.batch[key] = found
        if len(self.batch) >= BATCH:
            self.flush()

    def _canonical(self, kind: str, ident: str) -> str:
        return f"{self.origin.key}:{kind}:{ident}"

    def _target(self, reference: str) -> tuple[str, str] | None:
        """(type, id) that a reference leads to, where it can be told."""
        known = self.urls.get(reference)
        if known is not None:
            return known
        match = REFERENCE.fullmatch(reference)
        return (match[1], match[2]) if match else None

    def _connect(self, found: _Found) -> None:
        """Which entities a resource is about, and how they are related."""
        own = found.kind in reading.ENTITY_TYPES
        if own:
            found.about.append((found.kind, found.ident))
        pointers = found.written.count(b'"reference":"')
        targets = [
            (path, target)
            for path, reference in reading.references(found.resource, pointers)
            if (target := self._target(reference)) and target[0] in reading.ENTITY_TYPES
        ]
        people = [target for path, target in targets if target[0] == "Patient"
                  and (path in reading.SUBJECTS or path == "participant.actor")]  # fmt: skip
        if found.kind != "Patient":
            found.about += [person for person in people[:1] if person not in found.about]
        if not found.about:
            return
        source = found.about[0]
        for path, target in targets:
            if target != source:
                name = path.split(".")[0] if own else f"{found.kind}.{path.split('.')[0]}"
                found.edges.append((self._canonical(*source), self._canonical(*target), name))

    def flush(self) -> None:
        """Store the batch, and commit it unless that is the caller's."""
        if not self.batch:
            return
        store.lock(self.workspace_id)
        self._store()
        self.batch = {}
        if self.commits:
            database.commit()

    def _store(self) -> None:
        place = self.workspace_id
        new, before = self._unseen()
        for found in new:
            self._connect(found)
        wanted = {
            self._canonical(*about): reading.ENTITY_TYPES[about[0]]
            for found in new for about in found.about
        }  # fmt: skip
        between = dict.fromkeys(edge for found in new for edge in found.edges)
        wanted |= {name: reading.ENTITY_TYPES[name.split(":")[1]]
                   for edge in between for name in edge[:2]}  # fmt: skip
        entities, made = store.ensure(place, wanted, self.origin.source)
        events = [self._event(found, entities, before) for found in new]
        edges = Edges([(entities[s], entities[t], name) for s, t, name in between])
        store.append(place, events, edges, self.origin.key)
        self._count(new, before, made, {entity for event in events for entity in event.about})

    def _unseen(self) -> tuple[list[_Found], Before]:
        """What is new or changed, and the event that a changed one supersedes."""
        params = {
            "workspace_id": self.workspace_id, "source": self.origin.key,
            "kinds": [kind for kind, _ in self.batch], "ids": [ident for _, ident in self.batch],
        }  # fmt: skip
        stored = {(row[0], row[1]): (row[2], row[3]) for row in database.rows(_RECORDS, params)}
        new = [f for key, f in self.batch.items() if stored.get(key, ("",))[0] != f.hash]
        self.result.events_skipped += len(self.batch) - len(new)
        return new, {key: event for key, (_, event) in stored.items()}

    def _event(
        self, found: _Found, entities: dict[str, uuid.UUID], before: dict[tuple[str, str], Any]
    ) -> NewEvent:
        return NewEvent(
            found.kind, found.resource,
            tuple(dict.fromkeys(entities[self._canonical(*about)] for about in found.about)),
            self.origin.confidence, self.origin.source, source_system=self.origin.system,
            data_source_id=self.origin.data_source_id, fhir_resource_type=found.kind,
            fhir_resource_id=found.ident, supersedes=before.get((found.kind, found.ident)),
            effective_at=reading.effective(found.resource), written=found.written,
            record=(found.kind, found.ident, found.hash),
        )  # fmt: skip

    def _count(
        self, new: list[_Found], before: dict[Any, Any], made: int, touched: set[uuid.UUID]
    ) -> None:
        changed = sum((f.kind, f.ident) in before for f in new)
        self.result.events_updated += changed
        self.result.events_created += len(new) - changed
        self.result.entities_created += made
        self.result.entities_updated += max(0, len(touched) - made)
        if new:
            audit.record("world.import", "world", phi=True, metadata={
                "source": self.origin.source, "created": len(new) - changed, "changed": changed,
            }, workspace_id=self.workspace_id)  # fmt: skip


def run(
    workspace_id: uuid.UUID, origin: Origin, items: Iterable[Item],
    urls: dict[str, tuple[str, str]] | None = None,
) -> Imported:  # fmt: skip
    """Import resources. `urls` maps a fullUrl of the bundle to the (type, id) it stands for."""
    importer = Importer(workspace_id, origin, urls)
    for place, _url, resource in items:
        importer.take(place, resource)
    importer.flush()
    return importer.result
