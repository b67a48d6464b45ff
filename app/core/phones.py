"""Phone numbers: read as people type them, kept as E.164."""

import re
import unicodedata
from functools import lru_cache
from typing import Annotated

import phonenumbers
from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from .identity import maybe

COUNTRIES = {
    "us-east-1": "US",
    "ca-central-1": "CA",
    "eu-central-1": "DE",
    "ap-southeast-2": "AU",
}
"""Where a number without its country code belongs, by the region of the workspace."""
WRONG = "Enter a phone number with its area code, such as (415) 555-0142 or +49 30 901820."


def _country() -> str:
    actor = maybe()
    return COUNTRIES.get(actor.workspace.region if actor and actor.workspace else "", "US")


def normalised(typed: str, country: str | None = None) -> str:
    """E.164 of what was typed. Raises a validation error with a sentence.

    A number without its country code belongs to `country`, else to that of the actor's workspace.
    """
    try:
        number = phonenumbers.parse(typed, country or _country())
    except phonenumbers.NumberParseException:
        raise PydanticCustomError("phone_number", WRONG) from None
    possible = phonenumbers.is_possible_number_with_reason(number)
    if number.extension or possible != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise PydanticCustomError("phone_number", WRONG)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def digits(typed: str) -> str:
    """What to look for in E.164 when somebody types part of a number; too little is nothing."""
    if re.search(r"[^\W\d_]", typed):
        return ""
    found = "".join(str(unicodedata.digit(char)) for char in typed if char.isdigit()).lstrip("0")
    return found if len(found) > 2 else ""


@lru_cache(4096)
def readable(e164: str) -> str:
    """+14155550142 as +1 415-555-0142, in the manner of its country."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def local(e164: str) -> str:
    """As people here write it: (415) 555-0142 at home, +49 30 901820 for another country."""
    return _local(e164, _country())


@lru_cache(8192)
def _local(e164: str, country: str) -> str:
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    home = phonenumbers.region_code_for_number(number) == country
    wanted = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, wanted.NATIONAL if home else wanted.INTERNATIONAL)


Phone = Annotated[
    str, StringConstraints(max_length=64), AfterValidator(lambda typed: normalised(typed))
]
"""A phone number in any usual spelling; kept as E.164."""
