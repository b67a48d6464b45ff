"""From the events of an entity to its state: pure functions, the same result for the same events.

The rules (domain 7.2):

- Only current events count: what is superseded or of confidence 0 is left out.
- A field takes the value of the event with the highest confidence; between equals, of the one that
  came in last. The value None, in a correction, empties the field.
- What is told about a person in records of their own (conditions, medications, visits …) becomes a
  list with one entry a record, newest first, at most 200; `counts` says how many there are.
- The events of a call are read as `calls` says.
- An event that enriches tells one value for one key; `enrichment` holds them by key, by the same
  rule, apart from the fields of the records.
- Nothing else enters: not the order of the events, not the time, not other entities.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from . import calls, reading
from .events import Event, current
from .facts import facts
from .times import clock

LISTS = {
    "Condition": "conditions", "MedicationRequest": "medications",
    "AllergyIntolerance": "allergies", "Appointment": "appointments", "Encounter": "encounters",
    "Immunization": "immunizations", "Procedure": "procedures", "Observation": "observations",
    "DiagnosticReport": "reports", "CarePlan": "care_plans", "Coverage": "coverage",
    "Claim": "claims", "Goal": "goals",
}  # fmt: skip
OTHER = "other_records"
ENRICHED, ENRICHMENT = "entity.enriched", "enrichment"
APART = f"{ENRICHMENT}."
"""What the name of an enriched value begins with, where it stands among fields."""
LONGEST = 200
NOT_WORDS = re.compile(r"[^\w]+")
PHONE_DIGITS = 10
Key = tuple[str, str]


@dataclass(slots=True)
class Projection:
    """What an entity is as far as its events tell.

    `origins` maps a field of `state` to the id of the event behind it; entries of lists name
    theirs themselves. `keys` are (kind, value) pairs to find the entity by.
    """

    state: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    external_ids: dict[str, str] = field(default_factory=dict)
    display_name: str | None = None
    confidence: float = 0.0
    source: str | None = None
    event_count: int = 0
    keys: set[Key] = field(default_factory=set)


def name_words(text: str) -> list[str]:
    """The words of a name as they are searched for: no accents, no capitals."""
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return [word for word in NOT_WORDS.split(plain.casefold()) if word]


def phone_key(number: str) -> str | None:
    """The last ten digits of a number, by which numbers from several sources meet."""
    digits = "".join(c for c in number if c.isdecimal() and c.isascii())
    return digits[-PHONE_DIGITS:] if len(digits) >= 7 else None


def own_fields(entity_type: str, event: Event) -> dict[str, Any] | None:
    """The fields that an event tells of the entity itself, or None when it is about a record."""
    fields = event.data.get("fields")
    if isinstance(fields, dict):
        return fields
    if entity_type == "call":
        return calls.fields(event)
    if event.event_type == ENRICHED and isinstance(key := event.data.get("key"), str):
        return {APART + key: event.data.get("value")}
    kind = event.fhir_resource_type
    if kind is None or reading.ENTITY_TYPES.get(kind) != entity_type:
        return None
    return facts(event.data)


def project(entity_type: str, events: Iterable[Event]) -> Projection:
    """The state of an entity from its events, in whatever order they are given."""
    made = Projection()
    best: dict[str, tuple[float, int, Any, Event]] = {}
    records: dict[tuple[str, str], Event] = {}
    for event in current(events):
        made.event_count += 1
        fields = own_fields(entity_type, event)
        if fields is None:
            _remember(records, event)
            continue
        made.external_ids |= reading.identifiers(event.data)
        for name, value in fields.items():
            rank = (event.confidence, event.seq)
            if name not in best or rank >= best[name][:2]:
                best[name] = (*rank, value, event)
    _settle(made, best)
    if entity_type == "person":
        _list(made, records)
    _name(made, entity_type)
    _index(made)
    return made


def flat(state: dict[str, Any]) -> dict[str, Any]:
    """A state with its enriched values among the fields, as `origins` names them."""
    enriched = {APART + key: value for key, value in (state.get(ENRICHMENT) or {}).items()}
    return {n: value for n, value in state.items() if n != ENRICHMENT} | enriched


def unflat(fields: dict[str, Any]) -> dict[str, Any]:
    """The state that `flat` made fields of."""
    enriched = {n.removeprefix(APART): v for n, v in fields.items() if n.startswith(APART)}
    state = {name: value for name, value in fields.items() if not name.startswith(APART)}
    return state | ({ENRICHMENT: enriched} if enriched else {})


def _remember(records: dict[tuple[str, str], Event], event: Event) -> None:
    """Of several events about one record, the most trusted, then the last."""
    if event.fhir_resource_type is None:
        return
    key = (event.fhir_resource_type, event.fhir_resource_id or str(event.id))
    known = records.get(key)
    if known is None or (event.confidence, event.seq) >= (known.confidence, known.seq):
        records[key] = event


def _settle(made: Projection, best: dict[str, tuple[float, int, Any, Event]]) -> None:
    chosen = {name: found for name, found in sorted(best.items()) if found[2] is not None}
    made.origins = {name: str(found[3].id) for name, found in chosen.items()}
    made.state = unflat({name: found[2] for name, found in chosen.items()})
    # What is said beyond the records says nothing about how sure they are.
    chosen = {n: found for n, found in chosen.items() if not n.startswith(APART)} or chosen
    if chosen:
        made.confidence = round(sum(found[0] for found in chosen.values()) / len(chosen), 4)
        made.source = max(chosen.values(), key=lambda found: found[:2])[3].source


def _list(made: Projection, records: dict[tuple[str, str], Event]) -> None:
    lists: dict[str, list[dict[str, Any]]] = {}
    for (kind, ident), event in records.items():
        entry = {
            **facts(event.data), "type": kind, "record": ident, "event": str(event.id),
            "confidence": event.confidence, "source": event.source,
        }  # fmt: skip
        lists.setdefault(LISTS.get(kind, OTHER), []).append(entry)
    counts = {name: len(entries) for name, entries in sorted(lists.items())}
    for name, entries in sorted(lists.items()):
        entries.sort(key=_newest, reverse=True)
        made.state[name] = (_latest(entries) if name == "observations" else entries)[:LONGEST]
    if counts:
        made.state["counts"] = counts


def _newest(entry: dict[str, Any]) -> tuple[str, str]:
    return entry.get("at") or entry.get("start") or "", entry["record"]


def _latest(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each thing that is measured, the last value."""
    found: dict[Any, dict[str, Any]] = {}
    for entry in entries:
        found.setdefault(entry.get("code") or entry["what"], entry)
    return list(found.values())


