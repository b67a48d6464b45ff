"""The declaration: a schema says once what a thing is made of, its bounds and its words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import annotated_types
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    JsonValue,
    StringConstraints,
    WrapValidator,
    field_validator,
)
from pydantic.annotated_handlers import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from .forms import SchemaForm, form_for
from .ui import UI
from .wording import message, plain

__all__ = [
    "UI", "Between", "Distinct", "Email", "Inner", "Json", "Matching", "Password", "Schema", "SchemaForm", "at",
    "form_for", "message", "plain",
]  # fmt: skip

SURROGATE = re.compile("[\ud800-\udfff]")
LARGEST = 2**63 - 1
UNREADABLE = "This text holds characters that cannot be stored."


def _storable(value: Any) -> None:
    """Raise for what cannot be kept: NUL characters, halves of surrogate pairs, huge integers."""
    if isinstance(value, str):
        if "\0" in value or (not value.isascii() and SURROGATE.search(value)):
            raise PydanticCustomError("unreadable_text", UNREADABLE)
    elif isinstance(value, int) and abs(value) > LARGEST:
        raise PydanticCustomError("number_size", "This number is too large.")
    elif isinstance(value, dict):
        for key, item in value.items():
            _storable(key)
            _storable(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _storable(item)


class Inner(BaseModel):
    """A part of a schema, which looks at all that is in it whether it can be stored.

    To look again at each of many parts takes as long as reading them. Whoever makes one by itself
    does so from text that a schema has read.
    """

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, allow_inf_nan=False, hide_input_in_errors=True
    )


class Schema(Inner):
    """A set of fields: no unknown ones, text without outer spaces, finite numbers only."""

    @field_validator("*", mode="before")
    @classmethod
    def _text_can_be_stored(cls, value: Any) -> Any:
        _storable(value)
        return value


def at(field: str, sentence: str) -> PydanticCustomError:
    """An error of the whole schema that belongs beside one field; dots lead into groups."""
    return PydanticCustomError("not_fitting", "{sentence}", {"sentence": sentence, "field": field})


def _tidy(figure: float) -> float | int:
    return int(figure) if float(figure).is_integer() else figure


@dataclass(frozen=True)
class _Worded:
    low: float
    high: float

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.custom_error_schema(
            handler(source),
            "out_of_range",
            custom_error_message="Enter a number between {low} and {high}.",
            custom_error_context={"low": _tidy(self.low), "high": _tidy(self.high)},
        )


@dataclass(frozen=True)
class Between(annotated_types.GroupedMetadata):
    """A number from `low` to `high`, with one message for everything else."""

    low: float
    high: float
    step: float | None = None
    """The step of a range input; any number in the range is valid."""

    def __iter__(self) -> Iterator[object]:
        yield annotated_types.Ge(self.low)
        yield annotated_types.Le(self.high)
        yield _Worded(self.low, self.high)


@dataclass(frozen=True)
class Matching:
    """Text of one form, `^…$`, with a sentence that says which."""

    pattern: str
    sentence: str

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        whole = re.compile(self.pattern.removeprefix("^").removesuffix("$"))

        def check(value: Any) -> Any:
            if value is not None and not whole.fullmatch(value):
                raise PydanticCustomError("pattern", "{sentence}", {"sentence": self.sentence})
            return value

        return core_schema.no_info_after_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        found = handler(schema)
        texts = [one for one in found.get("anyOf", [found]) if one.get("type") == "string"]
        for one in texts:
            one["pattern"] = self.pattern
        return found


def _address(value: str) -> str:
    name, _, domain = value.rpartition("@")
    labels = domain.split(".")
    good = name and len(labels) > 1 and all(labels) and "@" not in name and value.isprintable()
    if not good or " " in value or len(value) > 254:
        raise PydanticCustomError("email", "Enter an e-mail address such as ana@clinic.example.")
    return value.lower()


Email = Annotated[str, AfterValidator(_address)]
"""An e-mail address, lower-cased, at most 254 characters."""

Distinct = AfterValidator(lambda items: list(dict.fromkeys(items)))
"""For lists: what is there twice counts once, where it came first."""

Json = Annotated[JsonValue, WrapValidator(lambda value, valid: (valid(value), value)[1])]
"""Any JSON value as it was given: unlike other text, its text keeps its outer spaces."""

Password = Annotated[str, StringConstraints(strip_whitespace=False, max_length=512)]
"""A password as it was typed, outer spaces included, at most 512 characters."""
