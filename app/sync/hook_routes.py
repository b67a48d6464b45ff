"""The address to which webhooks are sent, and new secrets for them."""

import logging
import re
import secrets
import uuid
from datetime import UTC, datetime

from flask import current_app, request
from pydantic import BaseModel

from app.core import tenancy, throttle, vault
from app.core.api import raw_body
from app.core.errors import BadRequest, Conflict, LengthRequired, TooMany, Unauthenticated
from app.core.feature import MIB, Feature
from app.data_sources import signatures
from app.data_sources.declaration import open_config
from app.data_sources.kinds.webhook import Webhook
from app.data_sources.signatures import DELIVERY, Signed

from . import arrivals, deliveries
from .runner import Source

feature = Feature("hooks", __name__)
log = logging.getLogger("ward")
MOST = 8 * MIB
NOT_SIGNED = "This is no request that Ward takes. Check the address, the secret and the signature."
NOBODY = secrets.token_hex(32)
"""Signs what is sent to sources that are not there, so that finding out takes as long."""
DELIVERY_ID = re.compile(r"[\x21-\x7e]{1,128}")


class Refused(BaseModel):
    """A record that was not taken."""

    place: str
    detail: str


class Delivered(BaseModel):
    """What became of a delivery. `ignored` are events of types that are not taken."""

    created: int
    changed: int
    unchanged: int
    refused: int
    ignored: int
    errors: list[Refused]


def _limit(bucket: str) -> None:
    standing = throttle.hit(bucket, current_app.config["WARD"].api_rate_per_minute, 60)
    if not standing.allowed:
        raise TooMany(standing.retry_after)


def _opened(workspace_id: uuid.UUID, door: arrivals.Door) -> list[str]:
    """The secrets that count now."""
    found = []
    for sealed in (door.config.get("secret"), door.previous):
        if vault.is_sealed(sealed):
            try:
                found.append(vault.unseal(workspace_id, "secret", str(sealed)))
            except vault.VaultError:
                log.warning("The secret of a webhook cannot be opened any more.")
    return found


def _admitted(workspace_id: uuid.UUID, ident: uuid.UUID, signed: Signed, body: bytes) -> Source:
    """The source whose secret signed the request. Raises Unauthenticated, the same for all."""
    door = arrivals.find(workspace_id, ident)
    known = _opened(workspace_id, door) if door is not None and door.active else []
    genuine = signatures.genuine(signed, known or [NOBODY], body)
    if door is None or not known or not genuine:
        raise Unauthenticated(NOT_SIGNED)
    if not signatures.fresh(signed, datetime.now(UTC)):
        raise Unauthenticated(
            "The time stamp is more than five minutes off. Check the clocks on both sides."
        )
    config = open_config(Webhook, door.config)
    return Source(ident, door.name, "webhook", config, {}, "webhook", None, True, door.mapping)


@feature.public_api(
    "POST", "/v1/hooks/<uuid:workspace_id>/<uuid:ident>", status=202, response=Delivered, max_body=MOST,
    summary="Send records to a webhook",
    also={400: "Nothing of it could be taken.", 401: "The signature or its time is wrong.",
          409: "It came in before, or the source is not set up.",
          411: "The length of the body is not said.", 413: "The body is too large.",
          429: "Too many requests."},
)  # fmt: skip
def receive(workspace_id: uuid.UUID, ident: uuid.UUID) -> Delivered:
    """Take in what another system sends, signed with the secret of its data source.

    The signature is HMAC-SHA256 over `v1:timestamp:body`, in hex, in the header X-Ward-Signature;
    the time stamp in X-Ward-Timestamp. X-Ward-Delivery may name the delivery: it is taken once.
    """
    _limit(throttle.bucket("hook-from", request.remote_addr or ""))
    signed = signatures.presented(request.headers)
    if signed is None:
        raise Unauthenticated(NOT_SIGNED)
    if request.content_length is None:
        raise LengthRequired
    name = request.headers.get(DELIVERY)
    body = raw_body(MOST)
    tenancy.enter(workspace_id)
    source = _admitted(workspace_id, ident, signed, body)
    _limit(throttle.bucket("hook", str(ident)))
    if name is not None and not DELIVERY_ID.fullmatch(name):
        raise BadRequest(f"{DELIVERY} holds up to 128 visible ASCII characters.")
    marks = deliveries.marks(signed.signature, name)
    if arrivals.seen(workspace_id, ident, marks):
        raise Conflict(arrivals.AGAIN)
    delivery = deliveries.Delivery(source, body, marks, datetime.now(UTC))
    done = deliveries.take(workspace_id, delivery).result
    if wrong := arrivals.nothing_taken(done):
        raise BadRequest(wrong)
    return Delivered(
        created=done.events_created, changed=done.events_updated, unchanged=done.events_skipped,
        refused=done.refused, ignored=delivery.ignored,
        errors=[Refused(**one) for one in done.errors],
    )  # fmt: skip
