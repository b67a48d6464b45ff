"""What the pages of the world model show, made ready for the templates."""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.core.database import Row

from .events import Event, known_at
from .projection import LISTS, OTHER, Projection, project
from .queries import differences_between

EVENTS = 20
MOST_PAGES = 200
TYPES: dict[str, tuple[str, str, str]] = {
    "person": ("Person", "People", "user"),
    "encounter": ("Visit", "Visits", "stethoscope"),
    "appointment": ("Appointment", "Appointments", "calendar"),
    "practitioner": ("Practitioner", "Practitioners", "user"),
    "organization": ("Organization", "Organizations", "building-2"),
    "place": ("Place", "Places", "hospital"),
    "slot": ("Slot", "Slots", "clock"),
    "call": ("Call", "Calls", "phone-call"),
}
FIELDS = {
    "name": "Name", "birth_date": "Date of birth", "gender": "Gender", "mrn": "Record number",
    "phone": "Phone", "email": "E-mail", "address": "Address", "language": "Language",
    "marital_status": "Marital status", "deceased": "Died", "kind": "Kind", "status": "Status",
    "start": "From", "end": "Until", "reason": "Reason", "description": "Description",
    "qualification": "Qualification", "npi": "NPI", "active": "Active",
}  # fmt: skip
HIDDEN = ("given_name", "family_name", "counts", *LISTS.values(), OTHER)
GROUPS = {
    "conditions": ("Conditions", "stethoscope"), "medications": ("Medications", "list-checks"),
    "allergies": ("Allergies", "triangle-alert"), "appointments": ("Appointments", "calendar"),
    "encounters": ("Visits", "hospital"), "immunizations": ("Immunizations", "shield-check"),
    "observations": ("Measurements", "activity"), "procedures": ("Procedures", "square-check"),
    "reports": ("Reports", "file-text"), "care_plans": ("Care plans", "scroll-text"),
    "goals": ("Goals", "flag"), "coverage": ("Insurance", "shield"), "claims": ("Claims", "hash"),
    OTHER: ("Other records", "archive"),
}  # fmt: skip
DONE = ("resolved", "inactive", "remission", "stopped", "completed", "finished", "cancelled",
        "entered-in-error")  # fmt: skip
Line = tuple[uuid.UUID, str, str, str, str, float, int, datetime]


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
    """Records of one kind, newest first; `items` are those kept, `count` all there are."""

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


def words(kind: str) -> tuple[str, str, str]:
    """(one, many, icon) of an entity type."""
    plain = kind.replace("_", " ").capitalize()
    return TYPES.get(kind, (plain, plain, "circle-dot"))


def types(counts: dict[str, int]) -> list[tuple[str, int, str, str]]:
    """(type, how many, words, icon), people first and then as they are listed above."""
    order = {name: n for n, name in enumerate(TYPES)}
    names = sorted(counts, key=lambda name: (order.get(name, 99), name))
    return [(name, counts[name], *words(name)[1:]) for name in names]


def sure(confidence: float) -> str:
    """A confidence in words (domain 6.4)."""
    for least, said in ((1.0, "authoritative"), (0.9, "confirmed"), (0.6, "likely"),
                        (0.3, "mentioned")):  # fmt: skip
        if confidence >= least:
            return said
    return "inferred"


def line(row: Row) -> Line:
    """An entity in a list: id, type, icon, name, summary, confidence, events, last heard of."""
    ident, kind, shown, state = row[0], row[1], row[4], row[5]
    one, _many, shape = words(kind)
    name = shown or f"Unnamed {one.lower()}"
    return ident, one, shape, name, summary(kind, state), row[6], row[7], row[11]


def age(born: str | None, today: date) -> str:
    """41 years, or 8 months for small children."""
    try:
        day = date.fromisoformat(born or "")
    except ValueError:
        return ""
    months = (today.year - day.year) * 12 + today.month - day.month - (today.day < day.day)
    if months < 0 or months > 150 * 12:
        return ""
    return f"{months // 12} years" if months >= 36 else f"{months} months"


def summary(kind: str, state: dict[str, Any]) -> str:
    """What tells one from another of the same name."""
    if kind == "person":
        born = state.get("birth_date")
        old = age(born, date.today()) if not state.get("deceased") else "died"
        parts = [state.get("gender"), f"born {born}" if born else None, old,
                 f"record {state['mrn'][:12]}" if state.get("mrn") else None]  # fmt: skip
    else:
        parts = [state.get("kind") if state.get("name") else None, state.get("status"),
                 (state.get("start") or "")[:10], state.get("address")]  # fmt: skip
    return ", ".join(str(part) for part in parts if part)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, str) and len(value) > 10 and value[4:5] == "-" and value[10] == "T":
        return value[:16].replace("T", " ")
    if isinstance(value, list):
        return f"{len(value)} entries"
    return str(value)


def fields_of(made: Projection, known: dict[str, Event]) -> list[Shown]:
    """The fields of a state, each with the event behind it (`known`, by its id)."""
    order = {name: n for n, name in enumerate(FIELDS)}
    names = sorted((n for n in made.state if n not in HIDDEN), key=lambda n: (order.get(n, 99), n))
    found = []
    for name in names:
        event = known[made.origins[name]]
        label = FIELDS.get(name, name.replace("_", " ").capitalize())
        found.append(Shown(label, _text(made.state[name]), event.source, sure(event.confidence),
                           event.ingested_at, str(event.id), event.author))  # fmt: skip
    return found


