"""Webhooks: the other side sends what has changed, signed with a shared secret."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import MaxLen

from app.core.schema import UI, Matching, Schema
from app.data_sources import probes
from app.data_sources.schema import EntityType

from .base import Kind
from .paths import JsonPath

ACCEPTS = {"fhir": "FHIR resources or bundles", "records": "Records of its own form"}
OWN = ("records",)
TOO_SHORT = "Use at least 16 characters; the other side signs with the same secret."


class EventKind(Schema):
    """What events of a type are about."""

    event: Annotated[
        str, Matching(r"^[A-Za-z0-9._:*-]{1,64}$", "Enter an event type such as patient.*"),
        UI("Event type", placeholder="appointment.*"),
    ]  # fmt: skip
    entity_type: Annotated[EntityType, UI("Kind of record", placeholder="appointment")]


class WebhookConfig(Schema):
    """Records that the other side sends."""

    secret: Annotated[
        str | None, MaxLen(512),
        UI("Secret", "Both sides know it; every request is signed with it.", secret=True,
           widget="password"),
    ] = None  # fmt: skip
    accepts: Annotated[Literal["fhir", "records"], UI("What it sends", options=ACCEPTS)] = "fhir"
    entity_type: Annotated[
        EntityType,
        UI("Kind of record", "What its records are about, such as person or appointment.",
           when=OWN),
    ] = "person"  # fmt: skip
    records_path: Annotated[
        JsonPath | None,
        UI("Where the records stand", "A path such as data.items. Empty: the body is the record.",
           when=OWN),
    ] = None  # fmt: skip
    id_path: Annotated[
        JsonPath | None,
        UI("Where the record’s id stands", "A path in the record, such as id.", when=OWN),
    ] = None  # fmt: skip
    event_path: Annotated[
        JsonPath | None,
        UI("Where the event type stands", "A path such as event.type, if it names one.", when=OWN),
    ] = None  # fmt: skip
    events: Annotated[
        list[EventKind], MaxLen(50),
        UI("Event types", "Which are taken and what they are about; * stands for anything, the"
           " first that fits counts. None here: all are taken, as the kind above.", when=OWN),
    ] = []  # fmt: skip


class Webhook(Kind):
    """The other side sends signed requests."""

    types = ("webhook",)
    title = "Webhook"
    text = "The other system sends each change to Ward, signed with a shared secret."
    icon = "webhook"
    Config = WebhookConfig
    strategies = ("webhook",)
    maps = OWN

    @classmethod
    def missing(cls, config: Any, secrets: Mapping[str, str]) -> dict[str, str]:
        secret = secrets.get("secret") or ""
        return {} if len(secret) >= 16 else {"secret": TOO_SHORT}

    @classmethod
    def probe(
        cls, config: Any, secrets: Mapping[str, str], home: Path | None = None
    ) -> probes.Finding:
        return probes.Finding(
            True, "configured",
            "Nothing was asked: this source waits for requests. They are signed with"
            " HMAC-SHA256 over v1:timestamp:body.",
        )  # fmt: skip
