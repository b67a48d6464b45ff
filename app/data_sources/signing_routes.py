"""Our public keys: published for the other side, and renewed."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from flask import Response, current_app, flash, jsonify, request, url_for

from app.core import audit, tenancy, vault
from app.core import collection_store as store
from app.core.collection import Record
from app.core.errors import Conflict, Invalid, NotFound
from app.core.feature import Feature
from app.core.identity import actor
from app.core.pages import redirect_to
from app.sync import runner
from app.sync.asking import Failed

from . import signing
from .addresses import host_of, is_private
from .declaration import DATA_SOURCES, open_config, secrets_of
from .kinds import kind_of

feature = Feature("signing", __name__)
ONE = "/data-sources/<uuid:ident>/keys"
CACHED = "public, max-age=300"


@feature.public_api("GET", "/v1/jwks/<uuid:workspace_id>/<token>",
                    summary="Public keys of a data source",
                    description="A JSON Web Key Set (RFC 7517) with the public halves of the keys"
                    " by which Ward signs in at this source; two while a new one takes over.")  # fmt: skip
def published(workspace_id: uuid.UUID, token: str) -> Response:
    """The key set; 404 for every address that is none."""
    with tenancy.inside(workspace_id):
        ident = signing.behind(workspace_id, token)
        if ident is None:
            raise NotFound("There are no keys here.")
        try:
            source = runner.find(workspace_id, ident, current=False)
        except Failed:
            raise NotFound("There are no keys here.") from None
        pem = source.secrets.get("private_key")
        if source.kind != "smart_fhir" or not pem:
            raise NotFound("There are no keys here.")
        found = signing.keys(workspace_id, ident, source.config, pem, datetime.now(UTC))
    response = jsonify({"keys": [key.public for key in found]})
    response.headers["Cache-Control"] = CACHED
    return response


def _smart(ident: uuid.UUID) -> tuple[Record[Any], Any, str]:
    record = store.one(DATA_SOURCES, actor(), ident)
    kind = kind_of(record.value.source_type)
    if record.value.source_type != "smart_fhir" or kind is None:
        raise NotFound("Only SMART sources sign with a key.")
    config = record.value.connection_config
    pem = secrets_of(actor(), kind, config).get("private_key")
    if not pem:
        raise Conflict("This source has no key yet.")
    return record, open_config(kind, config), pem


@feature.page(ONE, permission="DataSource.update", methods=["POST"])
def publish(ident: uuid.UUID) -> Response:
    """Publish the public key at an address of its own."""
    record, _config, _pem = _smart(ident)
    signing.publish(actor().here.id, ident)
    audit.record("data_source.publish_key", "data_source", ident, resource_name=record.value.name)
    flash("The public key is published. Hand the address to whoever runs the server.", "ok")
    return redirect_to("data_sources.show", ident=ident)


@feature.page(ONE + "/new", permission="DataSource.update", methods=["POST"])
def rotate(ident: uuid.UUID) -> Response:
    """Make a new key; the one before stays published until the other side has taken it up."""
    record, config, pem = _smart(ident)
    here = actor().here.id
    if signing.address(here, ident) is None:
        raise Conflict("Publish the key first: else the other side never learns of a new one.")
    waits = request.form.get("waits", "24")
    if waits not in signing.WAITS:
        raise Invalid({"waits": "Choose when the new key is used."})
    try:
        new = signing.rotate(here, ident, config, pem, int(waits), actor().label)
    except vault.VaultError:
        raise Conflict("A stored key cannot be read any more. Enter a new one.") from None
    audit.record("data_source.rotate_key", "data_source", ident, resource_name=record.value.name,
                 metadata={"kid": new.kid, "used_after_hours": int(waits)})  # fmt: skip
    flash(f"The key {new.kid} is published now and used {signing.WAITS[waits]}.", "ok")
    return redirect_to("data_sources.show", ident=ident)


def shown(workspace_id: uuid.UUID, record: Record[Any]) -> dict[str, Any]:
    """What the page of a SMART source shows of its keys."""
    base = (current_app.config["WARD"].public_url or request.host_url).rstrip("/")
    token = signing.address(workspace_id, record.id)
    found: dict[str, Any] = {
        "inside": is_private(host_of(base)),
        "address": None,
        "keys": [],
        "waits": signing.WAITS,
        "used": None,
    }
    if token is not None:
        path = url_for("signing.published", workspace_id=workspace_id, token=token)
        found["address"] = base + path
    kind = kind_of(record.value.source_type)
    config = record.value.connection_config
    assert kind is not None
    try:
        pem = secrets_of(actor(), kind, config).get("private_key")
        if pem:
            now = datetime.now(UTC)
            every = signing.keys(workspace_id, record.id, open_config(kind, config), pem, now)
            listed = {"keys": [key.public for key in every]}
            found |= {"keys": every, "used": signing.used(every, now).kid,
                      "set": json.dumps(listed)}  # fmt: skip
    except (Invalid, vault.VaultError):
        found["lost"] = True
    return found
