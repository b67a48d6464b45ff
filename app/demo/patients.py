"""Demo patients as FHIR resources, the same every time; their numbers are those of demo callers."""

import random
import uuid
from datetime import date, timedelta
from typing import Any

Resource = dict[str, Any]
NAMES = uuid.UUID("0b0a3f52-6a55-4d0a-8a37-6d9f6ce7f7a1")
PATIENTS = 24
FAMILY = ("Alvarez", "Bianchi", "Chowdhury", "Dubois", "Eriksen", "Fofana", "Goldberg", "Haddad",
          "Ivanova", "Jensen", "Kowalski", "Lindqvist")  # fmt: skip
GIVEN = {"female": ("Maya", "Sofia", "Leila", "Grace", "Noor", "Hannah"),
         "male": ("Omar", "Lukas", "Daniel", "Arjun", "Mateo", "Samuel")}  # fmt: skip
STREETS = ("Alder Street", "Mission Court", "Harbor Way", "Laurel Avenue")
CONDITIONS = (("Type 2 diabetes", "Metformin 500 mg", "One tablet twice a day with food"),
              ("High blood pressure", "Lisinopril 10 mg", "One tablet every morning"),
              ("Asthma", "Albuterol inhaler", "Two puffs when short of breath"),
              ("Underactive thyroid", "Levothyroxine 50 mcg", "One tablet before breakfast"))  # fmt: skip
ALLERGIES = (("Penicillin", "Hives"), ("Sulfa drugs", "Rash"), ("Latex", "Itching"))
REASONS = ("Annual physical", "Follow-up", "Flu shot", "Blood pressure check")


def _id(*parts: object) -> str:
    return str(uuid.uuid5(NAMES, "/".join(map(str, parts))))


def _patient(dice: random.Random, ident: str, phone: str, today: date) -> Resource:
    gender = dice.choice(("female", "male"))
    given, family = dice.choice(GIVEN[gender]), dice.choice(FAMILY)
    born = today - timedelta(days=dice.randint(20 * 365, 85 * 365))
    return {
        "resourceType": "Patient", "id": ident, "gender": gender, "birthDate": born.isoformat(),
        "name": [{"use": "official", "family": family, "given": [given]}],
        "telecom": [{"system": "phone", "value": phone},
                    {"system": "email", "value": f"{given}.{family}@example.org".lower()}],
        "address": [{"line": [f"{dice.randint(2, 900)} {dice.choice(STREETS)}"],
                     "city": "Riverside", "state": "CA", "postalCode": "94103"}],
        "identifier": [{"type": {"coding": [{"code": "MR"}]}, "system": "urn:riverside:mrn",
                        "value": f"R{dice.randint(100_000, 999_999)}"}],
        "communication": [{"language": {"text": dice.choice(("English", "English", "Spanish"))}}],
    }  # fmt: skip


def _records(dice: random.Random, ident: str, today: date) -> list[Resource]:
    who = {"reference": f"Patient/{ident}"}
    found: list[Resource] = []
    for n, (what, drug, dose) in enumerate(dice.sample(CONDITIONS, dice.randint(0, 2))):
        since = (today - timedelta(days=dice.randint(200, 4000))).isoformat()
        found.append({"resourceType": "Condition", "id": _id(ident, "c", n), "subject": who,
                      "code": {"text": what}, "onsetDateTime": since,
                      "clinicalStatus": {"coding": [{"code": "active"}]}})  # fmt: skip
        found.append({"resourceType": "MedicationRequest", "id": _id(ident, "m", n),
                      "subject": who, "status": "active", "intent": "order",
                      "medicationCodeableConcept": {"text": drug}, "authoredOn": since,
                      "dosageInstruction": [{"text": dose}]})  # fmt: skip
    if dice.random() < 0.4:
        what, reaction = dice.choice(ALLERGIES)
        found.append({"resourceType": "AllergyIntolerance", "id": _id(ident, "a"), "patient": who,
                      "code": {"text": what}, "clinicalStatus": {"coding": [{"code": "active"}]},
                      "reaction": [{"manifestation": [{"text": reaction}]}]})  # fmt: skip
    return found + _visits(dice, ident, today)


def _visits(dice: random.Random, ident: str, today: date) -> list[Resource]:
    found: list[Resource] = []
    for n, days in enumerate((-dice.randint(30, 400), dice.randint(2, 40))):
        day = today + timedelta(days=days)
        start = f"{day.isoformat()}T{dice.randint(9, 16):02}:{dice.choice(('00', '30'))}:00-08:00"
        found.append({
            "resourceType": "Appointment", "id": _id(ident, "v", n), "start": start,
            "status": "fulfilled" if days < 0 else "booked",
            "appointmentType": {"text": dice.choice(REASONS)},
            "participant": [{"actor": {"reference": f"Patient/{ident}"}, "status": "accepted"},
                            {"actor": {"reference": f"Practitioner/{_id('doctor', n)}"}}],
        })  # fmt: skip
    return found


def resources(
    slug: str, doctors: tuple[str, ...], phones: list[str], today: date
) -> list[Resource]:
    """The patients of a clinic with what is known of them, and its doctors."""
    dice = random.Random(f"patients of {slug}")
    found: list[Resource] = [
        {"resourceType": "Practitioner", "id": _id("doctor", n),
         "name": [{"prefix": ["Dr."], "family": name.removeprefix("Dr. ")}]}
        for n, name in enumerate(doctors[:2])
    ]  # fmt: skip
    for n, phone in enumerate(phones[:PATIENTS]):
        ident = _id(slug, n)
        found.append(_patient(dice, ident, phone, today))
        found += _records(dice, ident, today)
    return found


def signed_up(found: list[Resource]) -> list[Resource]:
    """Some of the patients once more, as they signed up on the clinic's web page: each with less."""
    people = [r for r in found if r["resourceType"] == "Patient"][:4]
    keep = (("birthDate", "telecom"), ("birthDate",), ("telecom",), ("birthDate", "telecom"))
    made = []
    for n, (who, names) in enumerate(zip(people, keep, strict=False)):
        again = {"resourceType": "Patient", "id": _id(who["id"], "web"), "name": who["name"]}
        again |= {name: who[name] for name in names}
        if "telecom" in names:
            again["telecom"] = who["telecom"][:1]
        if n == 3:
            again["birthDate"] = f"{int(who['birthDate'][:4]) + 1}{who['birthDate'][4:]}"
        made.append(again)
    return made
