"""A source's mapping as its clinic means it, applied to records one by one."""

import uuid
from dataclasses import dataclass
from typing import Any

from app.calls.zones import zone_of
from app.core import database
from app.core.phones import COUNTRIES
from app.data_sources import mapping
from app.data_sources.mapping import Mapping
from app.data_sources.values import Context, Wrong
from app.world.imports import Importer
from app.world.records import Record, Refused

NOTHING_MAPPED = "No fields are mapped yet."
NO_ID = "It is not said yet where the id of a record stands."
KEPT = "mapped"
_REGION = "select region from workspace where id = %(workspace_id)s"


@dataclass(frozen=True, slots=True)
class Unfit(Refused):
    """A record that its mapping refused, with all it takes to try it again; `key` as of `Record`."""

    raw: Any
    entity_type: str
    id_path: str
    event_type: str
    key: str | None

    @property
    def kept(self) -> dict[str, Any]:
        """What is kept of it; `again` reads it."""
        return {KEPT: [self.raw, self.entity_type, self.id_path, self.event_type]}


def context(workspace_id: uuid.UUID) -> Context:
    """What times without a zone and numbers without a country mean here."""
    region = database.value(_REGION, {"workspace_id": workspace_id})
    return Context(zone_of(workspace_id), COUNTRIES.get(region or "", "US"))


def compiled(workspace_id: uuid.UUID, given: Any) -> Mapping:
    """The stored mapping, ready to be applied; one without lines takes nothing."""
    return Mapping(mapping.read(given or {}), context(workspace_id))


def missing(lines: Mapping, id_path: str | None) -> str | None:
    """What must be said before records can be taken."""
    return NOTHING_MAPPED if not lines.lines else None if id_path else NO_ID


def record(
    by: Mapping, raw: Any, entity_type: str, id_path: str, event_type: str = "record"
) -> Record | Refused:
    """What a record becomes, or why it is refused."""
    try:
        return by.apply(raw, entity_type, id_path, event_type)
    except Wrong as wrong:
        key = by.key(raw, id_path)
        return Unfit(str(wrong), raw, entity_type, id_path, event_type, key)


def again(by: Mapping, kept: Any, config: Any) -> Record | Refused | None:
    """What a record that was refused becomes now; None for what was not kept by `Unfit`."""
    if not isinstance(kept, dict) or kept.keys() != {KEPT}:
        return None
    raw, entity_type, id_path, event_type = kept[KEPT]
    now = getattr(config, "id_path", None) or id_path
    return record(by, raw, entity_type, now, event_type)


def give(importer: Importer, place: str, found: Any) -> None:
    """Hand a record over; one that was refused goes with all that is known of it."""
    if isinstance(found, Refused):
        importer.refuse(place, found.reason, found)
    else:
        importer.take(place, found)
