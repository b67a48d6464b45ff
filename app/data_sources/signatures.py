"""Signed requests (domain 12.2): HMAC-SHA256 over `v1:timestamp:body`, with the source's secret.

The signature is lower-case hex, with or without `sha256=` before it. The time stamp counts in
seconds, milliseconds or ISO 8601, and may be five minutes off.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from werkzeug.datastructures import Headers

SIGNATURE, TIMESTAMP, DELIVERY = "X-Ward-Signature", "X-Ward-Timestamp", "X-Ward-Delivery"
SKEW = timedelta(minutes=5)
MILLISECONDS = 100_000_000_000
HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Signed:
    """What a request brings: its signature in plain hex, its time stamp as it was sent."""

    signature: str
    timestamp: str
    at: datetime


def moment(text: str) -> datetime | None:
    """The time of a time stamp, or None."""
    try:
        if text.isascii() and text.isdigit():
            seconds = int(text) / (1000 if int(text) >= MILLISECONDS else 1)
            return datetime.fromtimestamp(seconds, UTC)
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def presented(headers: Headers) -> Signed | None:
    """What the headers bring, or None when it can be no signature."""
    signature = headers.get(SIGNATURE, "").strip().lower().removeprefix("sha256=")
    timestamp = headers.get(TIMESTAMP, "").strip()
    if len(signature) != 64 or not set(signature) <= HEX or not 0 < len(timestamp) <= 40:
        return None
    at = moment(timestamp)
    return Signed(signature, timestamp, at) if at is not None and timestamp.isascii() else None


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature that a secret makes."""
    content = b"v1:" + timestamp.encode() + b":" + body
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def genuine(signed: Signed, secrets: Iterable[str], body: bytes) -> bool:
    """Whether one of the secrets made the signature; how long it takes says nothing."""
    good = False
    for secret in secrets:
        made = sign(secret, signed.timestamp, body)
        good |= hmac.compare_digest(made, signed.signature)
    return good


def fresh(signed: Signed, now: datetime) -> bool:
    """Whether the time stamp is near enough."""
    return abs(now - signed.at) <= SKEW
