"""The filters of the call list: one schema for its page, the JSON, saved views, exports, links.

In the URL each filter has the name of its field. Days are those of the workspace's time zone.
"""

import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote_plus, urlencode
from zoneinfo import ZoneInfo

from annotated_types import Ge, Le, MaxLen
from markupsafe import escape
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.core.schema import Schema, at, plain
from app.reviews.schema import folded

from . import zones
from .schema import Channel, Direction, Phone, Reason, Status

Period = Literal["today", "yesterday", "7", "30", "90", "custom"]
Outcome = Literal["running", "ended", "answered", "transferred", "unanswered"]
Sort = Literal["-started_at", "started_at", "-duration", "duration", "-quality", "quality"]
NEWEST: Sort = "-started_at"
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(9000, 12, 31)
TESTS = ("playground", "simulated", "test")
"""Directions that show only when asked for."""
_DIGITS = re.compile(r"\D")
_NUMBER = re.compile(r"[\d\s()+./-]+")


def _day(value: date) -> date:
    if not FIRST_DAY <= value <= LAST_DAY:
        raise PydanticCustomError("day", "Enter a day from 1970 on.")
    return value


def _part(value: Any) -> str:
    digits = _DIGITS.sub("", str(value))
    if not _NUMBER.fullmatch(str(value)) or not 3 <= len(digits) <= 15 or not digits.isascii():
        raise PydanticCustomError("digits", "Enter 3 to 15 digits of the caller’s number.")
    return digits


def _plus(value: Any) -> Any:
    """In a URL a plus that was not escaped arrives as a space."""
    return f"+{value.strip()}" if isinstance(value, str) and value.strip().isdigit() else value


def _person(value: str) -> str:
    if value in ("me", "nobody"):
        return value
    try:
        return str(uuid.UUID(value))
    except ValueError:
        raise PydanticCustomError("person", "Choose a person of the list.") from None


Day = Annotated[date, AfterValidator(_day)]
Length = Annotated[float, Ge(0), Le(864_000)]


