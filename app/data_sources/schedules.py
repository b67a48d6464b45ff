"""When a source is read: a cron line or an interval in words."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from croniter import croniter
from croniter.croniter import CroniterError
from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

SECONDS = {"m": 60, "h": 3600, "d": 86_400}
WORDS = {"m": "minutes", "h": "hours", "d": "days"}
INTERVAL = re.compile(
    r"(?:every\s+)?(\d{1,5})?\s*(m|min|mins|minutes?|h|hrs?|hours?|d|days?)", re.IGNORECASE
)
LONGEST_DAYS = 30
WRONG = "Enter how often, such as every 15 minutes, or a cron line such as 0 6 * * 1-5."


def _wrong(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("schedule", "{sentence}", {"sentence": sentence})


def _normalised(text: str) -> str:
    match = INTERVAL.fullmatch(text)
    if match is None:
        return _cron(text)
    count, unit = int(match[1] or 1), match[2][0].lower()
    seconds = count * SECONDS[unit]
    if not 60 <= seconds <= LONGEST_DAYS * 86_400:
        raise _wrong("Choose from every minute to every 30 days.")
    return f"every {count} {WORDS[unit]}" if count > 1 else f"every {WORDS[unit][:-1]}"


def _cron(text: str) -> str:
    line = " ".join(text.split())
    if len(line.split()) != 5 or not croniter.is_valid(line):
        raise _wrong(WRONG)
    try:
        croniter(line, datetime(2026, 1, 1, tzinfo=UTC)).get_next(datetime)
    except CroniterError:
        raise _wrong("This schedule never comes due.") from None
    return line


Schedule = Annotated[str, StringConstraints(max_length=256), AfterValidator(_normalised)]
"""A cron line of five fields, or "every N minutes|hours|days"."""


def is_interval(schedule: str) -> bool:
    """Whether it is an interval, not a cron line."""
    return INTERVAL.fullmatch(schedule) is not None


def next_run(schedule: str, after: datetime, zone: str = "UTC") -> datetime:
    """The next time, in UTC; cron lines are meant in `zone`."""
    match = INTERVAL.fullmatch(schedule)
    if match:
        return after + timedelta(seconds=int(match[1] or 1) * SECONDS[match[2][0].lower()])
    place = ZoneInfo(zone)
    times = croniter(schedule, after.astimezone(place))
    while True:
        found: datetime = times.get_next(datetime)
        # In the hour that comes twice, a time of day is meant once; every hour is meant twice.
        if schedule.split()[1].startswith("*") or not _again(found, place):
            return found.astimezone(UTC)


def _again(at: datetime, place: ZoneInfo) -> bool:
    """Whether a moment is in the second of two hours of the same name."""
    return bool(at.astimezone(UTC).astimezone(place).fold)


def cadence_seconds(schedule: str) -> int:
    """How long it usually is from one run to the next."""
    match = INTERVAL.fullmatch(schedule)
    if match:
        return int(match[1] or 1) * SECONDS[match[2][0].lower()]
    runs = croniter(schedule, datetime(2026, 1, 1, tzinfo=UTC))
    first: datetime = runs.get_next(datetime)
    second: datetime = runs.get_next(datetime)
    return int((second - first).total_seconds())
