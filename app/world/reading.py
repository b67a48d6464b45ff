"""Reading FHIR R4 resources: the values in them and what they point at. Pure functions.

Nothing is refused here: a field that is missing or odd is left out. The shapes follow HL7 FHIR
R4 (http://hl7.org/fhir/R4/).
"""

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

Resource = dict[str, Any]
ENTITY_TYPES = {
    "Patient": "person", "Practitioner": "practitioner", "Organization": "organization",
    "Location": "place", "Appointment": "appointment", "Slot": "slot", "Encounter": "encounter",
}  # fmt: skip
"""Resource types that are entities of their own."""
SUBJECTS = ("subject", "patient", "beneficiary", "individual")
MOMENT = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?")
TAG = re.compile(
    r"(?<=\w) \((procedure|disorder|finding|situation|regime/therapy|substance|observable entity"
    r"|morphologic abnormality|product|event|person|qualifier value)\)$"
)
OWN = ("contained", "extension")
MANY = 1_000_000
TREES = (dict, list)
DATES = (
    "effectiveDateTime", "effectivePeriod", "performedDateTime", "performedPeriod", "period",
    "occurrenceDateTime", "onsetDateTime", "authoredOn", "start", "billablePeriod",
    "recordedDate", "issued", "date", "created", "startDate",
)  # fmt: skip


def dig(value: Any, *path: str | int) -> Any:
    """The value at a path through objects and lists, or None."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and len(value) > step else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
        if value is None:
            return None
    return value


def each(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, or of a single object."""
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    return [value] if isinstance(value, dict) else []


def words(value: Any) -> str | None:
    """Text that is not empty."""
    return value.strip() or None if isinstance(value, str) else None


def _plain(text: str | None) -> str | None:
    """Without the tag that SNOMED CT puts behind a term: "Gout (disorder)" is "Gout"."""
    return TAG.sub("", text) if text else None


def concept(value: Any) -> str | None:
    """A CodeableConcept in words: its text, else a display, else a code."""
    for item in each(value):
        found = words(item.get("text"))
        if found is None:
            coding = each(item.get("coding"))
            found = _first(coding, "display") or _first(coding, "code")
        if found:
            return _plain(found)
    return None


def _first(items: list[dict[str, Any]], name: str) -> str | None:
    for item in items:
        if found := words(item.get(name)):
            return found
    return None


def code(value: Any) -> str | None:
    """The first code of a CodeableConcept."""
    return words(dig(value, "coding", 0, "code")) if value else None


def moment(value: Any) -> datetime | None:
    """A FHIR date, dateTime or instant as a time; a date counts from its beginning, UTC."""
    if isinstance(value, dict):
        return moment(value.get("start") or value.get("end"))
    return _moment(value) if isinstance(value, str) else None


@lru_cache(4096)
def _moment(value: str) -> datetime | None:
    if not MOMENT.fullmatch(value):
        return None
    whole = value + {4: "-01-01", 7: "-01"}.get(len(value), "")
    try:
        found = datetime.fromisoformat(whole)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def effective(resource: Resource) -> datetime | None:
    """When what a resource tells of was so."""
    for name in DATES:
        if name in resource and (found := moment(resource[name])) is not None:
            return found
    return None


def only_day(resource: Resource) -> str | None:
    """The day when what a resource tells of was so, where it names no time."""
    for name in DATES:
        if moment(found := resource.get(name)) is not None:
            text = found.get("start") or found.get("end") if isinstance(found, dict) else found
            return str(text) if len(str(text)) <= len("1987-04-12") else None
    return None


def day(value: Any) -> str | None:
    """A whole date such as 1987-04-12."""
    try:
        return date.fromisoformat(value).isoformat() if isinstance(value, str) else None
    except ValueError:
        return None


def human_name(value: Any) -> dict[str, Any]:
    """Name, given and family of the official or first HumanName."""
    names = each(value)
    chosen = next((n for n in names if n.get("use") == "official"), names[0] if names else {})
    given = " ".join(w for g in chosen.get("given") or [] if (w := words(g)))
    family = words(chosen.get("family"))
    prefix = " ".join(w for p in chosen.get("prefix") or [] if (w := words(p)))
    whole = words(chosen.get("text")) or words(" ".join(p for p in (prefix, given, family) if p))
    return {"name": whole, "given_name": given or None, "family_name": family}


def address(value: Any) -> str | None:
    """The first address on one line."""
    first = next(iter(each(value)), {})
    lines = [w for line in first.get("line") or [] if (w := words(line))]
    place = " ".join(w for n in ("state", "postalCode") if (w := words(first.get(n))))
    parts = [*lines, words(first.get("city")), place, words(first.get("country"))]
    return ", ".join(part for part in parts if part) or words(first.get("text"))


def telecom(value: Any, system: str) -> str | None:
    """The first telephone number or e-mail address."""
    return next((w for t in each(value) if t.get("system") == system
                 and (w := words(t.get("value")))), None)  # fmt: skip


def identifiers(resource: Resource) -> dict[str, str]:
    """System -> value of a resource's business identifiers."""
    return {
        words(item.get("system")) or code(item.get("type")) or "unknown": value
        for item in each(resource.get("identifier"))
        if (value := words(item.get("value")))
    }


def references(resource: Resource, most: int = MANY) -> list[tuple[str, str]]:
    """(place, reference) of what a resource points at, at most so many, the plainest places first.

    What is contained in it is its own.
    """
    found: list[tuple[str, str]] = []
    level: list[tuple[str, Resource]] = [("", resource)]
    while level and len(found) < most:
        level = [
            (f"{path}.{name}" if path else name, one)
            for path, value in level for name, item in value.items()
            if isinstance(item, TREES) and name not in OWN
            for one in (item if isinstance(item, list) else (item,)) if isinstance(one, dict)
        ]  # fmt: skip
        found += [(path, target) for path, value in level
                  if isinstance(target := value.get("reference"), str) and target[:1] != "#"]  # fmt: skip
    return found
