"""The kinds that are read and are no FHIR servers: file drop, REST API."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Len, MaxLen
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from app.core.schema import UI, Matching, Schema
from app.data_sources import probes
from app.data_sources.schema import EntityType

from .base import AuthConfig, Kind, auth_missing
from .paths import Column, Folder, JsonPath

FORBIDDEN = {"authorization", "host", "content-length", "transfer-encoding", "connection", "cookie"}
FORMATS = {
    "csv": "CSV", "ndjson": "NDJSON: FHIR, or records by the fields below",
    "json": "JSON: a list of records", "fhir_bundle": "FHIR bundle",
}  # fmt: skip
SEPARATORS = {
    ",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Vertical bar", ":": "Colon", "~": "Tilde",
    "^": "Caret", "\x1f": "Unit separator",
}  # fmt: skip
PARAMETER = r"^[A-Za-z0-9_.$\[\]-]{1,64}$"
SINCE = {
    "time": "Time, 2026-11-25T14:00:00Z", "date": "Date, 2026-11-25", "seconds": "Seconds since 1970",
}  # fmt: skip
OWN = ("csv", "json", "ndjson")


def _header(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", name):
        raise PydanticCustomError("header", "Name headers with letters, digits and - only.")
    if name.lower() in FORBIDDEN:
        raise PydanticCustomError(
            "header", "This header cannot be set here; signing in has fields of its own."
        )
    return name


class FileDropConfig(Schema):
    """A folder that is watched."""

    path: Annotated[
        Folder,
        UI("Folder", "Below this workspace’s own drop folder, such as exports.", widget="mono"),
    ]
    format: Annotated[
        Literal["csv", "ndjson", "json", "fhir_bundle"], UI("Format", options=FORMATS)
    ] = "fhir_bundle"
    entity_type: Annotated[
        EntityType,
        UI("Kind of record", "What its records are about, such as person or appointment.",
           when=OWN),
    ] = "person"  # fmt: skip
    id_path: Annotated[
        Column | None,
        UI("Where the record’s id stands", "A column, or a path in the record.", when=OWN),
    ] = None  # fmt: skip
    records_path: Annotated[
        JsonPath | None,
        UI("Where the records stand", "A path to the list, such as data.items. Empty: the file is"
           " the list.", when=("json",)),
    ] = None  # fmt: skip
    delimiter: Annotated[
        Literal[",", ";", "\t", "|", ":", "~", "^", "\x1f"],
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
    maps = OWN

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
    records_path: Annotated[
        JsonPath | None, UI("Where the list stands", placeholder="empty: the page itself")
    ] = None
    cursor: Annotated[JsonPath | None, UI("Where the next page stands", placeholder="optional")] = (
        None
    )
    cursor_param: Annotated[
        str | None,
        Matching(PARAMETER, "Enter a parameter’s name, such as page or cursor."),
        UI("Its parameter, if it is no address", placeholder="cursor"),
    ] = None
    since_param: Annotated[
        str | None,
        Matching(PARAMETER, "Enter a parameter’s name, such as updated_since."),
        UI("Parameter for changes since", placeholder="none: all is read"),
    ] = None
    since_form: Annotated[
        Literal["time", "date", "seconds"], UI("Its time as", options=SINCE)
    ] = "time"  # fmt: skip


class RestConfig(AuthConfig):
    """Any JSON API."""

    endpoints: Annotated[
        list[Endpoint],
        Len(1, 50),
        UI(
            "Lists to read",
            "Each is a path below the address. The next page is an address or, with"
            " a parameter’s name, its value; without either, that of a Link header. Where the"
            " system can tell what changed since a time, name that parameter: then a reading asks"
            " for changes only.",
        ),
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
    maps = ()

    @classmethod
    def missing(cls, config: Any, secrets: Mapping[str, str]) -> dict[str, str]:
        return auth_missing(config, secrets)

    @classmethod
    def probe(
        cls, config: Any, secrets: Mapping[str, str], home: Path | None = None
    ) -> probes.Finding:
        return probes.run(config, lambda client: probes.rest(client, config, secrets))
