"""What a filter says, in words: the chips above the list, and the choices of its form."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from app.core import formats

from .filters import CallFilter
from .words import CHANNELS, DIRECTIONS, OUTCOMES, SPEAKERS, STATUS

PERIODS = {
    "today": "Today", "yesterday": "Yesterday", "7": "7 days", "30": "30 days", "90": "90 days",
}  # fmt: skip
REASONS = {
    "completed": "Completed", "abandoned": "The caller gave up", "escalated": "Escalated",
    "transferred": "Transferred", "timeout": "Timed out", "error": "An error",
    "voicemail": "Voicemail", "no_answer": "No answer", "caller_hangup": "The caller hung up",
    "forwarded": "Forwarded", "terminal_state": "The agent was done",
    "warm_transfer_completed": "Handed over to an operator",
    "no_inbound_audio": "Nothing was heard", "cancelled": "Cancelled",
}  # fmt: skip
SORTS = {
    "-started_at": "Newest first", "started_at": "Oldest first", "-duration": "Longest first",
    "duration": "Shortest first", "-quality": "Best quality first",
    "quality": "Worst quality first",
}  # fmt: skip
BY_TIME = ("-started_at", "started_at")
WHO = {who: f"Said by the {words.lower()}" for who, (words, _) in SPEAKERS.items()}


@dataclass(frozen=True, slots=True)
class Names:
    """What ids of a filter are called here."""

    services: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)


def day(value: date) -> str:
    """1 Jul 2026."""
    return f"{value.day} {formats.MONTHS[value.month - 1]} {value.year}"


def _person(who: str, names: Names) -> str:
    if who == "me":
        return "Assigned to me"
    return "Assigned to nobody" if who == "nobody" else (
        f"Assigned to {names.people.get(who, 'somebody who has left')}")  # fmt: skip


def _yes_no(yes: str, no: str) -> Callable[[bool, Names], str]:
    return lambda value, _names: yes if value else no


_WORDS: dict[str, Callable[..., str]] = {
    "q": lambda v, _: f"Said: {v}",
    "who": lambda v, _: WHO[v],
    "period": lambda v, _: PERIODS[v] if v in ("today", "yesterday") else f"Last {PERIODS[v]}",
    "date_from": lambda v, _: f"From {day(v)}",
    "date_to": lambda v, _: f"Until {day(v)}",
    "outcome": lambda v, _: OUTCOMES[v],
    "direction": lambda v, _: DIRECTIONS[v][0],
    "status": lambda v, _: f"Status: {STATUS[v][0].lower()}",
    "completion_reason": lambda v, _: f"Ended by: {REASONS[v][0].lower() + REASONS[v][1:]}",
    "service_id": lambda v, names: names.services.get(str(v), "A service without calls"),
    "phone_number": lambda v, _: f"Number {formats.phone(v)}",
    "caller": lambda v, _: f"Caller’s number has {v}",
    "min_duration": lambda v, _: f"At least {formats.duration(v)}",
    "max_duration": lambda v, _: f"At most {formats.duration(v)}",
    "escalated": _yes_no("Escalated", "Not escalated"),
    "reviewed": _yes_no("Reviewed", "Not reviewed"),
    "assigned_to": _person,
    "tag": lambda v, _: f"Tag: {v}",
    "channel_kind": lambda v, _: CHANNELS[v],
    "has_recording": _yes_no("With a recording", "Without a recording"),
    "hour": lambda v, _: f"Between {v}:00 and {v + 1}:00",
    "include_simulated": lambda _v, _: "With tests and simulations",
}


def of(wanted: CallFilter, names: Names) -> Iterator[tuple[str, str]]:
    """(name, words) of each filter that is set; how the list is sorted is none."""
    given = wanted.query()
    for name, words in _WORDS.items():
        if name in given and not (name == "period" and wanted.period == "custom"):
            yield name, words(getattr(wanted, name), names)
