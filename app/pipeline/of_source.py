"""What is known of one source: its last reading, its events, how many came in when."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core import database
from app.core.errors import Invalid

from .schema import (
    MOST_HOURS,
    Bucket,
    EventsQuery,
    Failed,
    HistoryQuery,
    LastPoll,
    SourceEvent,
    SourceEvents,
)

HOUR = timedelta(hours=1)
STAMP = "%Y-%m-%dT%H"
MOST = 1_000_000
_LAST = """
select started_at, (extract(epoch from finished_at - started_at) * 1000)::bigint,
  created + changed + removed, error
from sync_run where workspace_id = %(workspace_id)s and data_source_id = %(id)s
order by started_at desc limit 1
"""
_ENTITIES = f"""
select count(distinct entity_id) from (select entity_id from source_record
  where workspace_id = %(workspace_id)s and source_key = %(key)s limit {MOST}) few
"""
_FAILED = """
select id, coalesce(resource_type, 'record'), resource_type, created_at, reason from set_aside
where workspace_id = %(workspace_id)s and data_source_id = %(id)s
order by created_at desc limit 20
"""
# Of the entities that an event is about the first is told, of those that were asked for.
_EVENTS = """
select e.seq, e.id, e.event_type, n.id, n.entity_type, e.confidence, e.source, e.source_system,
  e.ingested_at, e.supersedes is not null, n.display_name
from event e
left join lateral (select n.id, n.entity_type, n.display_name from event_entity l
  join entity n on n.workspace_id = %(workspace_id)s and n.id = l.entity_id
  where l.workspace_id = %(workspace_id)s and l.event_id = e.id
    and (%(entity_type)s::text is null or n.entity_type = %(entity_type)s)
  order by l.entity_id limit 1) n on true
where e.workspace_id = %(workspace_id)s and e.data_source_id = %(id)s
  and {keyset}
  and (%(event_type)s::text is null or e.event_type = %(event_type)s)
  and (%(entity_type)s::text is null or n.id is not null)
  and (%(date_from)s::timestamptz is null or e.ingested_at >= %(date_from)s)
  and (%(date_to)s::timestamptz is null or e.ingested_at <= %(date_to)s)
order by e.seq {order} limit %(take)s
"""
_NEWEST = _EVENTS.format(keyset="(%(after)s = 0 or e.seq < %(after)s)", order="desc")
_OLDEST = _EVENTS.format(keyset="e.seq > %(after)s", order="")
_INFLOW = """
select split_part(name, chr(9), 2), count from world_count
where workspace_id = %(workspace_id)s and kind = 'inflow'
  and name between %(id)s || chr(9) || %(first)s and %(id)s || chr(9) || %(last)s
"""


def _keys(workspace_id: uuid.UUID, ident: uuid.UUID) -> dict[str, Any]:
    return {"workspace_id": workspace_id, "id": ident}


def last_poll(workspace_id: uuid.UUID, ident: uuid.UUID) -> LastPoll | None:
    """The last reading of a source."""
    row = database.row(_LAST, _keys(workspace_id, ident))
    if row is None:
        return None
    return LastPoll(at=row[0], duration_ms=row[1], event_count=row[2], error=row[3])


def entities(workspace_id: uuid.UUID, ident: uuid.UUID) -> int:
    """How many entities its records are about, of a million records."""
    params = {"workspace_id": workspace_id, "key": ident.hex}
    return int(database.value(_ENTITIES, params))


def failures(workspace_id: uuid.UUID, ident: uuid.UUID) -> list[Failed]:
    """The last records that were set aside."""
    return [
        Failed(event_id=r[0], event_type=r[1], fhir_resource_type=r[2], ingested_at=r[3],
               sync_error=r[4])
        for r in database.rows(_FAILED, _keys(workspace_id, ident))
    ]  # fmt: skip


def events(workspace_id: uuid.UUID, ident: uuid.UUID, query: EventsQuery) -> list[database.Row]:
    """Some events and one more: (seq, id, type, entity, its type, confidence, source, system,
    came in, whether it replaced another, the entity's name)."""
    asked = query.model_dump(include={"event_type", "entity_type", "date_from", "date_to"})
    params = {
        **_keys(workspace_id, ident), **asked, "after": query.continuation_token,
        "take": query.limit + 1,
    }  # fmt: skip
    sql = _NEWEST if query.sort_by.startswith("-") else _OLDEST
    return database.rows(sql, params, prepare=False)


def page(rows: list[database.Row], limit: int) -> SourceEvents:
    """The page that rows of `events` make."""
    more = len(rows) > limit
    return SourceEvents(
        items=[
            SourceEvent(id=r[1], event_type=r[2], entity_id=r[3], entity_type=r[4],
                        confidence=r[5], source=r[6], source_system=r[7], ingested_at=r[8])
            for r in rows[:limit]
        ],
        has_more=more, continuation_token=rows[limit - 1][0] if more else None,
    )  # fmt: skip


def span(query: HistoryQuery, now: datetime) -> tuple[datetime, datetime]:
    """The first and the last hour that is asked for, in UTC. Raises Invalid."""
    last = _hour(query.date_to or now)
    first = _hour(query.date_from) if query.date_from else last - HOUR * ((query.hours or 24) - 1)
    if query.date_from and query.hours:
        last = first + HOUR * (query.hours - 1)
    if first > last:
        raise _wrong("This is after the time at which it ends.")
    if last - first >= HOUR * MOST_HOURS:
        raise _wrong(f"Ask for {MOST_HOURS} hours at most.")
    return (first.replace(hour=0) if query.interval == "1d" else first), last


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _wrong(sentence: str) -> Invalid:
    return Invalid([{"loc": ["query", "date_from"], "msg": sentence, "type": "value_error"}])


def history(
    workspace_id: uuid.UUID, ident: uuid.UUID, name: str, query: HistoryQuery
) -> list[Bucket]:
    """Events by the hour or day in which they came in, the oldest first, none left out."""
    first, last = span(query, datetime.now(UTC))
    step = HOUR if query.interval == "1h" else HOUR * 24
    counts: Mapping[str, int] = dict(database.rows(_INFLOW, {
        "workspace_id": workspace_id, "id": str(ident), "first": f"{first:{STAMP}}",
        "last": f"{last:{STAMP}}",
    }))  # fmt: skip
    found = [Bucket(bucket=first + step * n, event_count=0, source_system=name[:128])
             for n in range((last - first) // step + 1)]  # fmt: skip
    for hour, count in counts.items():
        at = datetime.strptime(hour, STAMP).replace(tzinfo=UTC)
        found[(at - first) // step].event_count += count
    return found
