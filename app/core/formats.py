"""How figures, times and phone numbers read on a page."""

import contextlib
import re
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from .phones import local

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
NORTH_AMERICA = re.compile(r"\+1(\d{3})(\d{3})(\d{4})")
STEPS = ((60, "second"), (3600, "minute"), (86400, "hour"), (86400 * 60, "day"))


def isolated(name: str) -> str:
    """A name inside a sentence: one that runs from right to left leaves the rest alone."""
    return name if name.isascii() else f"\u2068{name}\u2069"


def stamp_now() -> str:
    """Now, as ISO-8601 UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def when_text(at: datetime, zone: tzinfo = UTC) -> str:
    """21 Nov 2026, 09:14, in a time zone; at the ends of the calendar as it is given."""
    with contextlib.suppress(OverflowError):
        at = at.astimezone(zone)
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}, {at:%H:%M}"


def day_text(day: date, year: bool = True) -> str:
    """21 Nov 2026, or 21 Nov."""
    words = f"{day.day} {MONTHS[day.month - 1]}"
    return f"{words} {day.year}" if year else words


@lru_cache(8192)
def _time(at: datetime, words: str) -> Markup:
    stamp = at.astimezone(UTC).isoformat(timespec="seconds")
    return Markup(f'<time datetime="{stamp}">{words}</time>')


@lru_cache(8192)
def when(at: datetime | None, zone: tzinfo | None = None) -> Any:
    """A time in words, inside a <time> element; of no zone that the page names, it says UTC."""
    if at is None:
        return ""
    return _time(at, when_text(at, zone) if zone else f"{when_text(at)} UTC")


def _distance(seconds: float) -> str:
    size = abs(seconds)
    unit, name = 1, "second"
    for limit, word in STEPS:
        name = word
        if size < limit:
            break
        unit = limit
    count = max(1, int(size // (unit if name != "day" else 86400)))
    return f"{count} {name}{'' if count == 1 else 's'}"


def ago(at: datetime | None) -> Any:
    """How long since (or until) a time: "3 minutes ago", "in 5 days"."""
    if at is None:
        return "never"
    seconds = (datetime.now(UTC) - at).total_seconds()
    if abs(seconds) < 45:
        words = "just now"
    else:
        words = f"{_distance(seconds)} ago" if seconds > 0 else f"in {_distance(seconds)}"
    return _time(at, words)


def due(at: datetime) -> Any:
    """When something is to come: "in 5 days", "within a minute", or "as soon as there is room" once
    its time is there."""
    left = (at - datetime.now(UTC)).total_seconds()
    if left <= 60:
        return _time(at, "within a minute" if left > 0 else "as soon as there is room")
    return ago(at)


def phone(number: str | None) -> str:
    """As people here write it; nothing for nothing."""
    return local(number) if number else ""


def masked(number: str | None) -> str:
    """A caller's number with its middle hidden: +1 (415) ••• 0142."""
    if not number:
        return "Unknown number"
    match = NORTH_AMERICA.fullmatch(number)
    if match:
        return f"+1 ({match[1]}) ••• {match[3]}"
    return f"{number[:3]} ••• {number[-2:]}"


def duration(seconds: float | None) -> str:
    """62 as "1 min 02 s"."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def clock(seconds: float | None) -> str:
    """7.2 as "00:07"."""
    whole = int(seconds or 0)
    hours, rest = divmod(whole, 3600)
    text = f"{rest // 60:02}:{rest % 60:02}"
    return f"{hours}:{text}" if hours else text


def number(value: int | None) -> str:
    """1234 as 1,234."""
    return "" if value is None else f"{value:,}"


FILTERS = {
    "when": when,
    "ago": ago,
    "due": due,
    "phone": phone,
    "masked": masked,
    "duration": duration,
    "clock": clock,
    "number": number,
}
