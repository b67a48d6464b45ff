"""The keys with which a SMART source signs: which one is used, and which public halves are shown.

The first key is that of the configuration. A new one is published at once and used later, and the
one before stays published for a while after that: the other side may keep an old copy of the list.
"""

import secrets as random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc.jwk import ECKey, RSAKey

from app.core import database, vault

from . import smart
from .kinds.fhir import new_key, new_kid

OVERLAP = timedelta(hours=24)
"""How long a key stays published after its successor is used."""
WAITS = {"0": "at once", "24": "in 24 hours", "168": "in 7 days"}
PUBLIC = ("kty", "n", "e", "crv", "x", "y")
_SECRET = "private_key"
_ADDRESS = """
select token from signing_address where workspace_id = %(workspace_id)s and data_source_id = %(id)s
"""
_PUBLISH = """
insert into signing_address (workspace_id, data_source_id, token)
values (%(workspace_id)s, %(id)s, %(token)s) on conflict do nothing
"""
_BEHIND = """
select data_source_id from signing_address
where workspace_id = %(workspace_id)s and token = %(token)s
"""
_KEYS = """
select kid, algorithm, content, used_from from signing_key
where workspace_id = %(workspace_id)s and data_source_id = %(id)s and follows = %(follows)s
order by used_from, id
"""
_ADD = """
insert into signing_key (workspace_id, data_source_id, kid, algorithm, content, follows, used_from,
  created_by)
values (%(workspace_id)s, %(id)s, %(kid)s, %(algorithm)s, %(content)s, %(follows)s, %(from)s, %(by)s)
"""
_DROP = """
delete from signing_key where workspace_id = %(workspace_id)s and data_source_id = %(id)s
  and (follows <> %(follows)s or kid = any(%(kids)s))
"""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a source; `until` is when it is published no more, None while nothing follows."""

    kid: str
    algorithm: str
    pem: str
    used_from: datetime | None
    until: datetime | None = None

    @property
    def public(self) -> dict[str, Any]:
        """Its public half, as it stands in the list."""
        kind = RSAKey if self.algorithm == "RS384" else ECKey
        found = kind.import_key(self.pem).as_dict(private=False)
        told = {name: found[name] for name in PUBLIC if name in found}
        return {**told, "kid": self.kid, "use": "sig", "alg": self.algorithm}


def _thumbprint(pem: str, algorithm: str) -> str:
    return str((RSAKey if algorithm == "RS384" else ECKey).import_key(pem).thumbprint())


def keys(
    workspace_id: uuid.UUID, ident: uuid.UUID, config: Any, pem: str, now: datetime
) -> list[Key]:  # fmt: skip
    """The keys that are published, the oldest first. Raises VaultError."""
    first = Key(config.assertion_kid, config.assertion_algorithm, pem, None)
    rows = database.rows(_KEYS, {
        "workspace_id": workspace_id, "id": ident,
        "follows": _thumbprint(pem, config.assertion_algorithm),
    })  # fmt: skip
    later = [Key(kid, algorithm, vault.unseal(workspace_id, _SECRET, content[_SECRET]), used_from)
             for kid, algorithm, content, used_from in rows]  # fmt: skip
    ends = [key.used_from + OVERLAP if key.used_from else None for key in later]
    every = [Key(key.kid, key.algorithm, key.pem, key.used_from, end)
             for key, end in zip([first, *later], [*ends, None], strict=True)]  # fmt: skip
    return [key for key in every if key.until is None or key.until > now]


def used(published: list[Key], now: datetime) -> Key:
    """The key that signs: the newest whose time has come."""
    due = [key for key in published if key.used_from is None or key.used_from <= now]
    return (due or published)[-1]


def current(
    workspace_id: uuid.UUID, ident: uuid.UUID, config: Any, secrets: Mapping[str, str]
) -> tuple[Any, dict[str, str]]:  # fmt: skip
    """The configuration and its secrets with the key that signs now, and beside it, while it is
    still published, with the one before (`smart`). Raises VaultError."""
    now = datetime.now(UTC)
    published = keys(workspace_id, ident, config, secrets[_SECRET], now)
    key = used(published, now)
    named = {"assertion_kid": key.kid, "assertion_algorithm": key.algorithm}
    before = published[: published.index(key)][-1:]
    former = {name: value for one in before for name, value in
              ((smart.FORMER_KEY, one.pem), (smart.FORMER_KID, one.kid))}  # fmt: skip
    return config.model_copy(update=named), {**secrets, _SECRET: key.pem, **former}


def rotate(workspace_id: uuid.UUID, ident: uuid.UUID, config: Any, pem: str, hours: int,
           by: str) -> Key:  # fmt: skip
    """Make a new key that is published now and used after some hours; one that waited is dropped.
    Raises VaultError."""
    now, algorithm = datetime.now(UTC), config.assertion_algorithm
    before = keys(workspace_id, ident, config, pem, now)
    follows = _thumbprint(pem, algorithm)
    waiting = [key.kid for key in before if key.used_from and key.used_from > now]
    database.execute(_DROP, {"workspace_id": workspace_id, "id": ident, "follows": follows,
                             "kids": waiting})  # fmt: skip
    new = Key(new_kid(), algorithm, new_key(algorithm), now + timedelta(hours=hours))
    sealed = vault.seal(workspace_id, _SECRET, new.pem)
    database.execute(_ADD, {
        "workspace_id": workspace_id, "id": ident, "kid": new.kid, "algorithm": algorithm,
        "content": database.jsonb({_SECRET: sealed}), "follows": follows, "from": new.used_from,
        "by": by,
    })  # fmt: skip
    return new


def address(workspace_id: uuid.UUID, ident: uuid.UUID) -> str | None:
    """The unguessable end of the address at which a source's keys are published."""
    found: str | None = database.value(_ADDRESS, {"workspace_id": workspace_id, "id": ident})
    return found


def publish(workspace_id: uuid.UUID, ident: uuid.UUID) -> None:
    """Give a source its address; it keeps it."""
    database.execute(_PUBLISH, {"workspace_id": workspace_id, "id": ident,
                                "token": random.token_urlsafe(24)})  # fmt: skip


def behind(workspace_id: uuid.UUID, token: str) -> uuid.UUID | None:
    """The source whose keys are published at an address."""
    found: uuid.UUID | None = database.value(
        _BEHIND, {"workspace_id": workspace_id, "token": token}
    )
    return found
