"""Trying records that were set aside again: as their system has them now, else as they were kept."""

import json
import uuid
from typing import TYPE_CHECKING, Any

from app.core import database
from app.world.imports import Importer, Item

from . import aside, fhir

if TYPE_CHECKING:
    from . import runner, state


def all(now: "state.Run", source: "runner.Source", one: uuid.UUID | None) -> str:
    """Try everything that is set aside, or one record of it. Raises Failed."""
    from .runner import taker

    reader = None
    if source.kind in fhir.KINDS:
        reader = fhir.Reader(source.config, source.secrets, source.kind == "smart_fhir")
    take = taker(now, Importer(now.workspace_id, source.origin))
    for some in aside.waiting(now.workspace_id, now.source_id, one):
        # The server's answer is waited for outside of any transaction.
        database.commit()
        found: list[tuple[aside.Waiting, Any]] = [(line, _content(line, reader)) for line in some]
        items: list[Item] = [(line.place, None, has) for line, has in found if has is not None]
        for line, has in found:
            if has is None:
                aside.tried(now.workspace_id, line.id)
        take(items, {})
    return "success"


def _content(line: aside.Waiting, reader: fhir.Reader | None) -> Any:
    """The record as the server has it now, else as it was; None when it was not kept."""
    if reader is not None and line.kind and line.ident:
        current = reader.record(line.kind, line.ident)
        if current is not None:
            return current
    return json.loads(line.content) if line.content is not None else None
