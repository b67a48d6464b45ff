"""Demo calls, the same every time for the same day."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from . import doing
from .sentences import ADULT, CHILD, DENTAL, GREETING, WORDS

DAYS = 60
WORDS_A_SECOND = 2.5
NAMES = uuid.UUID("6f2d1c7e-52c1-4b0e-9c6d-0a3a4f9d7e10")
SUNDAY, SATURDAY = 6, 5
AGENTS_OF = {"riverside": "Ava", "lakeside": "Leo"}
GRAPH_NAME = "Front desk"


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


def agent_id(slug: str) -> str:
    """The id of a workspace's demo agent."""
    return service_id(slug, "its agent")


def graph_id(slug: str) -> str:
    """The id of a workspace's demo graph."""
    return service_id(slug, "its graph")


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


def _words(dice: random.Random, clinic: Clinic) -> dict[str, str]:
    words = {name: dice.choice(choices) for name, choices in WORDS.items()}
    return words | {
        "clinic": clinic.name,
        "doctor": dice.choice(clinic.doctors),
        "nurse": dice.choice(clinic.nurses),
    }


def _lines(
    dice: random.Random, scene: tuple[str, ...], words: dict[str, str]
) -> Iterator[tuple[str, str]]:
    for line in scene:
        optional = line.startswith("[")
        if optional and dice.random() < 0.5:
            continue
        speaker, _, said = line.strip("[]").partition(": ")
        yield speaker, dice.choice(said.split(" | ")).strip().format(**words)


@dataclass
class _Talk:
    """A conversation as it goes: when the next word is spoken, and what the agent does."""

    dice: random.Random
    doing: random.Random
    scene: str
    words: dict[str, str]
    at: float = 1.0
    state: str | None = None
    heard: str = ""

    def answer(self, said: str) -> dict[str, Any]:
        """The agent's side: its state, its tools, and how long the caller waits."""
        ttfb = round(self.dice.lognormvariate(6.5, 0.28))
        state = doing.state_of(self.scene, said, self.state)
        tools = doing.tools(self.doing, state, state != self.state, said, self.words, self.at + 0.1)
        slow = sum(tool["duration_ms"] for tool in tools if tool["duration_ms"] > 1000)
        told = doing.step(self.state, state, self.heard)
        self.state = state
        self.at += (ttfb + slow) / 1000
        return {
            "ttfb_ms": ttfb + slow, "engine_ms": round(ttfb * 0.62), "nav_ms": round(ttfb * 0.2),
            "state": state, **told, **({"tool_calls": tools} if tools else {}),
        }  # fmt: skip

    def turn(self, speaker: str, said: str) -> dict[str, Any]:
        """One turn, spoken at 2.5 words a second."""
        turn: dict[str, Any] = {"speaker_role": speaker, "text": said}
        if speaker == "agent":
            turn |= self.answer(said)
        else:
            self.at += self.dice.uniform(0.3, 1.4)
            self.heard = said
        turn["started_s"] = round(self.at, 2)
        self.at += len(said.split()) / WORDS_A_SECOND + 0.4
        turn["ended_s"] = round(self.at, 2)
        return turn


def _interrupted(dice: random.Random, turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Some long lines are cut short; everything after them is spoken earlier."""
    for place in doing.cut_short(dice, turns):
        line, reply = turns[place], turns[place + 1]
        line["interrupted"] = True
        line["ended_s"] = round(line["started_s"] + 0.6 * (line["ended_s"] - line["started_s"]), 2)
        early = reply["started_s"] - (line["ended_s"] - 0.4)
        for later in turns[place + 1 :]:
            _earlier(later, early)
    return turns


def _earlier(turn: dict[str, Any], seconds: float) -> None:
    for part in (turn, *turn.get("tool_calls", ())):
        for name in ("started_s", "ended_s"):
            if name in part:
                part[name] = round(part[name] - seconds, 2)


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


def _configuration(clinic: Clinic, days_ago: int) -> dict[str, Any]:
    """What the runtime told: the second versions for the newer half of the calls."""
    if clinic.slug.endswith("-dev"):
        return {"llm_model": "small-2"}
    version = 1 if days_ago > DAYS / 2 else 2
    return {
        "agent_id": agent_id(clinic.slug), "agent_name": AGENTS_OF[clinic.slug.split("-")[0]],
        "agent_version": version, "context_graph_id": graph_id(clinic.slug),
        "context_graph_name": GRAPH_NAME, "context_graph_version": version,
        "service_version": 1, "voice_settings_version": 1, "llm_model": "small-2",
    }  # fmt: skip


def _call(dice: random.Random, clinic: Clinic, index: int, today: date) -> dict[str, Any]:
    scene = dice.choice(list(clinic.scenes))
    outbound = scene in ("reminder", "voicemail")
    service = dice.choice(clinic.services)
    greeted = () if outbound or scene == "abandoned" else (GREETING,)
    started = _moment(dice, today)
    missed = dice.random() < 0.04
    words = _words(dice, clinic)
    by_itself = random.Random(f"ward {clinic.slug} {index}")
    talk = _Talk(dice, by_itself, scene, words)
    lines = () if missed else _lines(dice, greeted + clinic.scenes[scene], words)
    turns = _interrupted(by_itself, [talk.turn(speaker, said) for speaker, said in lines])
    seconds = turns[-1]["ended_s"] + dice.uniform(0.5, 3) if turns else dice.uniform(4, 30)
    call: dict[str, Any] = {
        "call_sid": f"CA{uuid.uuid5(NAMES, f'{clinic.slug}/{index}').hex}",
        "direction": "outbound" if outbound else "inbound",
        "status": "no-answer" if missed else "completed",
        "started_at": started.isoformat(),
        "ended_at": (started + timedelta(seconds=round(seconds, 1))).isoformat(),
        "caller_id": f"+1415555{dice.randint(0, 3):02}{dice.randint(10, 99)}",
        "phone_number": dice.choice(clinic.numbers),
        "service_id": service_id(clinic.slug, service),
        "service_name": service,
        "quality_score": round(min(1.0, dice.gauss(0.87, 0.08)), 2) if turns else None,
        "final_state": talk.state,
        "configuration": _configuration(clinic, (today - started.date()).days),
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
