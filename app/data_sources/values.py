"""What the types of a mapping make of a value: text, dates, numbers, phone numbers, ids."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import PydanticCustomError, ValidationError

from app.core import phones
from app.core.schema import Email

LONGEST = 4000
LINKS = ("person", "practitioner", "organization", "place", "appointment")
NUMBER = re.compile(r"[+-]?\d{1,18}(?:[.,]\d{1,12})?")
PARTS = re.compile(
    r"(\d{1,2})[./ -](\d{1,2})[./ -](\d{4})"
    r"(?:,?[ T]+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?: ?([AaPp])\.?[Mm]\.?)?)?"
)
YES, NO = {"true", "yes", "y", "t", "1", "x"}, {"false", "no", "n", "f", "0"}
MILLISECONDS = 100_000_000_000
_EMAIL: TypeAdapter[str] = TypeAdapter(Email)


class Wrong(ValueError):
    """A record or value that cannot be taken; the message never repeats the value."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the clinic's own writing means: times without a zone, numbers without a country."""

    zone: tzinfo = UTC
    country: str = "US"


def filled(value: Any) -> Any:
    """The value, or None for what is empty. Lists of plain values are joined. Raises Wrong."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, list):
        if any(isinstance(item, dict | list) for item in value):
            raise Wrong("holds several things; name one of them, such as [0]")
        return " ".join(str(item) for item in value if item not in (None, "")) or None
    if isinstance(value, dict):
        raise Wrong("is an object; name a field inside it")
    if isinstance(value, float) and not math.isfinite(value):
        raise Wrong("is no number")
    return value


def convert(kind: str, value: Any, context: Context) -> Any:
    """The value as its type says. Raises Wrong with the end of a sentence."""
    value = filled(value)
    if value is None:
        return None
    text = "true" if value is True else "false" if value is False else str(value)
    if len(text) > LONGEST:
        raise Wrong(f"is longer than {LONGEST:,} characters")
    base, _, order = kind.partition("_")
    if base == "date":
        return _date(text, order)
    if base == "time":
        return _time(value, text, order, context)
    plain = {"number": _number, "flag": _flag, "email": _email}.get(kind)
    if plain:
        return plain(text)
    return _phone(text, context) if kind == "phone" else text


def _number(text: str) -> int | float:
    plain = text.replace("\N{MINUS SIGN}", "-")
    if not NUMBER.fullmatch(plain) or not plain.isascii():
        raise Wrong("is no number")
    found = float(plain.replace(",", "."))
    return int(found) if found.is_integer() and abs(found) < 2**53 else found


def _flag(text: str) -> bool:
    word = text.casefold()
    if word not in YES | NO:
        raise Wrong("is neither yes nor no")
    return word in YES


def _email(text: str) -> str:
    try:
        return _EMAIL.validate_python(text)
    except ValidationError:
        raise Wrong("is no e-mail address") from None


def _phone(text: str, context: Context) -> str:
    try:
        return phones.normalised(text, context.country)
    except PydanticCustomError:
        raise Wrong("is no phone number") from None


def _date(text: str, order: str) -> str:
    try:
        if order:
            return _parts(text, order)[0].isoformat()
        return date.fromisoformat(text[:10] if text[10:11] in ("T", " ") else text).isoformat()
    except ValueError:
        raise Wrong("is no date of this form") from None


def _time(value: Any, text: str, order: str, context: Context) -> str:
    try:
        if order:
            found: datetime = _parts(text, order)[1]
        elif text.isascii() and text.isdigit() and len(text) > 8:
            seconds = int(text) / (1000 if int(text) >= MILLISECONDS else 1)
            found = datetime.fromtimestamp(seconds, UTC)
        else:
            found = datetime.fromisoformat(text)
        found = found if found.tzinfo else found.replace(tzinfo=context.zone)
        return found.astimezone(UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        raise Wrong("is no time of this form") from None


def _parts(text: str, order: str) -> tuple[date, datetime]:
    """Day first or month first, perhaps with a time. Raises ValueError."""
    match = PARTS.fullmatch(text)
    if match is None or not text.isascii():
        raise ValueError
    first, second, year = int(match[1]), int(match[2]), int(match[3])
    day, month = (first, second) if order == "dmy" else (second, first)
    hour = int(match[4] or 0)
    if match[7]:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if match[7] in "Pp" else 0)
    found = datetime(year, month, day, hour, int(match[5] or 0), int(match[6] or 0))
    return found.date(), found
