"""New secrets for webhooks; for half an hour the one before counts as well."""

import secrets
import uuid
from datetime import UTC, datetime, timedelta

from flask import Response, request
from pydantic import BaseModel

from app.core import audit
from app.core import collection_store as store
from app.core.errors import NotFound
from app.core.identity import actor
from app.core.schema import Schema
from app.data_sources.declaration import CONFIG, DATA_SOURCES
from app.data_sources.routes import faces

from . import arrivals
from .hook_routes import feature

OVERLAP = timedelta(minutes=30)
PATH = "/data-sources/<uuid:ident>/rotate-secret"


class RotateIn(Schema):
    """`at_once`: the secret before stops at once rather than half an hour later."""

    at_once: bool = False


class Rotated(BaseModel):
    """The new secret, shown this once; until `rotation_expires_at` the one before counts too."""

    secret: str
    rotation_expires_at: datetime | None


def _rotate(ident: uuid.UUID, at_once: bool) -> Rotated:
    who = actor()
    record = store.one(DATA_SOURCES, who, ident)
    if record.value.source_type != "webhook":
        raise NotFound("This data source has no such secret.")
    fresh = secrets.token_urlsafe(32)
    config = record.value.connection_config
    saved = store.update(
        DATA_SOURCES, who, ident, {CONFIG: {**config, "secret": fresh}}, record.version
    )
    until = None if at_once else datetime.now(UTC) + OVERLAP
    if until is not None:
        current = saved.value.connection_config["secret"]
        arrivals.rotate(who.here.id, ident, str(config["secret"]), str(current), until)
    audit.record("data_source.rotate_secret", "data_source", ident,
                 resource_name=record.value.name, metadata={"at_once": at_once})  # fmt: skip
    return Rotated(secret=fresh, rotation_expires_at=until)


@feature.page(PATH, permission="DataSource.update", methods=["POST"])
def rotate(ident: uuid.UUID) -> Response:
    """Make a new secret and show it once."""
    issued = _rotate(ident, bool(request.form.get("at_once")))
    return faces.with_secret(store.one(DATA_SOURCES, actor(), ident), issued)


@feature.api("POST", PATH, permission="DataSource.update", body=RotateIn, response=Rotated,
             summary="Make a new secret for a webhook")  # fmt: skip
def api_rotate(ident: uuid.UUID, body: RotateIn) -> Rotated:
    """The new secret is answered this once."""
    return _rotate(ident, body.at_once)
