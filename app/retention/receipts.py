"""Signing what a run of retention removed, so that a receipt changed afterwards shows.

HMAC-SHA256 over the canonical JSON of the receipt, with a key of its own made from SECRET_KEY.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

_USE = b"ward retention receipt 1"


def canonical(receipt: Mapping[str, Any]) -> bytes:
    """The one text of a receipt: keys in order, no spaces, UTF-8."""
    text = json.dumps(receipt, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def sign(secret: str, receipt: Mapping[str, Any]) -> str:
    """The signature in hex."""
    key = hmac.digest(secret.encode(), _USE, hashlib.sha256)
    return hmac.new(key, canonical(receipt), hashlib.sha256).hexdigest()


def genuine(secret: str, receipt: Mapping[str, Any], signature: str, **beside: object) -> bool:
    """Whether the receipt is as it was signed, and what stands beside it says the same."""
    same = all(receipt.get(name) == value for name, value in beside.items())
    return same and hmac.compare_digest(sign(secret, receipt).encode(), signature.encode())
