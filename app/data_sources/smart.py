"""SMART backend services: a signed assertion for a token, then a look at the server."""

import secrets as random
import time
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from . import probes
from .outgoing import Client
from .probes import FHIR_JSON, Finding, NoToken

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = 240
FORMER_KEY, FORMER_KID = "former_key", "former_kid"
"""Where, beside the secrets, the key stands that was used before."""


def assertion(config: Any, pem: str, audience: str, now: float | None = None) -> str:
    """The signed JWT that stands for a password; it lives four minutes."""
    key = (RSAKey if config.assertion_algorithm == "RS384" else ECKey).import_key(pem)
    issued = int(time.time() if now is None else now)
    claims = {
        "iss": config.client_id, "sub": config.client_id, "aud": audience,
        "jti": random.token_urlsafe(24), "iat": issued, "exp": issued + LIFETIME,
    }  # fmt: skip
    header = {"alg": config.assertion_algorithm, "kid": config.assertion_kid, "typ": "JWT"}
    return jwt.encode(header, claims, key, algorithms=[config.assertion_algorithm])


def _token_url(client: Client, config: Any) -> str | None:
    if config.token_url:
        return str(config.token_url)
    url = config.base_url.rstrip("/") + "/.well-known/smart-configuration"
    answer = client.ask("GET", url, headers={"Accept": "application/json"})
    try:
        content = answer.json() if answer.status == 200 else {}
    except ValueError:
        content = {}
    found = content.get("token_endpoint") if isinstance(content, dict) else None
    return found if isinstance(found, str) and found.startswith(("https://", "http://")) else None


def sign(client: Client, config: Any, secrets: Mapping[str, str]) -> dict[str, str]:
    """The headers that sign Ward in, with a token got by an assertion. Raises NoToken.

    A server that keeps a copy of the keys may not know a new one yet: the one before is tried too.
    """
    try:
        return _signed(client, config, secrets["private_key"])
    except NoToken:
        if FORMER_KEY not in secrets:
            raise
        former = config.model_copy(update={"assertion_kid": secrets[FORMER_KID]})
        return _signed(client, former, secrets[FORMER_KEY])


def _signed(client: Client, config: Any, pem: str) -> dict[str, str]:
    url = _token_url(client, config)
    if url is None:
        raise NoToken(Finding(False, "not_found", "The server does not say where tokens are given"
                              " out. Enter the token address."))  # fmt: skip
    form = {
        "grant_type": "client_credentials", "scope": " ".join(config.scopes),
        "client_assertion_type": ASSERTION,
        "client_assertion": assertion(config, pem, url),
    }  # fmt: skip
    return {"Authorization": f"Bearer {probes.token(client, url, form, None)}"}


def check(client: Client, config: Any, secrets: Mapping[str, str]) -> Finding:
    """Find the token address, get a token by the key that is used now, and see whether the server
    accepts it."""
    try:
        signed = _signed(client, config, secrets["private_key"])
    except NoToken as none:
        return none.finding
    found = probes.metadata(client, config, signed)
    if not found.ok:
        return found
    kind = (config.resource_types or ["Patient"])[0]
    search = f"{config.base_url.rstrip('/')}/{kind}?_count=1&_elements=id"
    answer = client.ask("GET", search, headers={"Accept": FHIR_JSON, **signed})
    return probes.judged(answer, probes.named(config)) or found
