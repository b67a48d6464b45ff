"""The page of an entity, made ready for the templates."""

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from app.core.database import Row
from app.core.phones import local

from . import call_page, reading, times
from .events import Event, known_at
from .facts import facts
from .pages import FIELDS, GROUPS, label, measured, named, record, summary, sure, words
from .projection import APART, ENRICHED, LISTS, OTHER, Projection, flat, project
from .queries import differences_between

HIDDEN = ("given_name", "family_name", "counts", *LISTS.values(), OTHER)
CALL = "call"
UTC = ZoneInfo("UTC")
DONE = ("resolved", "inactive", "remission", "stopped", "completed", "finished", "cancelled",
        "fulfilled", "noshow", "revoked", "entered-in-error")  # fmt: skip
EVENTS = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """One field with where it comes from."""

    label: str
    value: str
    source: str
    confidence: str
    at: datetime | None
    event: str
    author: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list of records."""

    what: str
    details: str
    when: str
    status: str
    over: bool
    source: str
    event: str


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one kind; `items` are those kept, `count` all there are."""

    name: str
    title: str
    icon: str
    count: int
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the page of an entity shows."""

    id: uuid.UUID
    kind: str
    title: str
    icon: str
    name: str
    summary: str
    fields: list[Shown]
    groups: list[Group]
    confidence: str
    events: int
    first: datetime
    last: datetime
    identifiers: list[tuple[str, str]]
    then: datetime | None
    differences: list[tuple[str, str, str]]
    person: bool
    gone: bool
    call: bool
    """Whether it is a call that is stored here, with the same id."""


def text(value: Any, zone: ZoneInfo = UTC) -> str:
    """A value of a field as people read it."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, str) and len(value) > 10 and value[4:5] == "-" and value[10] == "T":
        return times.moment(value, zone)
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return f"{len(value)} entries"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def labels(kind: str) -> dict[str, str]:
    """What the fields of an entity type are called, in the order in which they are shown."""
    return call_page.LABELS if kind == CALL else FIELDS


def labelled(kind: str, name: str) -> str:
    """What a field of an entity type is called."""
    return call_page.LABELS[name] if kind == CALL and name in call_page.LABELS else label(name)


def shown(kind: str, name: str, value: Any, zone: ZoneInfo = UTC) -> str:
    """A value of a field of an entity type as people read it; nothing for None."""
    if value is None:
        return ""
    if name == "phone" and isinstance(value, str):
        return local(value)
    return call_page.text(name, value, zone) if kind == CALL else text(value, zone)


def fields_of(
    made: Projection, known: dict[str, Event], kind: str = "", zone: ZoneInfo = UTC
) -> list[Shown]:
    """The fields of a state, each with the event behind it (`known`, by its id)."""
    order = {name: n for n, name in enumerate(labels(kind))}
    hidden = ("service_id",) if kind == CALL else HIDDEN
    state = flat(made.state)
    names = sorted((n for n in state if n not in hidden),
                   key=lambda n: (order.get(n, 99), n.startswith(APART), n))  # fmt: skip
    found = []
    for name in names:
        event = known[made.origins[name]]
        value = shown(kind, name, state[name], zone)
        found.append(Shown(labelled(kind, name), value, event.source, sure(event.confidence),
                           event.ingested_at, str(event.id), event.author))  # fmt: skip
    return found


def _what(told: dict[str, Any], kind: str | None) -> str:
    """What a record is about; nothing where that is only what kind of record it is."""
    found = told.get("what") or told.get("name") or told.get("kind")
    return str(found) if found and found != kind else ""


def _item(entry: dict[str, Any], zone: ZoneInfo) -> Item:
    details = [measured(str(entry.get("value") or "")), entry.get("dosage"), entry.get("reaction"),
               entry.get("reason"), entry.get("payor")]  # fmt: skip
    status = str(entry.get("status") or "").replace("-", " ")
    return Item(
        _what(entry, entry["type"]) or record(entry["type"]),
        ", ".join(str(part) for part in details if part),
        _day(entry, zone), status,
        str(entry.get("status")) in DONE, entry["source"], entry["event"],
    )  # fmt: skip


def _day(entry: dict[str, Any], zone: ZoneInfo) -> str:
    at, start = str(entry.get("at") or ""), str(entry.get("start") or "")
    return at[:10] if at.endswith(times.MIDNIGHT) else times.day(at or start, zone)


