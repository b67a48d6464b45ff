"""Small FHIR resources for tests."""

from typing import Any

PATIENT = {
    "resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1987-04-12",
    "name": [{"use": "official", "family": "Silva", "given": ["Ana"]}],
    "telecom": [{"system": "phone", "value": "(415) 555-0142"},
                {"system": "email", "value": "Ana@Example.org"}],
    "identifier": [{"type": {"coding": [{"code": "MR"}]}, "system": "http://mrn", "value": "MRN-77"}],
}  # fmt: skip
DOCTOR = {"resourceType": "Practitioner", "id": "d1",
          "name": [{"family": "Reyes", "given": ["Luz"], "prefix": ["Dr."]}]}  # fmt: skip
VISIT = {
    "resourceType": "Encounter", "id": "e1", "status": "finished", "type": [{"text": "Check up"}],
    "subject": {"reference": "urn:uuid:ana"},
    "participant": [{"individual": {"reference": "Practitioner/d1"}}],
    "period": {"start": "2026-03-01T09:00:00Z"},
}  # fmt: skip
GOUT = {
    "resourceType": "Condition", "id": "c1", "subject": {"reference": "Patient/p1"},
    "code": {"text": "Gout"}, "clinicalStatus": {"coding": [{"code": "active"}]},
    "onsetDateTime": "2020-01-01",
}  # fmt: skip


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    """A transaction bundle; the patient stands there under a urn."""
    entries = [
        {"fullUrl": "urn:uuid:ana" if r.get("id") == "p1" else f"http://x/{n}", "resource": r}
        for n, r in enumerate(resources)
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


WHOLE = bundle(VISIT, PATIENT, DOCTOR, GOUT)