class CallFilter(Schema):
    """Which calls, and in which order. Days are the workspace's, both inclusive; lengths seconds.

    `q` are words of the transcript, and `who` the only one who may have said them. `period` gives
    way to days. The outcome "ended" is any but running: what figures count. `caller` is any part
    of the caller's number. `hour` is an hour of the day there. `assigned_to` is an account's id,
    `me` or `nobody`.
    """

    model_config = ConfigDict(frozen=True)

    period: Period | None = None
    date_from: Day | None = None
    date_to: Day | None = None
    direction: Direction | None = None
    status: Status | None = None
    outcome: Outcome | None = None
    completion_reason: Reason | None = None
    service_id: uuid.UUID | None = None
    phone_number: Annotated[Phone, BeforeValidator(_plus)] | None = None
    caller: Annotated[str, BeforeValidator(_part)] | None = None
    min_duration: Length | None = None
    max_duration: Length | None = None
    escalated: bool | None = None
    reviewed: bool | None = None
    assigned_to: Annotated[str, AfterValidator(_person)] | None = None
    tag: Annotated[str, MaxLen(64), AfterValidator(folded)] | None = None
    channel_kind: Channel | None = None
    has_recording: bool | None = None
    hour: Annotated[int, Ge(0), Le(23)] | None = None
    include_simulated: bool = False
    q: Annotated[str, MaxLen(200)] | None = None
    who: Literal["caller", "agent", "operator"] | None = None
    sort: Sort = NEWEST
    me: Annotated[uuid.UUID | None, Field(exclude=True)] = None
    """The account that `assigned_to=me` stands for; not part of the URL."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.date_from and self.date_to and self.date_to < self.date_from:
            raise at("date_to", "This is before the first day.")
        if (self.min_duration or 0) > (864_000 if self.max_duration is None else self.max_duration):
            raise at("max_duration", "This is less than the shortest.")
        return self

    @property
    def order(self) -> Sort:
        """The sort; what is searched for comes by time."""
        return NEWEST if self.q and not self.sort.endswith("started_at") else self.sort

    @property
    def with_tests(self) -> bool:
        """Whether simulated and test calls are among them."""
        return self.include_simulated or self.direction in TESTS

    @property
    def says_whom(self) -> bool:
        """Whether it holds words or a number of a patient, which are kept nowhere."""
        return bool(self.q or self.caller)

    def stood_in(self) -> "CallFilter":
        """The same with stand-ins for such words and numbers: what it draws may be kept."""
        if not self.says_whom:
            return self
        typed = {name: text for name, text in STAND_INS.items() if getattr(self, name)}
        found = self.model_copy(update=typed)
        found.__dict__.pop("_query", None)
        return found

    def put_in(self, drawn: bytes) -> bytes:
        """What was drawn of `stood_in`, with what was asked instead: in addresses and in words."""
        for name, stand_in in STAND_INS.items():
            if text := getattr(self, name):
                there, here = f"{name}={stand_in}", f"{name}={quote_plus(text)}"
                drawn = drawn.replace(there.encode(), here.encode())
                drawn = drawn.replace(stand_in.encode(), escape(text).encode())
        return drawn

    def days(self, today: date) -> tuple[date | None, date | None]:
        """The first and the last day, both inclusive."""
        if self.date_from or self.date_to or self.period in (None, "custom"):
            return self.date_from, self.date_to
        if self.period == "yesterday":
            return today - timedelta(days=1), today - timedelta(days=1)
        back = 0 if self.period == "today" else int(self.period or 1) - 1
        return today - timedelta(days=back), today

    def bounds(self, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """From when on, and before when, calls began."""
        first, last = self.days(datetime.now(zone).date())
        return zones.begins(first, zone) if first else None, zones.ends(
            last, zone
        ) if last else None

    def query(self) -> dict[str, str]:
        """The filter as names and values of a URL, in order; nothing that says nothing."""
        return dict(self._query)

    @cached_property
    def _query(self) -> Mapping[str, str]:
        given = self.model_dump(mode="json", exclude_defaults=True)
        if given.keys() & {"date_from", "date_to"} or given.get("period") == "custom":
            given.pop("period", None)
        if not self.q:
            given.pop("who", None)
        return {name: _text(value) for name, value in given.items()}

    def url(self, base: str, **changes: str | None) -> str:
        """An address with this filter; `changes` replace a value, or leave it out where None."""
        given = {**self._query, **changes}
        asked = urlencode({name: value for name, value in given.items() if value is not None})
        return f"{base}?{asked}" if asked else base


class CallQuery(CallFilter):
    """A page of calls. `continuation_token` is the number of the last call of the page before."""

    limit: Annotated[int, Ge(1), Le(100), Field(exclude=True)] = 20
    continuation_token: Annotated[int, Ge(0), Le(2**62), Field(exclude=True)] = 0
    offset: Annotated[int, Ge(0), Le(0), Field(exclude=True)] = 0


SAYS_WHOM = ("q", "caller")
STAND_INS = {name: secrets.token_hex(16) for name in SAYS_WHOM}
"""What stands for words and numbers of a patient, such as nobody types."""
NAMES = tuple(name for name in CallFilter.model_fields if name != "me")
"""What a URL may hold; everything else in it is not a filter."""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a URL asks for: the filter of all that is valid, what was typed, what is wrong."""

    filter: CallFilter
    given: dict[str, str]
    """Name -> text as typed, the wrong ones too."""
    wrong: dict[str, str]
    """Name -> what to enter instead."""


def parse(args: Mapping[str, str], me: uuid.UUID | None = None) -> Asked:
    """The filter of a query string; `me` is the account that asks.

    Values that are not valid are left out of the filter and told in `wrong`.
    """
    given = {name: text for name in args if name in NAMES and (text := args[name].strip())}
    wrong: dict[str, str] = {}
    if not given:
        return Asked(_all(me), given, wrong)
    while True:
        good = {name: text for name, text in given.items() if name not in wrong}
        try:
            return Asked(CallFilter.model_validate({**good, "me": me}), given, wrong)
        except ValidationError as error:
            wrong |= _messages(error)


@lru_cache(1024)
def _all(me: uuid.UUID | None) -> CallFilter:
    """The filter of a list that nothing is asked of."""
    return CallFilter(me=me)


def _messages(error: ValidationError) -> dict[str, str]:
    return {str(p["loc"][0]): p["msg"] for p in plain(error.errors(include_url=False))}


@lru_cache(512)
def utc_hours(hour: int, zone: ZoneInfo) -> tuple[int, ...]:
    """The hours of the day in UTC that an hour of the day there falls into, in any season."""
    found = set()
    for year in range(1970, datetime.now().year + 2):
        for month in range(1, 13):
            begins = datetime(year, month, 15, hour, tzinfo=zone)
            begins -= zone.utcoffset(begins) or timedelta()
            found |= {begins.hour, (begins + timedelta(minutes=59)).hour}
    return tuple(sorted(found))
