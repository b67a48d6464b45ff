"""FHIR records of the bench: people as a clinic's system hands them out, 40 records each."""

import random
from collections.abc import Iterator
from typing import Any

import orjson

from .words import vocabulary

RECORDS = 40
"""Records a person has: themselves, one visit, and what is told of them."""
SNOMED, LOINC = "http://snomed.info/sct", "http://loinc.org"
MEASURED = ("Body Height", "Body Weight", "Body Mass Index", "Heart rate", "Respiratory rate",
            "Glucose", "Creatinine", "Calcium", "Sodium", "Potassium", "Chloride")  # fmt: skip
KINDS = ("Patient", "Encounter", *["Observation"] * 22, *["Procedure"] * 5, *["Immunization"] * 3,
         *["Claim"] * 4, *["MedicationRequest"] * 2, *["Condition"] * 2)  # fmt: skip
Resource = dict[str, Any]


def _concept(system: str, code: int, words: str) -> Resource:
    return {"coding": [{"system": system, "code": str(code), "display": words}], "text": words}


def _shared(kind: str, n: int) -> Resource:
    """What a record of a kind says whoever it is about."""
    at = f"20{10 + n % 16}-0{1 + n % 9}-{10 + n % 18}T09:{10 + n % 50}:23-05:00"
    found: Resource = {
        "resourceType": kind, "status": "finished" if kind == "Encounter" else "final",
        "meta": {"profile": [f"http://hl7.org/fhir/us/core/StructureDefinition/{kind.lower()}"]},
    }  # fmt: skip
    if kind == "Observation":
        name = MEASURED[n % len(MEASURED)]
        return found | {
            "category": [_concept("http://terminology.hl7.org/CodeSystem/observation-category",
                                  n % 3, "Vital signs")],
            "code": _concept(LOINC, 8000 + n % 11, name), "effectiveDateTime": at, "issued": at,
            "valueQuantity": {"value": 40.5 + n % 90, "unit": "mg/dL", "code": "mg/dL",
                              "system": "http://unitsofmeasure.org"},
        }  # fmt: skip
    period = {"start": at, "end": at}
    if kind == "Encounter":
        return found | {"class": {"code": "AMB"}, "type": [_concept(SNOMED, 185349, "Check up")],
                        "period": period}  # fmt: skip
    if kind == "MedicationRequest":
        return found | {"intent": "order", "authoredOn": at, "dosageInstruction": [
            {"text": "Take once a day"}], "medicationCodeableConcept":
            _concept(SNOMED, 860975, "Metformin hydrochloride 500 MG Oral Tablet")}  # fmt: skip
    if kind == "Claim":
        return found | {"use": "claim", "created": at, "billablePeriod": period, "type":
                        _concept(SNOMED, 71, "institutional"), "item": [
            {"sequence": i, "productOrService": _concept(SNOMED, 430193006 + i, "Reconciliation"),
             "net": {"value": 129.16, "currency": "USD"}} for i in range(1, 4)]}  # fmt: skip
    name = "vaccineCode" if kind == "Immunization" else "code"
    when = {"Procedure": {"performedPeriod": period}, "Condition": {"onsetDateTime": at},
            "Immunization": {"occurrenceDateTime": at}}[kind]  # fmt: skip
    return found | when | {name: _concept(SNOMED, 100000 + n, f"{kind} number {n}")}


def _person(names: list[str], n: int) -> Resource:
    given, family = names[n * 7919 % len(names)], names[n * 104729 % len(names)]
    return {
        "resourceType": "Patient", "gender": ("female", "male")[n % 2],
        "birthDate": f"{1930 + n % 90}-{1 + n % 12:02}-{1 + n % 28:02}",
        "name": [{"use": "official", "family": family.capitalize(), "given": [given.capitalize()]}],
        "telecom": [{"system": "phone", "value": f"+1 212 {555_0000 + n:07}"},
                    {"system": "email", "value": f"p{n}@example.org"}],
        "identifier": [{"type": {"coding": [{"code": "MR"}]}, "system": "http://mrn.example",
                        "value": f"MRN-{n:07}"}],
        "address": [{"line": [f"{n % 900 + 1} Main Street"], "city": "Springfield", "state": "MA"}],
    }  # fmt: skip


def subject(kind: str) -> str:
    """The field by which a record of a kind names its person."""
    return "patient" if kind in ("Immunization", "Claim") else "subject"


def shared() -> list[Resource]:
    """The records of anybody, by their place among a person's; the first is nobody's."""
    return [{} if kind == "Patient" else _shared(kind, n) for n, kind in enumerate(KINDS)]


def people(count: int) -> Iterator[Resource]:
    """Different people."""
    names = vocabulary(random.Random(8), 3_000)[130:]
    for n in range(count):
        yield _person(names, n)


def lines(persons: int, mark: str) -> bytes:
    """NDJSON of so many people, each with all their records, one person after the other."""
    found = []
    rest = shared()
    for n, person in enumerate(people(persons)):
        found.append({**person, "id": f"{mark}-{n}"})
        for i, record in enumerate(rest[1:], 1):
            of = {"reference": f"Patient/{mark}-{n}"}
            seen = {"encounter": {"reference": f"Encounter/{mark}-{n}-1"}} if i > 1 else {}
            found.append({**record, "id": f"{mark}-{n}-{i}", subject(KINDS[i]): of, **seen})
    return b"\n".join(orjson.dumps(record) for record in found)
