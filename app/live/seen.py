"""What a waiting page has seen already, sealed so that nobody can claim to have seen more.

A page that stays open asks every few seconds. Its token says which state of the calls it shows,
and up to which call number their reading stands in the audit log.
"""

import time
from dataclasses import dataclass
from typing import Self

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

FRESH_SECONDS = 300
"""So long a page may wait without a change before it is told anew: times pass on it as well."""


@dataclass(frozen=True, slots=True)
class Seen:
    """`version` and `span` of time that were shown; reading is noted up to call `noted`."""

    version: int
    span: int
    noted: int

    @classmethod
    def now(cls, version: int, noted: int) -> Self:
        """What is shown at this moment."""
        return cls(version, int(time.time()) // FRESH_SECONDS, noted)

    def same_as(self, other: Self) -> bool:
        """Whether nothing changed in between."""
        return (self.version, self.span) == (other.version, other.span)

    def sealed(self, who: str) -> str:
        """A token that only this account's pages can use."""
        return str(_sealer(who).dumps([self.version, self.span, self.noted]))


def opened(token: str, who: str) -> Seen | None:
    """What a token says; None when it is none of ours."""
    try:
        return Seen(*_sealer(who).loads(token))
    except (BadSignature, TypeError):
        return None


def _sealer(who: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt=f"ward-live {who}")
