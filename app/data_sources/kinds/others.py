"""The kinds that are no FHIR servers: webhook, file drop, REST API."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from annotated_types import Len, MaxLen
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from app.core.schema import UI, Matching, Schema
from app.data_sources import probes
from app.data_sources.schema import EntityType

from .base import AuthConfig, Kind, auth_missing

PATH = re.compile(r"[A-Za-z_][\w-]*(\[\d+\])?(\.[A-Za-z_][\w-]*(\[\d+\])?)*")
FORBIDDEN = {"authorization", "host", "content-length", "transfer-encoding", "connection", "cookie"}
FORMATS = {"csv": "CSV", "ndjson": "NDJSON", "json": "JSON", "fhir_bundle": "FHIR bundle"}
SEPARATORS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar"}
TOO_SHORT = "Use at least 16 characters; the other side signs with the same secret."


def _json_path(text: str) -> str:
    if not PATH.fullmatch(text):
        raise PydanticCustomError("json_path", "Enter a path into the JSON such as event.id.")
    return text


def _folder(text: str) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or "\\" in text or not text.isprintable():
        raise PydanticCustomError(
            "folder", "Enter a folder below this workspace’s own, such as exports, without “..”."
        )
    return str(path)


def _header(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", name):
        raise PydanticCustomError("header", "Name headers with letters, digits and - only.")
    if name.lower() in FORBIDDEN:
        raise PydanticCustomError(
            "header", "This header cannot be set here; signing in has fields of its own."
        )
    return name


JsonPath = Annotated[str, MaxLen(256), AfterValidator(_json_path)]
Folder = Annotated[str, MaxLen(1024), AfterValidator(_folder)]


class WebhookConfig(Schema):
    """Records that the other side sends."""

    secret: Annotated[
        str | None, MaxLen(512),
        UI("Secret", "Both sides know it; every request is signed with it.", secret=True,
           widget="password"),
    ] = None  # fmt: skip
    event_path: Annotated[
        JsonPath | None, UI("Where the event type stands", "A path such as event.type.")
    ] = None
    id_path: Annotated[
        JsonPath | None, UI("Where the record’s id stands", "A path such as data.id.")
    ] = None


class Webhook(Kind):
    """The other side sends signed requests."""

    types = ("webhook",)
    title = "Webhook"
    text = "The other system sends each change to Ward, signed with a shared secret."
    icon = "webhook"
    Config = WebhookConfig
    strategies = ("webhook",)

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


class FileDropConfig(Schema):
    """A folder that is watched."""

    path: Annotated[
        Folder,
        UI("Folder", "Below this workspace’s own drop folder, such as exports.", widget="mono"),
    ]
    format: Annotated[
        Literal["csv", "ndjson", "json", "fhir_bundle"], UI("Format", options=FORMATS)
    ] = "fhir_bundle"
    delimiter: Annotated[
        Literal[",", ";", "\t", "|"],
        UI("Separator", "Between the columns of a CSV file.", options=SEPARATORS, when=("csv",)),
    ] = ","
    archive_path: Annotated[
        Folder | None,
        UI("Archive folder", "Beside it, where files go once they are read.", widget="mono"),
    ] = None


class FileDrop(Kind):
    """Files in a folder."""

    types = ("file_drop",)
    title = "File drop"
    text = "A folder into which another system puts CSV, JSON or FHIR files."
    icon = "folder-input"
    Config = FileDropConfig
    strategies = ("manual", "scheduled")

    @classmethod
    def probe(
        cls, config: Any, secrets: Mapping[str, str], home: Path | None = None
    ) -> probes.Finding:
        return probes.folder(home, config.path, config.format)


class Endpoint(Schema):
    """One list of records of a REST API."""

    path: Annotated[
        str,
        Matching(r"^/[^\s#]{0,1023}$", "Begin with /, such as /v2/patients, without spaces."),
        UI("Path", placeholder="/v2/patients"),
    ]
    entity_type: Annotated[EntityType, UI("Kind of record", placeholder="person")]
    id_path: Annotated[JsonPath, UI("Where the id stands", placeholder="id")]
    cursor: Annotated[JsonPath | None, UI("Where the next page stands", placeholder="optional")] = (
        None
    )


class RestConfig(AuthConfig):
    """Any JSON API."""

    endpoints: Annotated[
        list[Endpoint], Len(1, 50), UI("Lists to read", "Each is a path below the address.")
    ]
    headers: Annotated[
        dict[Annotated[str, AfterValidator(_header)], Annotated[str, MaxLen(1024)]], MaxLen(30),
        UI("Extra headers", "As a JSON object. Not for secrets: they are shown."),
    ] = {}  # fmt: skip


class RestApi(Kind):
    """Any JSON API with lists of records."""

    types = ("rest_api",)
    title = "REST API"
    text = "Any other system with a JSON API: say which lists to read and where the ids stand."
    icon = "globe"
    Config = RestConfig

    @classmethod
    def missing(cls, config: Any, secrets: Mapping[str, str]) -> dict[str, str]:
        return auth_missing(config, secrets)

    @classmethod
    def probe(
        cls, config: Any, secrets: Mapping[str, str], home: Path | None = None
    ) -> probes.Finding:
        return probes.run(config, lambda client: probes.rest(client, config, secrets))
