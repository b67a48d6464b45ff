"""The page of an entity: read as it is stored each time, and drawn once for what that shows."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from app.core import database
from app.core.database import Row
from app.core.drawn import Part, drawn, told
from app.core.formats import ago
from app.core.schema import form_for
from app.resolution import pages as resolution
from app.resolution import queries as who

from . import entity_page, neighbours, queries, relations
from .entity_page import EVENTS
from .events import Event
from .schema import Correction, Note

INGESTED, PLACE, CURRENT = 7, 13, 14
"""Where these stand in a row of `queries.told`."""
LAST, FOUND = 11, 4
"""Where the time of the last event stands in an entity's row, and when it was found in a
relation's."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: what was known at a moment (UTC), the events of a kind, a page of them."""

    at: datetime | None
    kind: str | None
    number: int


@dataclass(frozen=True)
class Stored:
    """All that the page shows, as it is stored."""

    entity: Row
    zone: ZoneInfo
    asked: Asked
    events: list[Row]
    others: list[Row]
    around: list[Row]

    @cached_property
    def since(self) -> dict[datetime, Any]:
        """How long its times are ago, in words."""
        times = (self.entity[LAST], *(row[INGESTED] for row in self.events))
        return {at: ago(at) for at in dict.fromkeys(times)}

    @property
    def key(self) -> Any:
        """Stands for all of it, for the words of its times, and for the day ages are told on."""
        return told(self.entity, self.zone.key, self.asked, self.events, self.others, self.around,
                    tuple(self.since.values()), date.today())  # fmt: skip


def read(workspace_id: uuid.UUID, entity: Row, zone: ZoneInfo, asked: Asked) -> Stored:
    """What is stored around an entity of `queries.page`."""
    ident, named = entity[0], entity[4] is not None
    events = queries.told(
        workspace_id, ident, EVENTS, asked.number * EVENTS, kind=asked.kind, at=asked.at,
        whole=asked.at is not None or not named,
    )  # fmt: skip
    pairs = entity[1] == resolution.PERSON
    others = who.stored_others(workspace_id, ident) if pairs else []
    around = [row for row in queries.related(workspace_id, ident)
              if asked.at is None or row[FOUND] <= asked.at]  # fmt: skip
    return Stored(entity, zone, asked, events, others, around)


def page(stored: Stored, typed: Mapping[str, Any]) -> tuple[Part, Part]:
    """(the entity's name, everything below the menu). With something `typed` that was refused it
    stands in the page, and nothing is kept."""
    values = cache(lambda: _values(stored) | _forms(typed))
    key, keep = stored.key if not typed else None, not typed
    return (drawn("world/name.html", key, values, keep),
            drawn("world/entity.html", key, values, keep))  # fmt: skip


def _values(stored: Stored) -> dict[str, Any]:
    asked, zone, ident = stored.asked, stored.zone, stored.entity[0]
    at = asked.at and asked.at.astimezone(zone)
    rows = stored.events
    events = [_event(*row[:PLACE]) for row in rows]
    shown = entity_page.entity(database.parsed(stored.entity), events, at, zone)
    places = {row[PLACE]: n for n, row in enumerate(rows) if row[PLACE]}
    first = asked.number * EVENTS + 1
    listed = [places[n] for n in range(first, first + EVENTS) if n in places]
    others = who.read(stored.others)
    related = relations.related(ident, stored.around, zone)
    return {
        "entity": shown, "at": f"{at:%Y-%m-%dT%H:%M:%S}" if at else "", "zone": zone.key, "tz": zone, "kind": asked.kind, "number": asked.number,
        "since": stored.since, "timeline": entity_page.timeline(((events[n], rows[n][CURRENT]) for n in listed), zone),
        "more": first + EVENTS in places, "kinds": entity_page.kinds(events), "related": related,
        "calls": relations.calls(ident, stored.around, zone),
        "drawn": neighbours.picture(shown.name, shown.title, resolution.same(others), related),
        "linked": resolution.also(others, True), "suspects": resolution.also(others, False),
    }  # fmt: skip


def _event(seq: int, ident: uuid.UUID, kind: str, data: str | None, *rest: Any) -> Event:
    return Event(seq, ident, kind, json.loads(data) if data else {}, *rest)


def _forms(typed: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **typed, "corrects": "correction" in typed, "note": _fields(Note, typed.get("note")),
        "correction": _fields(Correction, typed.get("correction")),
    }  # fmt: skip


def _fields(schema: type[BaseModel], refused: Any) -> Part:
    """The fields of a form: as they were filled in, or the empty ones, which are kept."""
    return drawn(
        "world/entered.html", schema.__name__,
        lambda: {"form": refused or form_for(schema)(formdata=None)}, keep=refused is None,
    )  # fmt: skip
