"""What a FHIR R4 resource says, in fields that people read. Pure functions."""

from collections.abc import Callable
from typing import Any

from .reading import (
    Resource,
    address,
    code,
    concept,
    day,
    dig,
    each,
    effective,
    human_name,
    identifiers,
    moment,
    telecom,
    words,
)

Facts = dict[str, Any]
MARITAL = {"M": "Married", "S": "Never married", "D": "Divorced", "W": "Widowed",
           "L": "Separated", "T": "Partnered", "U": "Unmarried"}  # fmt: skip
FIGURES = (int, float)
CODES = ("code", "medicationCodeableConcept", "vaccineCode")
WHAT = (*CODES, "type", "category", "description")
"""Where a record says what it is about, the plainest first."""


def _by_type(resource: Resource, wanted: str) -> str | None:
    return next((words(i.get("value")) for i in each(resource.get("identifier"))
                 if code(i.get("type")) == wanted), None)  # fmt: skip


def _patient(r: Resource) -> Facts:
    language = next((c for c in each(r.get("communication")) if c.get("preferred")),
                    next(iter(each(r.get("communication"))), {}))  # fmt: skip
    return {
        **human_name(r.get("name")), "birth_date": day(r.get("birthDate")),
        "gender": words(r.get("gender")), "phone": telecom(r.get("telecom"), "phone"),
        "email": telecom(r.get("telecom"), "email"), "address": address(r.get("address")),
        "mrn": _by_type(r, "MR"), "language": concept(dig(language, "language")),
        "marital_status": MARITAL.get(code(r.get("maritalStatus")) or "")
        or concept(r.get("maritalStatus")),
        "deceased": _text(r.get("deceasedDateTime")) or (r.get("deceasedBoolean") or None),
    }  # fmt: skip


def _practitioner(r: Resource) -> Facts:
    return {
        **human_name(r.get("name")), "phone": telecom(r.get("telecom"), "phone"),
        "email": telecom(r.get("telecom"), "email"), "address": address(r.get("address")),
        "qualification": concept(dig(r, "qualification", 0, "code")),
        "npi": identifiers(r).get("http://hl7.org/fhir/sid/us-npi"),
        "active": r.get("active") if isinstance(r.get("active"), bool) else None,
    }  # fmt: skip


def _organization(r: Resource) -> Facts:
    return {
        "name": words(r.get("name")), "kind": concept(r.get("type")),
        "phone": telecom(r.get("telecom"), "phone"), "email": telecom(r.get("telecom"), "email"),
        "address": address(r.get("address")), "status": words(r.get("status")),
    }  # fmt: skip


def _visit(r: Resource) -> Facts:
    """An encounter, appointment or slot."""
    period = r.get("period") if isinstance(r.get("period"), dict) else r
    return {
        "kind": concept(r.get("type")) or concept(r.get("serviceType"))
        or concept(r.get("appointmentType")) or words(dig(r, "class", "display"))
        or words(dig(r, "class", "code")),
        "status": words(r.get("status")), "start": _text(dig(period, "start")),
        "end": _text(dig(period, "end")), "reason": concept(r.get("reasonCode")),
        "description": words(r.get("description")) or words(r.get("comment")),
    }  # fmt: skip


def _text(value: Any) -> str | None:
    found = moment(value)
    if found is None:
        return None
    return value if len(value) <= 10 else found.isoformat()


def quantity(value: Any) -> str | None:
    """A Quantity in words: 46.6 cm."""
    figure = value.get("value") if isinstance(value, dict) else None
    if not isinstance(figure, FIGURES) or isinstance(figure, bool):
        return None
    figure += 0  # The database knows no minus nothing.
    unit = words(value.get("unit")) or words(value.get("code")) or ""
    return (
        f"{figure:.4g} {unit}".strip() if abs(figure) < 10_000 else f"{figure:.0f} {unit}".strip()
    )


def _observed(r: Resource) -> str | None:
    """The value of an observation in words."""
    plain = quantity(r.get("valueQuantity")) if "valueQuantity" in r else None
    plain = plain or concept(r.get("valueCodeableConcept"))
    plain = plain or words(r.get("valueString")) or _text(r.get("valueDateTime"))
    if plain or not r.get("component"):
        return plain
    parts = [f"{concept(c.get('code'))}: {value}" for c in each(r["component"])
             if (value := _observed(c))]  # fmt: skip
    return "; ".join(parts) or None


def _first(r: Resource, names: tuple[str, ...], read: Callable[[Any], str | None]) -> str | None:
    for name in names:
        if name in r and (said := read(r[name])):
            return said
    return None


def _clinical(r: Resource) -> Facts:
    """Any record about a person: what, how it stands, since when."""
    kind = r["resourceType"]
    at = effective(r)
    found: Facts = {
        "what": _first(r, WHAT, concept) or words(r.get("description"))
        or words(dig(r, "medicationReference", "display")) or kind,
        "code": _first(r, CODES, code),
        "status": code(r.get("clinicalStatus")) or words(r.get("status")),
        "at": at.isoformat() if at else None, "value": _observed(r),
        "category": concept(r.get("category")) if kind == "Observation" else None,
    }  # fmt: skip
    for name, (field, read) in _DETAILS.items():
        if name in r:
            found[field] = read(r[name])
    return found


_DETAILS: dict[str, tuple[str, Callable[[Any], str | None]]] = {
    "abatementDateTime": ("until", _text),
    "dosageInstruction": ("dosage", lambda value: words(dig(value, 0, "text"))),
    "reaction": ("reaction", lambda value: concept(dig(value, 0, "manifestation"))),
    "criticality": ("criticality", words),
    "payor": ("payor", lambda value: words(dig(value, 0, "display"))),
}
READERS: dict[str, Callable[[Resource], Facts]] = {
    "Patient": _patient, "Practitioner": _practitioner, "Organization": _organization,
    "Location": _organization, "Encounter": _visit, "Appointment": _visit, "Slot": _visit,
}  # fmt: skip


def facts(resource: Resource) -> Facts:
    """The fields of a resource that people read, without empty ones."""
    reader = READERS.get(resource["resourceType"], _clinical)
    return {name: value for name, value in reader(resource).items() if value is not None}
