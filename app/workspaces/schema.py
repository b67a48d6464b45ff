"""What a workspace is made of, for forms and JSON."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

from annotated_types import MaxLen, MinLen
from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from app.core.schema import UI, Schema

from .slugs import SLUG

Environment = Literal["production", "staging", "development"]
Region = Literal["us-east-1", "ap-southeast-2", "eu-central-1", "ca-central-1"]
ConnectorType = Literal[
    "revolution", "epic", "cerner", "allscripts", "fhir_store", "hubspot", "athenahealth",
    "charmhealth", "eclinicalworks", "meditab",
]  # fmt: skip
CONNECTORS = {
    "revolution": "Revolution", "epic": "Epic", "cerner": "Cerner", "allscripts": "Allscripts",
    "fhir_store": "FHIR store", "hubspot": "HubSpot", "athenahealth": "athenahealth",
    "charmhealth": "CharmHealth", "eclinicalworks": "eClinicalWorks", "meditab": "Meditab",
}  # fmt: skip
ENVIRONMENTS = {
    "production": "Production: live calls, real patient data",
    "staging": "Staging: like production, for validation",
    "development": "Development: building with synthetic data",
}
REGIONS = {
    "us-east-1": "United States, east (us-east-1)",
    "ap-southeast-2": "Australia (ap-southeast-2)",
    "eu-central-1": "Europe, Frankfurt (eu-central-1)",
    "ca-central-1": "Canada (ca-central-1)",
}


def _slug(value: str) -> str:
    if not SLUG.fullmatch(value):
        raise PydanticCustomError(
            "slug", "Use 2 to 63 small letters, digits and hyphens; no hyphen first or last."
        )
    return value


Name = Annotated[str, MinLen(1), MaxLen(120)]
Slug = Annotated[str, AfterValidator(_slug)]


class NewWorkspace(Schema):
    """The form of a new workspace. A blank slug is made from the name."""

    name: Annotated[Name, UI("Name", placeholder="Riverside Family Clinic")]
    slug: Annotated[
        Slug | None,
        UI("Slug", help="Part of every address of the workspace. It cannot be changed later."),
    ] = None
    environment: Annotated[Environment, UI("Environment", options=ENVIRONMENTS)]
    region: Annotated[
        Region, UI("Region", help="Where its data is kept. Fixed from now on.", options=REGIONS)
    ] = "us-east-1"


class Rename(Schema):
    """What an owner changes about a workspace in place."""

    name: Annotated[Name, UI("Name")]
    connector_type: Annotated[
        ConnectorType | None,
        UI("Records system", "Which kind of system the clinic runs.", options=CONNECTORS,
           blank="Not said"),
    ] = None  # fmt: skip


class Archive(Schema):
    """Archiving is confirmed with the slug."""

    slug: Annotated[str, MinLen(1), MaxLen(63), UI("Slug", widget="mono")]


class WorkspacePatch(Schema):
    """What may change through the API. Environment and region may be named, not changed."""

    name: Name | None = None
    environment: Environment | None = None
    region: Region | None = None
    connector_type: ConnectorType | None = None


class WorkspaceOut(BaseModel):
    """A workspace as the API shows it."""

    model_config = ConfigDict(from_attributes=True)

    id: uuid.UUID
    slug: str
    name: str
    environment: Environment
    region: Region
    connector_type: str | None
    backend_org_id: str | None
    provisioned_at: datetime | None
    created_at: datetime
    updated_at: datetime


class WorkspacePage(BaseModel):
    """The workspaces a key may see: its own."""

    items: list[WorkspaceOut]
    has_more: bool = False
    continuation_token: int | None = None
    total: int
