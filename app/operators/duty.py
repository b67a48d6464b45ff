"""Who is on duty: for each reason to hand a call over, who would take it now."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from app.core import database
from app.core.settings import load
from app.escalation.declaration import ESCALATION, GENERAL
from app.escalation.schema import DAYS, TRIGGERS, Escalation, open_now

from .schema import STATUS, TYPES

_DESK = """
select id, name, type, status, skills, connection_method from operator
where workspace_id = %(workspace_id)s
order by array_position(array['online', 'busy', 'offline'], status), lower(name), id limit 500
"""


@dataclass(frozen=True, slots=True)
class Person:
    """One operator at the desk."""

    id: uuid.UUID
    name: str
    type: str
    status: str
    skills: tuple[str, ...]
    connection_method: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What would happen to a call handed over now for one reason."""

    trigger: str
    wanted: str
    people: tuple[str, ...]
    outcome: str
    good: bool


@dataclass(frozen=True, slots=True)
class Duty:
    """The page."""

    people: tuple[Person, ...]
    answers: tuple[Answer, ...]
    open: bool
    hours: str
    local_time: str
    time_zone: str


def _answer(rules: Escalation, trigger: str, people: tuple[Person, ...], is_open: bool) -> Answer:
    wanted = getattr(rules, trigger)
    fitting = tuple(
        p.name for p in people if p.status == "online" and (wanted == "any" or p.type == wanted)
    )
    if not is_open:
        outcome = "Outside operating hours"
    elif fitting:
        outcome = f"Waits up to {rules.longest_wait_seconds} s for one of them"
    else:
        outcome = "Nobody of this type is online"
    reaches = bool(fitting) and is_open
    if not reaches:
        outcome += (
            ", so the fallback number rings" if rules.fallback_number
            else ", and there is no fallback number"
        )  # fmt: skip
    label = "Any type" if wanted == "any" else TYPES[wanted]
    return Answer(
        TRIGGERS[trigger], label, fitting, outcome, reaches or bool(rules.fallback_number)
    )


def of(workspace_id: uuid.UUID, now: datetime | None = None) -> Duty:
    """How the desk stands at `now`."""
    rules = load(ESCALATION, workspace_id).value
    zone = load(GENERAL, workspace_id).value.time_zone
    local = (now or datetime.now(UTC)).astimezone(ZoneInfo(zone))
    rows = database.raw(_DESK, {"workspace_id": workspace_id})
    people = tuple(Person(*row) for row in rows)
    is_open = open_now(rules, local)
    answers = tuple(_answer(rules, trigger, people, is_open) for trigger in TRIGGERS)
    hours = getattr(rules, DAYS[local.weekday()])
    return Duty(people, answers, is_open, hours, f"{local:%A, %H:%M}", zone)


__all__ = ["STATUS", "TYPES", "Duty", "of"]
