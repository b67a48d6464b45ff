"""How fresh each source is (domain 6.3), from figures that are kept as records come in."""

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.core import database

from . import advice

SLOT = 300
FRESH, STALE = timedelta(minutes=5), timedelta(minutes=60)
MOST = 500
_ADD = """
insert into sync_slot (workspace_id, data_source_id, starts_at, events, seen, refused)
values (%(workspace_id)s, %(id)s, to_timestamp(floor(extract(epoch from now()) / %(slot)s)
  * %(slot)s), %(events)s, %(seen)s, %(refused)s)
on conflict (workspace_id, data_source_id, starts_at) do update set
  events = sync_slot.events + excluded.events, seen = sync_slot.seen + excluded.seen,
  refused = sync_slot.refused + excluded.refused
"""
_TOUCH = """
insert into sync_state (workspace_id, data_source_id, version, last_event_at)
values (%(workspace_id)s, %(id)s, 1, case when %(events)s > 0 then now() end)
on conflict (workspace_id, data_source_id) do update set version = sync_state.version + 1,
  last_event_at = coalesce(excluded.last_event_at, sync_state.last_event_at)
"""
_VERSION = """
select coalesce(sum(s.version), 0), count(*), coalesce(extract(epoch from max(d.updated_at)), 0),
  coalesce((select last_seq from world_counter where workspace_id = %(workspace_id)s), 0)
from data_source d
left join sync_state s on s.workspace_id = %(workspace_id)s and s.data_source_id = d.id
where d.workspace_id = %(workspace_id)s
"""
_SOURCES = f"""
select d.id, d.name, d.is_active, d.sync_strategy, s.last_run_at, s.last_success_at,
  case when d.sync_strategy in ('scheduled', 'continuous') then s.next_run_at end,
  coalesce(s.consecutive_errors, 0), s.last_error, s.error_code,
  d.is_active and coalesce(s.stale_after < now(), false), s.last_event_at,
  coalesce(k.hour, 0), coalesce(k.day, 0), coalesce(k.seen, 0), coalesce(k.refused, 0),
  exists (select from sync_run r where r.workspace_id = %(workspace_id)s
    and r.data_source_id = d.id and r.status = 'running'
    and r.started_at > now() - interval '15 minutes')
from data_source d
left join sync_state s on s.workspace_id = %(workspace_id)s and s.data_source_id = d.id
left join lateral (
  select sum(events) filter (where starts_at > now() - interval '1 hour') as hour,
    sum(events) as day, sum(seen) as seen, sum(refused) as refused
  from sync_slot k where k.workspace_id = %(workspace_id)s and k.data_source_id = d.id
    and starts_at > now() - interval '24 hours') k on true
where d.workspace_id = %(workspace_id)s order by d.number limit {MOST}
"""
_WORLD = """
select coalesce(sum(count) filter (where kind = 'entity'), 0),
  coalesce(sum(count) filter (where kind = 'event'), 0)
from world_count where workspace_id = %(workspace_id)s
"""
_PICTURE = f"""
select version.*, world.*, source.* from ({_VERSION}) version(states, sources, changed, seq)
cross join ({_WORLD}) world(entities, events)
left join ({_SOURCES}) source(id) on true
"""
WORDS = {
    "fresh": ("Fresh", "ok", "circle-check"),
    "stale": ("Stale", "warn", "clock"),
    "quiet": ("Quiet", "", "circle-dot"),
    "never": ("Nothing for a day", "", "circle-dashed"),
}
SAID = {
    "fresh": "Something came in within the last 5 minutes.",
    "stale": "The last thing came in 5 to 60 minutes ago.",
    "quiet": "Nothing came in for more than an hour.",
    "never": "Nothing came in during the last 24 hours.",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """A source and what came in from it. `hour` and `day` count events of the last hour and 24."""

    id: uuid.UUID
    name: str
    active: bool
    strategy: str
    run_at: datetime | None
    success_at: datetime | None
    next_at: datetime | None
    errors: int
    error: str | None
    code: str | None
    overdue: bool
    event_at: datetime | None
    hour: int
    day: int
    seen: int
    refused: int
    now: bool = False

    @property
    def freshness(self) -> str:
        """fresh, stale, quiet or never."""
        return freshness(self.event_at, datetime.now(UTC))

    @property
    def per_minute(self) -> float:
        """Events a minute, over the last hour."""
        return round(int(self.hour) / 60, 2)

    @property
    def badge(self) -> tuple[str, str, str]:
        """The freshness: word, colour, shape."""
        return WORDS[self.freshness]

    @property
    def said(self) -> str:
        """What its freshness means."""
        return SAID[self.freshness]

    @property
    def healthy(self) -> bool:
        """The last reading, if there was one, went well."""
        return not self.errors and (self.run_at is not None or self.event_at is not None)

    @property
    def health(self) -> tuple[str, str, str]:
        """Its health in a word, colour and shape."""
        if not self.active:
            return "Paused", "warn", "pause"
        if self.now and not self.errors:
            return "Reading now", "info", "refresh-cw"
        if self.errors:
            return "Degraded", "danger", "octagon-alert"
        if self.overdue:
            return "Overdue", "warn", "timer"
        return ("Healthy", "ok", "circle-check") if self.healthy else (
            "Never read", "", "circle-dashed")  # fmt: skip

    @property
    def advice(self) -> str:
        """What to do about its error."""
        return advice.on(self.code, self.next_at is not None)


@dataclass(frozen=True, slots=True)
class Picture:
    """The three stages: sources, mapping, world."""

    version: str
    sources: dict[uuid.UUID, Figures]
    entities: int
    events: int

    @property
    def connected(self) -> int:
        """Sources that are switched on."""
        return sum(s.active for s in self.sources.values())

    @property
    def healthy(self) -> int:
        """Of those, the ones that were read and did not fail."""
        return sum(s.active and s.healthy for s in self.sources.values())

    @property
    def failing(self) -> list[Figures]:
        """Sources whose last reading failed."""
        return [s for s in self.sources.values() if s.active and s.errors]

    def total(self, name: str) -> int:
        """The sum of a figure over all sources."""
        return int(sum(getattr(s, name) for s in self.sources.values()))


def freshness(last: datetime | None, now: datetime) -> str:
    """fresh below 5 minutes, stale to 60, then quiet; never when a day passed without an event."""
    if last is None or now - last > timedelta(hours=24):
        return "never"
    return "fresh" if now - last < FRESH else "stale" if now - last <= STALE else "quiet"


def add(
    workspace_id: uuid.UUID, source: uuid.UUID, events: int, seen: int, refused: int
) -> None:  # fmt: skip
    """Count what came in, in the transaction that stores it."""
    if seen:
        params = {"workspace_id": workspace_id, "id": source, "slot": SLOT, "events": events,
                  "seen": seen, "refused": refused}  # fmt: skip
        database.execute(_ADD, params)
        database.execute(_TOUCH, params)


def version(workspace_id: uuid.UUID) -> str:
    """Changes with whatever the picture shows; and every minute, because times pass on it."""
    row = database.row(_VERSION, {"workspace_id": workspace_id})
    assert row is not None
    return _stamp(row)


def _stamp(row: database.Row) -> str:
    return "-".join(str(part) for part in (*row, int(time.time()) // 60))


def picture(workspace_id: uuid.UUID) -> Picture:
    """All sources of a workspace with their figures, and how large its world is."""
    rows = database.rows(_PICTURE, {"workspace_id": workspace_id})
    found = [Figures(*row[6:]) for row in rows if row[6] is not None]
    stamp, entities, events = _stamp(rows[0][:4]), int(rows[0][4]), int(rows[0][5])
    return Picture(stamp, {s.id: s for s in found}, entities, events)
