"""Demo calls, the same every time for the same day."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from .sentences import ADULT, CHILD, DENTAL, GREETING, WORDS

DAYS = 60
WORDS_A_SECOND = 2.5
NAMES = uuid.UUID("6f2d1c7e-52c1-4b0e-9c6d-0a3a4f9d7e10")
SUNDAY, SATURDAY = 6, 5


@dataclass(frozen=True, slots=True)
class Clinic:
    """What the generator needs to know of a workspace."""

    slug: str
    name: str
    calls: int
    numbers: tuple[str, ...]
    services: tuple[str, ...]
    doctors: tuple[str, ...]
    nurses: tuple[str, ...]
    scenes: dict[str, tuple[str, ...]]
    simulated: bool = False


FAMILY_DOCTORS = ("Dr. Nguyen-Reyes", "Dr. Patel", "Dr. Morrison", "Dr. Abebe")
CLINICS = (
    Clinic("riverside-family", "Riverside Family Clinic", 1500,
           ("+14155550100", "+14155550101", "+14155550102"),
           ("Appointment line", "Refill line", "After hours"), FAMILY_DOCTORS,
           ("Nurse Carla Boyd", "Nurse Ben Ito"), ADULT),
    Clinic("riverside-family-staging", "Riverside Family Clinic", 120, ("+14155550110",),
           ("Appointment line",), FAMILY_DOCTORS, ("Nurse Carla Boyd",), ADULT, simulated=True),
    Clinic("riverside-family-dev", "Riverside Family Clinic", 40, ("+14155550120",),
           ("Appointment line",), FAMILY_DOCTORS, ("Nurse Carla Boyd",), ADULT, simulated=True),
    Clinic("riverside-pediatrics", "Riverside Pediatrics", 380, ("+14155550130", "+14155550131"),
           ("Parents' line", "Nurse line"), ("Dr. Flores", "Dr. Halvorsen"),
           ("Nurse Amy Sato",),
           CHILD | {k: ADULT[k] for k in ("move", "cancel", "insurance", "person", "abandoned")}),
    Clinic("lakeside-dental", "Lakeside Dental", 360, ("+12065550140",), ("Front desk",),
           ("Dr. Lund", "Dr. Castellano"), ("Paula at the front desk",),
           DENTAL | {k: ADULT[k] for k in ("move", "cancel", "billing", "reminder", "abandoned")}),
)  # fmt: skip


def service_id(slug: str, name: str) -> str:
    """The id of a demo service."""
    return str(uuid.uuid5(NAMES, f"{slug}/{name}"))


def _moment(dice: random.Random, today: date) -> datetime:
    while True:
        day = today - timedelta(days=dice.randint(1, DAYS))
        if day.weekday() == SUNDAY and dice.random() > 0.1:
            continue
        if day.weekday() == SATURDAY and dice.random() > 0.35:
            continue
        # Clinic hours on the US west coast, in UTC: busiest in the morning.
        hour = dice.triangular(15, 23.9, 17)
        return datetime.combine(day, time(), UTC) + timedelta(hours=hour)


def _lines(
    dice: random.Random, scene: tuple[str, ...], clinic: Clinic
) -> Iterator[tuple[str, str]]:
    words = {name: dice.choice(choices) for name, choices in WORDS.items()}
    words |= {
        "clinic": clinic.name,
        "doctor": dice.choice(clinic.doctors),
        "nurse": dice.choice(clinic.nurses),
    }
    for line in scene:
        optional = line.startswith("[")
        if optional and dice.random() < 0.5:
            continue
        speaker, _, said = line.strip("[]").partition(": ")
        yield speaker, dice.choice(said.split(" | ")).strip().format(**words)


def _turns(dice: random.Random, lines: Iterator[tuple[str, str]]) -> list[dict[str, Any]]:
    at, turns = 1.0, []
    for speaker, said in lines:
        turn: dict[str, Any] = {"speaker_role": speaker, "text": said}
        if speaker == "agent":
            ttfb = round(dice.lognormvariate(6.5, 0.28))
            at += ttfb / 1000
            turn |= {"ttfb_ms": ttfb, "engine_ms": round(ttfb * 0.62), "nav_ms": round(ttfb * 0.2)}
        else:
            at += dice.uniform(0.3, 1.4)
        turn["started_s"] = round(at, 2)
        at += len(said.split()) / WORDS_A_SECOND + 0.4
        turn["ended_s"] = round(at, 2)
        turns.append(turn)
    return turns


def _outcome(dice: random.Random, scene: str) -> dict[str, Any]:
    if scene in ("symptom", "fever"):
        return {"completion_reason": "warm_transfer_completed", "escalation_status": "completed"}
    if scene == "person":
        return {"completion_reason": "transferred", "escalation_status": "completed"}
    if scene == "abandoned":
        return {"completion_reason": "abandoned"}
    if scene == "voicemail":
        return {"completion_reason": "voicemail"}
    return {"completion_reason": dice.choice(("completed", "completed", "caller_hangup"))}


def _call(dice: random.Random, clinic: Clinic, index: int, today: date) -> dict[str, Any]:
    scene = dice.choice(list(clinic.scenes))
    outbound = scene in ("reminder", "voicemail")
    service = dice.choice(clinic.services)
    greeted = () if outbound or scene == "abandoned" else (GREETING,)
    started = _moment(dice, today)
    missed = dice.random() < 0.04
    turns = [] if missed else _turns(dice, _lines(dice, greeted + clinic.scenes[scene], clinic))
    seconds = turns[-1]["ended_s"] + dice.uniform(0.5, 3) if turns else dice.uniform(4, 30)
    call: dict[str, Any] = {
        "call_sid": f"CA{uuid.uuid5(NAMES, f'{clinic.slug}/{index}').hex}",
        "direction": "outbound" if outbound else "inbound",
        "status": "no-answer" if missed else "completed",
        "started_at": started.isoformat(),
        "ended_at": (started + timedelta(seconds=round(seconds, 1))).isoformat(),
        "caller_id": f"+1415555{dice.randint(0, 99):02}{dice.randint(10, 99)}",
        "phone_number": dice.choice(clinic.numbers),
        "service_id": service_id(clinic.slug, service),
        "service_name": service,
        "quality_score": round(min(1.0, dice.gauss(0.87, 0.08)), 2) if turns else None,
        "final_state": "closing" if turns else None,
        "configuration": {"agent_name": "Front desk", "agent_version": 12 + (today - started.date()
                          ).days // -15 + 4, "context_graph_version": 8},
        "turns": turns,
        **({"completion_reason": "no_answer"} if missed else _outcome(dice, scene)),
    }  # fmt: skip
    if clinic.simulated or dice.random() < 0.01:
        call |= {"source": "simulated", "direction": "simulated"}
    return call


def generate(clinic: Clinic, today: date) -> list[dict[str, Any]]:
    """The clinic's calls of the 60 days before `today`, oldest first, in the shape of POST /calls."""
    dice = random.Random(f"ward {clinic.slug}")
    calls = [_call(dice, clinic, index, today) for index in range(clinic.calls)]
    return sorted(calls, key=lambda call: str(call["started_at"]))
