"""From the parameters of a FHIR search to what the database is asked, and the answers' shapes."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from app.core.database import Row
from app.core.errors import BadRequest, Invalid

from . import fhir_queries, reading
from .fhir_queries import Wanted
from .fhir_schema import Found, Record, Search

PREFIXES = ("eq", "ge", "gt", "le", "lt")
LONGER = timedelta(seconds=1)


def _until(value: str, start: datetime) -> datetime:
    """Where a date that is only so exact ends: 2026 a year later, 2026-03-01 a day later."""
    if len(value) == 4:
        return start.replace(year=start.year + 1)
    if len(value) == 7:
        return (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    return start + (timedelta(days=1) if len(value) == 10 else LONGER)


def span(values: Sequence[str]) -> dict[str, datetime]:
    """`first` (included) and `last` (excluded) of date parameters. Raises Invalid."""
    found: dict[str, list[datetime]] = {"first": [], "last": []}
    for given in values:
        way, value = (given[:2], given[2:]) if given[:2] in PREFIXES else ("eq", given)
        start = reading.moment(value.replace(" ", "+"))
        try:
            if start is None:
                raise ValueError
            end = _until(value, start)
        except (ValueError, OverflowError):
            raise Invalid([{"loc": ["query", "date"], "type": "date",
                            "msg": "Enter a date such as ge2026-01-31."}]) from None  # fmt: skip
        found["first"] += {"eq": [start], "ge": [start], "gt": [end]}.get(way, [])
        found["last"] += {"eq": [end], "lt": [start], "le": [end]}.get(way, [])
    both = (("first", max), ("last", min))
    return {name: best(found[name]) for name, best in both if found[name]}


def wanted(workspace_id: uuid.UUID, kind: str, query: Search) -> Wanted:
    """What to ask for. Raises BadRequest for what a type is not searched by, and Invalid."""
    asked = Wanted(kind, filters={**span(query.date or ())})
    if query.status:
        asked.filters["status"] = query.status
    if query.patient:
        asked.people = fhir_queries.people(workspace_id, query.patient)
    if kind in reading.ENTITY_TYPES:
        asked.keys = _keys(query)
    elif query.name or query.birthdate or ((query.identifier or query.q) and not query.patient):
        raise BadRequest(
            f"Search {kind} by patient, date or status; q and identifier with patient."
        )
    else:
        asked.filters |= {"text": query.q.lower()} if query.q else {}
        if query.identifier:
            asked.filters["identifier"] = query.identifier.rpartition("|")[2]
    return asked


def _keys(query: Search) -> list[fhir_queries.Group]:
    keys = fhir_queries.named(query.name) if query.name else []
    keys += fhir_queries.found_by(query.q) if query.q else []
    if query.birthdate:
        keys.append([fhir_queries.begins("birth_date", query.birthdate)])
    if query.identifier:
        value = query.identifier.rpartition("|")[2].casefold()[:128]
        keys.append([("identifier", value, value)])
    return keys


def record(row: Row) -> Record:
    """One version of a resource."""
    return Record(
        resource_type=row[0], id=row[1], resource=row[2], entity_id=row[3], event_id=row[4],
        supersedes=row[5], confidence=row[6], source=row[7], source_system=row[8],
        data_source_id=row[9], effective_at=row[10], ingested_at=row[11], is_current=row[12],
    )  # fmt: skip


def found(address: str, kind: str, query: Search, rows: Sequence[Row]) -> Found:
    """A page of a search; one more than the count says that there are more."""
    more = len(rows) > query.count
    asked: dict[str, Any] = query.model_dump(by_alias=True, exclude_none=True)
    following = asked | {"_offset": query.offset + query.count}
    return Found(
        resource_type=kind, entries=[record(row) for row in rows[: query.count]],
        total=None if more or (query.offset and not rows) else query.offset + len(rows),
        next_url=f"{address}?{urlencode(following, doseq=True)}" if more else None,
    )  # fmt: skip