def groups_of(made: Projection, zone: ZoneInfo = UTC) -> list[Group]:
    """The records of a person by their kind; what is over stands below what is not."""
    counts = made.state.get("counts") or {}
    return [
        Group(name, title, icon, counts.get(name, 0),
              sorted((_item(e, zone) for e in made.state[name]), key=attrgetter("over")))
        for name, (title, icon) in GROUPS.items()
        if made.state.get(name)
    ]  # fmt: skip


def stored(row: Row) -> Projection:
    """The state that the write keeps."""
    return Projection(row[5], row[12], row[3], row[4], row[6], row[9], row[7])


def entity(
    row: Row, events: Sequence[Event], at: datetime | None, zone: ZoneInfo = UTC
) -> Page:  # fmt: skip
    """The page of an entity, now or as it was known at a moment.

    The events need their content for a moment, and where the entity has no name.
    """
    kind = row[1]
    one, _many, shape = words(kind)
    now = project(kind, events) if at else stored(row)
    made = project(kind, known_at(events, at)) if at else now
    known = {str(e.id): e for e in events}
    gone = any(e.supersedes and not e.confidence
               and reading.ENTITY_TYPES.get(e.fhir_resource_type or "") == kind for e in events)  # fmt: skip
    known_as = now.display_name
    if gone and known_as is None:
        # The name under which people knew it.
        known_as = project(kind, [e for e in events if e.confidence]).display_name
    changed = [(labelled(kind, n), shown(kind, n, a, zone), shown(kind, n, b, zone))
                for n, a, b in differences_between(now.state, made.state)] if at else []  # fmt: skip
    return Page(
        row[0], kind, one, shape, named(kind, known_as, zone),
        summary(kind, made.state, zone), fields_of(made, known, kind, zone),
        groups_of(made, zone), sure(made.confidence),
        made.event_count, row[10], row[11], sorted(made.external_ids.items()), at, changed,
        kind == "person", gone, row[2] == f"{call_page.OUR_OWN}{row[0]}",
    )  # fmt: skip


def kinds(events: Iterable[Event]) -> list[tuple[str, str, int]]:
    """(event type, its words, how many there are), the most first."""
    found = Counter(sorted(e.event_type for e in events)).most_common()
    return [(name, record(name), count) for name, count in found]


def timeline(told: Iterable[tuple[Event, bool]], zone: ZoneInfo = UTC) -> list[dict[str, Any]]:
    """Events, and whether each is current, as lines with their raw content folded."""
    return [
        {
            "id": e.id, "kind": record(e.event_type), "what": _said(e, zone), "source": e.source,
            "confidence": sure(e.confidence), "when": e.effective_at or e.ingested_at,
            "learned": e.ingested_at, "author": e.author, "current": current,
            "day": reading.only_day(e.data) if e.fhir_resource_type and e.effective_at else None,
            "raw": _raw(e.data)[:20_000],
        }
        for e, current in told
    ]  # fmt: skip


def _raw(data: Any) -> str:
    try:
        return orjson.dumps(data, option=orjson.OPT_INDENT_2).decode()
    except TypeError:  # A whole number beyond 64 bits.
        return json.dumps(data, indent=2, ensure_ascii=False)


GONE = "Taken out: its source no longer has it"


def _said(event: Event, zone: ZoneInfo) -> str:
    data, kind = event.data, event.event_type
    if kind in call_page.EVENTS:
        return call_page.said(kind, data, zone)
    if not event.confidence and event.supersedes:
        return GONE
    if kind == "note":
        return str(data.get("text", ""))
    fields = data.get("fields")
    if kind == ENRICHED and isinstance(key := data.get("key"), str):
        value = data.get("value")
        return f"{label(key)}: {'taken away' if value is None else text(value, zone)}"
    if isinstance(fields, dict):
        return "; ".join(f"{FIELDS.get(n, n)}: {text(v, zone)}" for n, v in fields.items())
    if event.fhir_resource_type:
        told = facts(data)
        parts = [_what(told, event.fhir_resource_type), measured(str(told.get("value") or "")),
                 told.get("status")]  # fmt: skip
        return ", ".join(str(part) for part in parts if part)
    return ""
