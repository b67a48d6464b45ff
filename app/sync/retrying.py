"""Trying records that were set aside again: as their system has them now, else as they were kept."""

import json
import uuid
from typing import TYPE_CHECKING, Any

from app.core import database
from app.data_sources.mapping import Mapping
from app.world.imports import Item

from . import aside, asking, fhir, mapped

if TYPE_CHECKING:
    from . import runner, state


def all(now: "state.Run", source: "runner.Source", one: uuid.UUID | None) -> str:
    """Try everything that is set aside, or one record of it. Raises Failed."""
    from .runner import importer_for, mapping_of, taker

    reader = None
    if source.kind in fhir.KINDS:
        reader = asking.Reader(source.config, source.secrets, source.kind == "smart_fhir")
    by = mapping_of(now.workspace_id, source)
    take = taker(now, importer_for(now.workspace_id, source, by))
    for some in aside.waiting(now.workspace_id, now.source_id, reader is not None, one):
        # The server's answer is waited for outside of any transaction.
        database.commit()
        found: list[tuple[aside.Waiting, Any]] = [
            (line, _asked(line, reader) or _kept(line, by, source.config)) for line in some
        ]
        items: list[Item] = [(line.place, None, has) for line, has in found if has is not None]
        for line, has in found:
            if has is None:
                aside.tried(now.workspace_id, line.id)
            else:
                # It may be known by something else now.
                now.taken.add(line.key)
        take(items, {})
    return "success"


def _asked(line: aside.Waiting, reader: asking.Reader | None) -> Any:
    """The record as the server has it now, where there is one to ask and it has it."""
    return reader.record(line.kind, line.ident) if reader and line.kind and line.ident else None


def _kept(line: aside.Waiting, by: Mapping | None, config: Any) -> Any:
    """The record as it was; None when it was not kept, or in another way than it is read now."""
    kept = json.loads(line.content) if line.content is not None else None
    if by is not None:
        return mapped.again(by, kept, config)
    return None if isinstance(kept, dict) and kept.keys() == {mapped.KEPT} else kept
