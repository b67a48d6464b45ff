"""API-key secrets: how they are made, read and hashed. Pure functions, no database.

A presented key reads ``<prefix>_<key_id>_<secret>``, for example
``wkpm_3f9k2m7qx4tb8ncd_Zk1…``. The prefix says what leaked and how far it reaches:
``wk`` for "Ward key", one letter for the environment (``p`` production, ``s`` staging,
``d`` development) and one for the role (``o`` owner, ``a`` admin, ``m`` member,
``v`` viewer). ``key_id`` is the public handle; the secret part is 43 base64url
characters (256 bits), of which only the SHA-256 is stored.
"""

import hashlib
import hmac
import re
import secrets
from typing import NamedTuple

ENVIRONMENT_LETTER = {"production": "p", "staging": "s", "development": "d"}
ROLE_LETTER = {"owner": "o", "admin": "a", "member": "m", "viewer": "v"}

_HANDLE_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_HANDLE_LENGTH = 16
_SECRET_BYTES = 32
_PRESENTED = re.compile(r"wk[psd][oamv]_([a-z0-9]{16})_([A-Za-z0-9_-]{43})", re.ASCII)


class Secret(NamedTuple):
    """A new secret: the text to show once, and the hash to keep."""

    plaintext: str
    hash: str


def prefix(environment: str, role: str) -> str:
    """The legible start of a key: ``wkpm`` is a production key of a member."""
    return f"wk{ENVIRONMENT_LETTER[environment]}{ROLE_LETTER[role]}"


def make_key_id() -> str:
    """A new public handle: 16 letters and digits, without look-alikes (79 bits)."""
    return "".join(secrets.choice(_HANDLE_ALPHABET) for _ in range(_HANDLE_LENGTH))


def make_secret(environment: str, role: str, key_id: str) -> Secret:
    """A new secret under an existing handle."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    return Secret(f"{prefix(environment, role)}_{key_id}_{secret}", secret_hash(secret))


def parse(presented: str) -> tuple[str, str] | None:
    """``(key_id, secret)`` of a presented key, or None when it has not the form of one."""
    match = _PRESENTED.fullmatch(presented)
    return (match[1], match[2]) if match else None


def secret_hash(secret: str) -> str:
    """The stored form: lower-case hex SHA-256 (the secret is random, so no salt or stretching)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(secret: str, stored_hash: str | None) -> bool:
    """Compare in constant time; None (no such hash) never matches."""
    return hmac.compare_digest(secret_hash(secret), stored_hash or "-" * 64)
