"""Showing what records would become before a source is saved."""

import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from annotated_types import MaxLen
from flask import Response, current_app, request
from pydantic import BaseModel

from app.core import audit
from app.core import collection_store as store
from app.core.collection import Record
from app.core.errors import Conflict, Invalid
from app.core.identity import actor
from app.core.schema import Schema
from app.core.setting_pages import version_number
from app.data_sources.declaration import (
    CONFIG,
    DATA_SOURCES,
    MAPPING,
    open_config,
    prepare,
    secrets_of,
)
from app.data_sources.kinds import kind_of
from app.data_sources.routes import faces

from . import preview
from .hook_routes import feature
from .preview import Draft, Preview


class PreviewIn(Schema):
    """`sample`: a body or the first lines of a file; REST APIs are asked for a page instead."""

    sample: Annotated[str, MaxLen(preview.MOST_SAMPLE)] = ""


class LineOut(BaseModel):
    """A record and the entity it would become, or the problem with it."""

    place: str
    entity_type: str | None
    id: str | None
    fields: dict[str, Any]
    links: dict[str, str]
    problem: str | None


class PreviewOut(BaseModel):
    """The first records; `sentence` says what was looked at and what is wrong with it, `names` which
    columns or paths are there to be taken."""

    ok: bool
    sentence: str
    lines: list[LineOut]
    names: list[str]


def _draft(content: dict[str, Any]) -> Draft:
    """A source that was checked, with its secrets opened."""
    kind = kind_of(str(content["source_type"]))
    assert kind is not None
    config = open_config(kind, content[CONFIG])
    secrets = secrets_of(actor(), kind, content[CONFIG])
    return Draft(actor().here.id, kind.types[0], config, secrets, content.get(MAPPING) or {})


def _look(draft: Draft, sample: str, ident: uuid.UUID | None, name: str | None) -> Preview:
    folder = current_app.config["WARD"].drop_folder
    home = Path(folder) / str(draft.workspace_id) if folder else None
    found = preview.of(draft, sample, home)
    audit.record("data_source.preview", "data_source", ident, resource_name=name, phi=True,
                 metadata={"shown": len(found.lines), "ok": found.ok})  # fmt: skip
    return found


def _shown(record: Record[Any] | None) -> Response:
    form = faces.sent_form(record)
    kept: dict[str, Any] = {
        "ident": request.form.get("ident"), "sample": request.form.get("sample", ""),
        "version": version_number(request.form.get("version"), "version") or 0,
    }  # fmt: skip
    entered = form.read()
    found = None
    if entered is not None:
        before = record.value.model_dump(mode="json") if record else {}
        sample = kept["sample"][: preview.MOST_SAMPLE]
        try:
            content = prepare(actor(), faces.content(entered), before)
            ident = record.id if record else None
            found = _look(_draft(content), sample, ident, record.value.name if record else None)
        except Invalid as refused:
            for name, sentence in refused.messages.items():
                form.fail(name, sentence)
    return faces.with_preview(record, form, found, kept)


@feature.page("/data-sources/preview", permission="DataSource.create", methods=["POST"])
def new() -> Response:
    """What records would become, before the source is stored for the first time."""
    return _shown(None)


@feature.page("/data-sources/<uuid:ident>/preview", permission="DataSource.update",
              methods=["POST"])  # fmt: skip
def changed(ident: uuid.UUID) -> Response:
    """What records would become, before a change is stored."""
    return _shown(store.one(DATA_SOURCES, actor(), ident))


@feature.api("POST", "/data-sources/<uuid:ident>/preview", permission="DataSource.update",
             body=PreviewIn, response=PreviewOut, also={409: "This kind has no mapping."},
             summary="Show what the first records of a data source become")  # fmt: skip
def api_preview(ident: uuid.UUID, body: PreviewIn) -> PreviewOut:
    """By the mapping as it is stored."""
    record = store.one(DATA_SOURCES, actor(), ident)
    kind = kind_of(record.value.source_type)
    if kind is None or kind.maps is None:
        raise Conflict("Sources of this kind have no mapping.")
    draft = _draft(record.value.model_dump(mode="json"))
    return PreviewOut.model_validate(asdict(_look(draft, body.sample, ident, record.value.name)))