def _name(made: Projection, entity_type: str) -> None:
    state = made.state
    if state.get("name"):
        name = state["name"]
        # 1e16 comes back from the database as a whole number.
        whole = isinstance(name, float) and name.is_integer()
        made.display_name = str(int(name) if whole else name)[:256]
    elif entity_type == "call" and (called := calls.name(state)):
        made.display_name = called
    elif state.get("kind") or state.get("start"):
        parts = [state.get("kind") or entity_type.capitalize(), clock(state.get("start") or "")]
        made.display_name = ", ".join(part for part in parts if part)[:256]


def _index(made: Projection) -> None:
    state, keys = made.state, made.keys
    name = state.get("name")
    if isinstance(name, str):
        keys |= {("name", word[:64]) for word in name_words(name)}
    if isinstance(state.get("phone"), str) and (digits := phone_key(state["phone"])):
        keys.add(("phone", digits))
    if isinstance(state.get("email"), str):
        keys.add(("email", state["email"].casefold()[:254]))
    if isinstance(state.get("birth_date"), str):
        keys.add(("birth_date", state["birth_date"][:10]))
    if isinstance(state.get("tags"), list):
        keys |= {("tag", tag.casefold()[:64]) for tag in state["tags"] if isinstance(tag, str)}
    values = {*made.external_ids.values(), state.get("mrn")}
    keys |= {("identifier", v.casefold()[:128]) for v in values if isinstance(v, str)}
