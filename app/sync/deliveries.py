"""What a webhook delivers: its records taken in, each delivery once, noted as a reading is.

Everything of a delivery is one transaction: the records, the mark that it came in, the run, the
audit event. One that was not acknowledged left nothing, and may be sent again.
"""

import hashlib
import io
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

import orjson

from app.core import audit, database
from app.core.errors import BadRequest, Conflict
from app.data_sources.mapping import Mapping, look
from app.world import bundles, store
from app.world.imports import Importer, Item
from app.world.records import Record, Records, Refused

from . import arrivals, aside, mapped
from .runner import Source

MOST_RECORDS = 10_000
IGNORED = "Events of this type are not taken."
EVENT_TYPE = re.compile(r"[A-Za-z0-9._:*-]{1,64}")


@dataclass(slots=True)
class Delivery:
    """A request whose signature is genuine."""

    source: Source
    body: bytes
    marks: tuple[str, ...]
    at: datetime
    ignored: int = 0
    refused: list[aside.Refusal] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    """What its records are known by."""


def marks(signature: str, name: str | None) -> tuple[str, ...]:
    """By what a delivery is known again: its signature, and the id that its sender gave it."""
    given = [f"signature {signature}", *([f"delivery {name}"] if name else [])]
    return tuple(hashlib.sha256(text.encode()).hexdigest() for text in given)


def take(workspace_id: uuid.UUID, delivery: Delivery) -> Importer:
    """Take a delivery in and commit it. Raises BadRequest (what it is, and nothing was taken) or
    Conflict (it came in before, or the source is not set up)."""
    content = _content(delivery.body)
    source = delivery.source
    importer: Importer
    if source.config.accepts == "fhir":
        importer = Importer(workspace_id, source.origin, commits=False)
        items = _fhir(content, delivery.body, importer)
    else:
        by = mapped.compiled(workspace_id, source.mapping)
        if wrong := mapped.missing(by, source.config.id_path):
            raise Conflict(f"This source is not set up: {wrong}")
        importer = Records(workspace_id, source.origin, commits=False)
        items = own(content, source.config, by)
    importer.on_refuse = lambda place, reason, found: delivery.refused.append(
        aside.refusal(place, reason, found)
    )
    try:
        for place, _url, record in items:
            if record is None and source.config.accepts == "records":
                delivery.ignored += 1
                continue
            mapped.give(importer, f"{delivery.at:%Y-%m-%d %H:%M:%S} UTC, {place}", record)
            delivery.taken.add(aside.key_of(record, place))
    except bundles.Unreadable as error:
        raise BadRequest(str(error)) from None
    _end(workspace_id, delivery, importer)
    return importer


def _content(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(
            f"The body is no JSON: line {error.lineno}, column {error.colno} cannot be read."
        ) from None


def _fhir(content: Any, body: bytes, importer: Importer) -> Iterator[Item]:
    if isinstance(content, dict) and content.get("resourceType") == "Bundle":
        try:
            importer.urls = bundles.urls(io.BytesIO(body))
        except bundles.Unreadable as error:
            raise BadRequest(str(error)) from None
        return bundles.items(io.BytesIO(body))
    resources = content if isinstance(content, list) else [content]
    return ((f"resource {n}", None, resource) for n, resource in enumerate(resources, 1))


def own(content: Any, config: Any, by: Mapping) -> Iterator[tuple[str, None, Any]]:
    """The records of a body by the source's mapping; None stands for an event that is not taken.
    Raises BadRequest."""
    found = look(content, config.records_path) if config.records_path else content
    if found is None:
        raise BadRequest(f"Nothing stands at “{config.records_path}”.")
    records = found if isinstance(found, list) else [found]
    if len(records) > MOST_RECORDS:
        raise BadRequest(f"Send at most {MOST_RECORDS:,} records at once.")
    for number, raw in enumerate(records, 1):
        yield f"record {number}", None, _one(raw, content, config, by)


def _one(raw: Any, content: Any, config: Any, by: Mapping) -> Record | Refused | None:
    event = "record"
    if config.event_path:
        event = look(raw, config.event_path) or look(content, config.event_path)
    if not isinstance(event, str) or not EVENT_TYPE.fullmatch(event):
        return Refused(f"It names no usable event type at “{config.event_path}”.")
    about = next((k.entity_type for k in config.events if fnmatchcase(event, k.event)), None)
    if config.events and about is None:
        return None
    return mapped.record(by, raw, about or config.entity_type, config.id_path, event)


def _end(workspace_id: uuid.UUID, delivery: Delivery, importer: Importer) -> None:
    """Commit what is left together with the delivery's own rows."""
    source, done = delivery.source, importer.result
    importer.flush()
    # The same order of locks without records, or two deliveries could wait for each other.
    store.lock(workspace_id)
    # One of which nothing was taken may be sent again, signed anew, under its own id.
    nothing = arrivals.nothing_taken(done)
    if not arrivals.mark(workspace_id, source.id, delivery.marks[: 1 if nothing else None]):
        raise Conflict(arrivals.AGAIN)
    arrivals.note(workspace_id, source.id, done, delivery.refused, delivery.taken)
    audit.record("data_source.receive", "data_source", source.id, phi=True,
                 resource_name=source.name, workspace_id=workspace_id,
                 metadata={"created": done.events_created, "changed": done.events_updated,
                           "refused": done.refused})  # fmt: skip
    database.commit()
