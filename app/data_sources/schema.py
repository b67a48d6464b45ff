"""Data sources (domain 6.1): what all kinds have in common."""

from typing import Annotated, Literal

from annotated_types import Len, MaxLen

from app.core.schema import UI, Json, Matching, Schema

from .schedules import Schedule

EntityType = Annotated[
    str, Matching(r"^[a-z0-9_]{1,64}$", "Use small letters, digits and _, such as person.")
]
SourceType = Literal["fhir_store", "fhir", "smart_fhir", "webhook", "file_drop", "rest_api"]
TYPES = {
    "fhir_store": "FHIR R4 server",
    "fhir": "FHIR R4 server (fhir)",
    "smart_fhir": "SMART on FHIR",
    "webhook": "Webhook",
    "file_drop": "File drop",
    "rest_api": "REST API",
}
STRATEGIES = {
    "manual": "When somebody asks",
    "scheduled": "On a schedule",
    "webhook": "When the other side sends",
    "continuous": "All the time",
}


class DataSourceIn(Schema):
    """A connection to a system that knows about patients, appointments and the like."""

    name: Annotated[str, Len(1, 256), UI("Name", "As staff know it, such as Epic, main campus.")]
    display_name: Annotated[
        str | None, Len(1, 256), UI("Short name", "Where the name does not fit.")
    ] = None
    source_type: Annotated[SourceType, UI("Kind", options=TYPES)]
    connection_config: Annotated[
        dict[str, Json], MaxLen(100), UI("Connection", "How to reach it.")
    ] = {}  # fmt: skip
    entity_types: Annotated[
        list[EntityType], MaxLen(100),
        UI("Kinds of records", "Such as person or appointment. Empty means all."),
    ] = []  # fmt: skip
    field_mappings: Annotated[
        dict[str, Json], MaxLen(500),
        UI("Field names", "Their field to ours, as a JSON object."),
    ] = {}  # fmt: skip
    sync_strategy: Annotated[
        Literal["manual", "scheduled", "webhook", "continuous"],
        UI("Read", "When its data is fetched.", options=STRATEGIES),
    ] = "manual"  # fmt: skip
    sync_schedule: Annotated[
        Schedule | None,
        UI("Schedule", "Such as every 15 minutes, or a cron line such as 0 6 * * 1-5.",
           when=("scheduled",), suggestions=("every 15 minutes", "every hour", "every day")),
    ] = None  # fmt: skip
    is_active: Annotated[bool, UI("Active", "Off: it is not read.")] = True
