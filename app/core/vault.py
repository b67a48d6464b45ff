"""Secrets at rest: sealed with keys from the environment, bound to their workspace and field.

Keys are Fernet keys (32 random bytes as URL-safe base64). The first one seals; every one opens,
so that a new key can be put in front and the old one dropped after `flask secrets rotate`.
"""

import json
import os
import tempfile
import uuid
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import current_app

from .errors import Unavailable

MARK = "enc:"
HIDDEN = "••••••"
NO_KEY = "Secrets cannot be stored: this installation has no key for them (WARD_SECRETS_KEYS)."


class VaultError(Exception):
    """A sealed secret does not open here: another workspace's, or its key is gone."""


def new_key() -> str:
    """A fresh key."""
    return Fernet.generate_key().decode()


def write_keys(path: Path, keys: Sequence[str]) -> None:
    """Replace the key file in one step, readable by its owner only."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(keys) + "\n")
    Path(name).replace(path)


@lru_cache(8)
def _read(path: str, _changed: int) -> tuple[str, ...]:
    return tuple(line.strip() for line in Path(path).read_text().splitlines() if line.strip())


def keys() -> tuple[str, ...]:
    """The keys, newest first: from the environment, or from the file beside the data."""
    config = current_app.config["WARD"]
    if config.secrets_keys or not config.secrets_file:
        return tuple(config.secrets_keys)
    return _read(config.secrets_file, Path(config.secrets_file).stat().st_mtime_ns)


@lru_cache(8)
def _fernet(of: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in of])


def _cipher() -> MultiFernet:
    found = keys()
    if not found:
        raise Unavailable(NO_KEY)
    return _fernet(found)


def is_sealed(value: Any) -> bool:
    """Whether a value looks like something `seal` made."""
    return isinstance(value, str) and value.startswith(MARK)


def seal(workspace_id: uuid.UUID, name: str, secret: str) -> str:
    """The secret, unreadable without a key."""
    content = json.dumps([str(workspace_id), name, secret]).encode()
    return MARK + _cipher().encrypt(content).decode()


def unseal(workspace_id: uuid.UUID, name: str, sealed: str) -> str:
    """The secret. Raises VaultError."""
    try:
        content = json.loads(_cipher().decrypt(sealed.removeprefix(MARK)))
    except InvalidToken:
        raise VaultError from None
    if content[:2] != [str(workspace_id), name]:
        raise VaultError
    return str(content[2])


def hidden(content: Any) -> Any:
    """The same value with everything sealed replaced by dots."""
    if isinstance(content, dict):
        return {name: hidden(item) for name, item in content.items()}
    return HIDDEN if is_sealed(content) else content


def resealed(content: Any) -> Any:
    """The same value with everything sealed by the newest key. Raises VaultError."""
    if isinstance(content, dict):
        return {name: resealed(item) for name, item in content.items()}
    if not is_sealed(content):
        return content
    try:
        return MARK + _cipher().rotate(content.removeprefix(MARK)).decode()
    except InvalidToken:
        raise VaultError from None
