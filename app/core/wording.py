"""Every validation error in plain words: the same sentence on a page and in JSON."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

LONGEST_ECHO = 200
NEVER_ECHOED = ("password", "secret", "token", "key", "credential", "authorization")

_FIXED = {
    "missing": "Fill this in.",
    "extra_forbidden": "There is no such field here.",
    "int_type": "Enter a whole number.",
    "int_parsing": "Enter a whole number.",
    "int_from_float": "Enter a whole number.",
    "int_parsing_size": "This number is too large.",
    "float_type": "Enter a number.",
    "float_parsing": "Enter a number.",
    "finite_number": "Enter a number.",
    "decimal_type": "Enter a number.",
    "decimal_parsing": "Enter a number.",
    "string_type": "Enter text.",
    "string_unicode": "This text holds characters that cannot be read.",
    "string_pattern_mismatch": "This is not in the right form.",
    "bool_type": "Choose yes or no.",
    "bool_parsing": "Choose yes or no.",
    "list_type": "Give a list.",
    "tuple_type": "Give a list.",
    "dict_type": "Give an object.",
    "model_type": "Give an object.",
    "model_attributes_type": "Give an object.",
    "uuid_type": "This is not a valid id.",
    "uuid_parsing": "This is not a valid id.",
    "date_type": "Enter a date such as 2026-11-24.",
    "date_parsing": "Enter a date such as 2026-11-24.",
    "date_from_datetime_parsing": "Enter a date such as 2026-11-24.",
    "date_from_datetime_inexact": "Enter a date without a time.",
    "datetime_type": "Enter a time such as 2026-11-24T09:30:00Z.",
    "datetime_parsing": "Enter a time such as 2026-11-24T09:30:00Z.",
    "datetime_from_date_parsing": "Enter a time such as 2026-11-24T09:30:00Z.",
    "timezone_aware": "Add the time zone, for example Z at the end.",
    "url_type": "Enter an address that begins with https://.",
    "url_parsing": "Enter an address that begins with https://.",
    "url_scheme": "Enter an address that begins with https://.",
    "json_invalid": "This is not valid JSON.",
    "none_required": "Leave this empty.",
    "recursion_loop": "This is nested too deeply.",
}


def _figure(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else str(value)


def _count(number: int, word: str) -> str:
    return f"{_figure(number)} {word}{'' if number == 1 else 's'}"


def _too_short(ctx: Mapping[str, Any], given: Any) -> str:
    least = ctx.get("min_length", 1)
    if least <= 1 or given in ("", None):
        return "Fill this in."
    return f"Enter at least {_count(least, 'character')}."


def _choices(ctx: Mapping[str, Any]) -> str:
    expected = str(ctx.get("expected", "")).replace("'", "")
    return f"Choose one of these: {expected}." if expected else "Choose one of the list."


def _bounded(kind: str, ctx: Mapping[str, Any], given: Any) -> str | None:
    match kind:
        case "greater_than_equal":
            return f"Enter {_figure(ctx['ge'])} or more."
        case "greater_than":
            return f"Enter more than {_figure(ctx['gt'])}."
        case "less_than_equal":
            return f"Enter {_figure(ctx['le'])} or less."
        case "less_than":
            return f"Enter less than {_figure(ctx['lt'])}."
        case "string_too_short":
            return _too_short(ctx, given)
        case "string_too_long":
            return f"Keep this to {_count(ctx['max_length'], 'character')} or fewer."
        case "too_short":
            return (
                f"Give at least {_count(ctx['min_length'], 'entry').replace('entrys', 'entries')}."
            )
        case "too_long":
            return f"At most {_figure(ctx['max_length'])} entries fit here."
        case "multiple_of":
            return f"Enter a multiple of {_figure(ctx['multiple_of'])}."
        case "literal_error" | "enum" | "union_tag_invalid":
            return _choices(ctx)
    return None


def message(error: Mapping[str, Any]) -> str:
    """One pydantic error as a sentence that says what to enter."""
    kind, ctx = str(error.get("type", "")), error.get("ctx") or {}
    said = _FIXED.get(kind) or _bounded(kind, ctx, error.get("input"))
    if said:
        return said
    text = str(error.get("msg", "")).removeprefix("Value error, ").strip()
    return text if text.endswith((".", "?", "!")) else f"{text or 'This is not valid'}."


def _echo(error: Mapping[str, Any]) -> dict[str, Any]:
    place = " ".join(str(part).lower() for part in error.get("loc", ()))
    given = error.get("input")
    if any(word in place for word in NEVER_ECHOED) or error.get("type") == "missing":
        return {}
    if isinstance(given, str):
        return {"input": given.replace("\0", "\N{SYMBOL FOR NULL}")[:LONGEST_ECHO]}
    return {"input": given} if isinstance(given, bool | int | float) and abs(given) < 2**53 else {}


HIDDEN_CONTEXT = ("pattern", "error", "field", "sentence")


def _context(error: Mapping[str, Any]) -> dict[str, Any]:
    ctx = {
        name: value
        for name, value in (error.get("ctx") or {}).items()
        if isinstance(value, str | int | float | bool) and name not in HIDDEN_CONTEXT
    }
    return {"ctx": ctx} if ctx else {}


def place(error: Mapping[str, Any]) -> tuple[Any, ...]:
    """Where an error belongs; one made by `schema.at` names the field itself."""
    named = (error.get("ctx") or {}).get("field")
    return (*error.get("loc", ()), *(str(named).split(".") if named else ()))


def plain(errors: Iterable[Mapping[str, Any]], within: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Pydantic errors as `{loc, msg, type, input?, ctx?}` with our sentences.

    `within` is put before each place ("body", "query"). What could be a secret, and what is
    long, is not repeated in `input`.
    """
    return [
        {
            "loc": [*within, *place(error)],
            "msg": message(error),
            "type": str(error.get("type", "value_error")),
            **_echo(error),
            **_context(error),
        }
        for error in errors
    ]
