"""When and to whom calls are handed over (domain 9), and the workspace's time zone."""

import re
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import available_timezones

from annotated_types import MaxLen
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from app.core.phones import Phone
from app.core.schema import UI, Between, Schema

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TRIGGERS = {
    "caller_request": "The caller asks for a person",
    "conversation_monitor": "The conversation monitor is worried",
    "risk_scorer": "The risk score is high",
    "context_window_exhaustion": "The conversation is too long for the agent",
}
WANTED = {
    "any": "Any operator",
    "clinical": "Clinical",
    "administrative": "Administrative",
    "crisis_counselor": "Crisis counselor",
}
ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles",
         "Europe/Berlin", "Australia/Sydney", "America/Toronto", "UTC")  # fmt: skip
SPAN = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)")
HOURS = "Enter opening and closing time such as 08:00-17:30, or closed."
HOURS_HELP = "Opening and closing time such as 08:00-17:00, or closed."
Wanted = Literal["any", "clinical", "administrative", "crisis_counselor"]


def _hours(text: str) -> str:
    if text.lower() == "closed":
        return "closed"
    match = SPAN.fullmatch(text)
    if match is None:
        raise PydanticCustomError("hours", HOURS)
    opens, closes = (int(match[n]) * 60 + int(match[n + 1]) for n in (1, 3))
    if not opens < closes <= 24 * 60:
        raise PydanticCustomError("hours", "The closing time must come after the opening time.")
    return f"{opens // 60:02}:{opens % 60:02}-{closes // 60:02}:{closes % 60:02}"


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise PydanticCustomError("time_zone", "Enter a time zone such as America/New_York.")
    return name


Hours = Annotated[str, MaxLen(32), AfterValidator(_hours)]


class General(Schema):
    """What holds for the whole workspace."""

    time_zone: Annotated[
        str, MaxLen(64), AfterValidator(_zone),
        UI("Time zone", "Operating hours are meant in it.", suggestions=ZONES),
    ] = "UTC"  # fmt: skip


class Escalation(Schema):
    """Which operators take which calls, when, and what happens when nobody can."""

    caller_request: Annotated[Wanted, UI(TRIGGERS["caller_request"], options=WANTED)] = "any"
    conversation_monitor: Annotated[
        Wanted, UI(TRIGGERS["conversation_monitor"], options=WANTED)
    ] = "clinical"
    risk_scorer: Annotated[Wanted, UI(TRIGGERS["risk_scorer"], options=WANTED)] = "clinical"
    context_window_exhaustion: Annotated[
        Wanted, UI(TRIGGERS["context_window_exhaustion"], options=WANTED)
    ] = "any"
    monday: Annotated[Hours, UI("Monday", HOURS_HELP)] = "08:00-17:00"
    tuesday: Annotated[Hours, UI("Tuesday", HOURS_HELP)] = "08:00-17:00"
    wednesday: Annotated[Hours, UI("Wednesday", HOURS_HELP)] = "08:00-17:00"
    thursday: Annotated[Hours, UI("Thursday", HOURS_HELP)] = "08:00-17:00"
    friday: Annotated[Hours, UI("Friday", HOURS_HELP)] = "08:00-17:00"
    saturday: Annotated[Hours, UI("Saturday", HOURS_HELP)] = "closed"
    sunday: Annotated[Hours, UI("Sunday", HOURS_HELP)] = "closed"
    fallback_number: Annotated[
        Phone | None,
        UI("Fallback number", "Rings when nobody can take the call.", widget="phone"),
    ] = None  # fmt: skip
    longest_wait_seconds: Annotated[
        int, Between(10, 1800, step=10),
        UI("Longest wait", "How long a caller waits for an operator.", unit=" seconds"),
    ] = 120  # fmt: skip


def open_now(rules: Escalation, local: datetime) -> bool:
    """Whether `local`, a time in the workspace's zone, lies in the operating hours."""
    hours = getattr(rules, DAYS[local.weekday()])
    if hours == "closed":
        return False
    opens, closes = hours.split("-")
    return bool(opens <= f"{local:%H:%M}" < closes)
