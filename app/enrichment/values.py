"""What a value must be for its key, as JSON and as it is typed. Pure functions."""

import math
from typing import Any

import orjson

from app.world.reading import day

LONGEST = 4_000
LARGEST = 16 * 1024
MOST = 2**53
YES, NO = ("true", "yes"), ("false", "no")
SENTENCES = {
    "string": f"Enter text of up to {LONGEST:,} characters.",
    "number": "Enter a number such as 12.5.",
    "boolean": "Enter true or false.",
    "date": "Enter a date such as 1987-04-12.",
    "json": f"Enter JSON of up to {LARGEST // 1024} KiB.",
}


def problem(kind: str, value: Any, allowed: list[str]) -> str | None:
    """What to enter instead, or None when the value fits; null always does."""
    if value is None:
        return None
    if kind == "enum":
        return None if value in allowed else f"Choose one of: {', '.join(allowed)}."
    return None if _FITS[kind](value) else SENTENCES[kind]


def _is_number(value: Any) -> bool:
    return (isinstance(value, int | float) and not isinstance(value, bool)
            and math.isfinite(value) and abs(value) <= MOST)  # fmt: skip


def _is_json(value: Any) -> bool:
    try:
        return len(orjson.dumps(value)) <= LARGEST
    except TypeError:
        return False


_FITS = {
    "string": lambda value: isinstance(value, str) and 0 < len(value.strip()) <= LONGEST,
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "date": lambda value: isinstance(value, str) and len(value) == 10 and day(value) == value,
    "json": _is_json,
}


def typed(kind: str, text: str) -> Any:
    """The value that a person typed; None for nothing. Raises ValueError with a sentence."""
    text = text.strip()
    if not text:
        return None
    if kind == "json":
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise ValueError(
                f"This is no JSON: line {error.lineno}, column {error.colno}."
            ) from None
    if kind == "boolean":
        return True if text in YES else False if text in NO else text
    if kind == "number":
        try:
            found = float(text)
        except ValueError:
            raise ValueError(SENTENCES[kind]) from None
        return int(found) if found.is_integer() else found
    return text


def choices(kind: str, allowed: list[str]) -> list[tuple[str, str]]:
    """(what is sent, words) of the values to choose from; none where there is no list."""
    if kind == "boolean":
        return [("true", "Yes"), ("false", "No")]
    return [(value, value) for value in allowed]


def told(value: Any) -> str:
    """The value as people read it."""
    return {True: "Yes", False: "No"}[value] if isinstance(value, bool) else shown(value)


def shown(value: Any) -> str:
    """The text from which `typed` makes the value again."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return orjson.dumps(value).decode()
