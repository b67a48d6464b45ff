"""Words and lines that the pages of the world model share."""

import re
import uuid
from datetime import date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from app.core.database import Row

from . import call_page, times
from .projection import APART, OTHER

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
GROUPS = {
    "conditions": ("Conditions", "stethoscope"), "medications": ("Medications", "list-checks"),
    "allergies": ("Allergies", "triangle-alert"), "appointments": ("Appointments", "calendar"),
    "encounters": ("Visits", "hospital"), "immunizations": ("Immunizations", "shield-check"),
    "observations": ("Measurements", "activity"), "procedures": ("Procedures", "square-check"),
    "reports": ("Reports", "file-text"), "care_plans": ("Care plans", "scroll-text"),
    "goals": ("Goals", "flag"), "coverage": ("Insurance", "shield"), "claims": ("Claims", "hash"),
    OTHER: ("Other records", "archive"),
}  # fmt: skip
RECORDS = {
    **call_page.EVENTS,
    "ExplanationOfBenefit": "Benefit statement", "Observation": "Measurement", "Encounter": "Visit",
    "DiagnosticReport": "Report", "MedicationRequest": "Medication", "Coverage": "Insurance",
    "AllergyIntolerance": "Allergy", "entity.enriched": "Further detail",
}  # fmt: skip
UNITS = {"mm[Hg]": "mmHg", "[degF]": "°F", "10*3/": "10³/", "10*6/": "10⁶/", "kg/m2": "kg/m²"}
REMARK = re.compile(r" \{[^{}]*\}(?=;|$)")
"""A unit that is none but a remark, such as {score}."""
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|[._-]+")
Line = tuple[uuid.UUID, str, str, str, str, float, int, datetime]


def label(name: str) -> str:
    """A field's name as people read it."""
    plain = name.removeprefix(APART).replace("_", " ").replace("-", " ")
    return FIELDS.get(name, plain.capitalize())


def record(kind: str) -> str:
    """What a kind of record or event is called: CarePlan is care plan."""
    return RECORDS.get(kind) or CAMEL.sub(" ", kind).strip().capitalize()


def measured(value: str) -> str:
    """A measured value with its units as they are written on paper."""
    for unit, plain in UNITS.items():
        value = value.replace(unit, plain)
    return REMARK.sub("", value)


def relation(name: str) -> str:
    """What joins two entities, where it is no relation of their own: the kind of record that names
    both, or the relation's name spaced out."""
    head = name.partition(".")[0]
    return record(head if head[:1].isupper() else name).lower()


def words(kind: str) -> tuple[str, str, str]:
    """(one, many, icon) of an entity type."""
    plain = kind.replace("_", " ").capitalize()
    return TYPES.get(kind, (plain, plain, "circle-dot"))


def named(kind: str, name: str | None, zone: tzinfo | None = None) -> str:
    """The name of an entity, with a time in a zone, or what it is where it has none."""
    if not name:
        return f"Unnamed {words(kind)[0].lower()}"
    return times.here(name, zone) if zone else name


def spaced(source: str | None) -> str:
    """The name of a source as people read it: fhir_import is fhir import."""
    return (source or "").replace("_", " ")


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


def line(row: Row, zone: tzinfo | None = None) -> Line:
    """An entity in a list: id, type, icon, name, summary, confidence, events, last heard of."""
    ident, kind, shown, state = row[0], row[1], row[4], row[5]
    one, _many, shape = words(kind)
    return (ident, one, shape, named(kind, shown, zone), summary(kind, state, zone),
            row[6], row[7], row[11])  # fmt: skip


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


def summary(kind: str, state: dict[str, Any], zone: tzinfo | None = None) -> str:
    """What tells one from another of the same name."""
    if kind == "call":
        return call_page.summary(state)
    if kind == "person":
        born = state.get("birth_date")
        old = age(born, date.today()) if not state.get("deceased") else "died"
        parts = [state.get("gender"), f"born {born}" if born else None, old,
                 f"record {state['mrn'][:12]}" if state.get("mrn") else None]  # fmt: skip
    else:
        # Without a name of its own it is named by its kind and time.
        named, start = bool(state.get("name")), str(state.get("start") or "")
        parts = [state.get("kind") if named else None, state.get("status"),
                 (times.moment(start, zone) if zone else times.clock(start)) if named else None,
                 state.get("address")]  # fmt: skip
    return ", ".join(str(part) for part in parts if part)


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