def _item(entry: dict[str, Any]) -> Item:
    details = [entry.get("value"), entry.get("dosage"), entry.get("reaction"),
               entry.get("reason"), entry.get("payor")]  # fmt: skip
    status = str(entry.get("status") or "").replace("-", " ")
    return Item(
        str(entry.get("what") or entry.get("kind") or entry["type"]),
        ", ".join(str(part) for part in details if part),
        str(entry.get("at") or entry.get("start") or "")[:10], status,
        str(entry.get("status")) in DONE, entry["source"], entry["event"],
    )  # fmt: skip


def groups_of(made: Projection) -> list[Group]:
    """The records of a person by their kind."""
    counts = made.state.get("counts") or {}
    return [
        Group(name, title, icon, counts.get(name, 0), [_item(e) for e in made.state[name]])
        for name, (title, icon) in GROUPS.items()
        if made.state.get(name)
    ]


def entity(row: Row, events: Sequence[Event], at: datetime | None) -> Page:
    """The page of an entity, now or as it was known at a moment."""
    kind = row[1]
    one, _many, shape = words(kind)
    now = project(kind, events)
    made = project(kind, known_at(events, at)) if at else now
    known = {str(e.id): e for e in events}
    changed = [(FIELDS.get(n, n.replace("_", " ").capitalize()), _text(a) if a is not None else "",
                _text(b) if b is not None else "")
               for n, a, b in differences_between(now.state, made.state)] if at else []  # fmt: skip
    return Page(
        row[0], kind, one, shape, now.display_name or f"Unnamed {one.lower()}",
        summary(kind, made.state), fields_of(made, known), groups_of(made), sure(made.confidence),
        made.event_count, row[10], row[11], sorted(made.external_ids.items()), at, changed,
        kind == "person",
    )  # fmt: skip


def timeline(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Events as lines with their raw content folded."""
    return [
        {
            "id": r[1], "kind": r[2].replace("_", " "), "what": _said(r), "source": r[6],
            "confidence": sure(r[5]), "when": r[8] or r[9], "learned": r[9], "author": r[10],
            "current": r[14], "raw": json.dumps(r[4], indent=1, ensure_ascii=False)[:20_000],
        }
        for r in rows[:EVENTS]
    ]  # fmt: skip


def _said(row: Row) -> str:
    from . import reading

    data = row[4]
    if row[2] == "note":
        return str(data.get("text", ""))
    fields = data.get("fields")
    if isinstance(fields, dict):
        return "; ".join(f"{FIELDS.get(n, n)}: {_text(v)}" for n, v in fields.items())
    if row[11]:
        told = reading.facts(data)
        parts = [told.get("what") or told.get("name") or told.get("kind"), told.get("value"),
                 told.get("status")]  # fmt: skip
        return ", ".join(str(part) for part in parts if part)
    return ""


HOW = {
    "subject": "was with", "participant": "seen by", "serviceProvider": "at",
    "location": "at", "generalPractitioner": "general practitioner",
    "managingOrganization": "cared for by",
}  # fmt: skip
ORDER = ("practitioner", "organization", "place", "person")
SAME_AS = "same_as"
"""Records of the same person are shown in a part of their own."""


def _how(name: str, out: bool) -> str:
    """A relationship in words, as seen from one of its ends."""
    if not out:
        return {"subject": "visit", "participant": "visit", "serviceProvider": "visit"}.get(
            name, name.replace(".", ", ")
        )
    return HOW.get(name, name.replace(".", ", "))


def related(ident: uuid.UUID, rows: Iterable[Row]) -> list[tuple[uuid.UUID, str, str, str]]:
    """(other entity, icon, name, how they are related), who cares for somebody first."""
    hows: dict[tuple[uuid.UUID, str, str], dict[str, None]] = {}
    for r in rows:
        if r[1] == SAME_AS:
            continue
        out = r[5] == ident
        other, kind, name = (r[8], r[9], r[10]) if out else (r[5], r[6], r[7])
        key = (other, kind, name or f"Unnamed {words(kind)[0].lower()}")
        hows.setdefault(key, {})[_how(r[1], out)] = None
    order = {kind: n for n, kind in enumerate(ORDER)}
    found = sorted(hows, key=lambda k: k[2][-10:], reverse=True)
    found.sort(key=lambda k: order.get(k[1], len(ORDER)))
    return [(o, words(k)[2], name, ", ".join(hows[(o, k, name)])) for o, k, name in found]


def moment(given: str, zone: ZoneInfo) -> tuple[datetime | None, str]:
    """(the moment that was asked for, in the workspace's zone; a message when it is none)."""
    given = given.strip()
    if not given:
        return None, ""
    try:
        found = datetime.fromisoformat(given)
        found = found if found.tzinfo else found.replace(tzinfo=zone)
        if not 1970 <= found.year <= 9000:
            raise ValueError
    except (ValueError, OverflowError):
        return None, "Enter a time such as 2026-11-20 14:03:22."
    return found, ""


def number(given: str) -> int:
    """The number of a page, from 0."""
    return min(int(given), MOST_PAGES) if given.isascii() and given.isdigit() else 0
