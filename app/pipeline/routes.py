"""How data flows in, as JSON. A figure that is null is not available; 0 is none."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from annotated_types import Ge, Le
from pydantic import BaseModel

from app.core.feature import Feature
from app.core.identity import actor
from app.world import queries as world

from . import queries
from .source_routes import feature as sources_feature  # noqa: F401  its routes come with this module

feature = Feature("pipeline", __name__)
HOUR = timedelta(hours=1)


class Source(BaseModel):
    """A source's last reading."""

    id: uuid.UUID
    name: str
    status: str
    connector_type: str
    last_poll_at: datetime | None
    last_poll_duration_ms: int | None
    last_poll_event_count: int | None
    consecutive_errors: int
    connection_healthy: bool | None
    last_error: str | None


class Status(BaseModel):
    """How the pipeline stands; `total_events` are those of seven days."""

    status: str
    connector_runner_status: str | None
    uptime_seconds: int | None
    active_polls: int
    total_events: int | None
    total_entities: int
    event_read_model_status: str
    sources: list[Source]


class Point(BaseModel):
    """Events that came in within an hour or a day (UTC) that begins at `at`."""

    at: datetime
    event_count: int


class Throughput(BaseModel):
    """Events by the hour or day in which they came in, the oldest first."""

    interval: Literal["1h", "1d"]
    hours: int
    total: int
    points: list[Point]


class ThroughputQuery(BaseModel):
    """How far back, to the whole hour or day, and in which steps."""

    interval: Literal["1h", "1d"] = "1h"
    hours: Annotated[int, Ge(1), Le(720)] = 24


def _source(row: tuple[object, ...]) -> Source:
    ident, name, kind, active, at, lasted, count, errors, error, running = row
    words = "reading" if running else "degraded" if errors else "healthy" if at else "unknown"
    return Source.model_validate({
        "id": ident, "name": name, "connector_type": kind, "last_poll_at": at,
        "status": words if active else "paused", "last_poll_duration_ms": lasted,
        "last_poll_event_count": count if at else None, "consecutive_errors": errors,
        "connection_healthy": None if at is None else not errors, "last_error": error,
    })  # fmt: skip


@feature.api("GET", "/pipeline/status", permission="DataSource.view", response=Status,
             summary="How data flows in")  # fmt: skip
def status() -> Status:
    """Status."""
    place = actor().here.id
    rows = queries.sources(place)
    sources, kept = [_source(row) for row in rows], world.figures(place)
    failing = any(s.status == "degraded" for s in sources)
    return Status(
        status="degraded" if failing else "healthy" if sources else "empty",
        connector_runner_status=None, uptime_seconds=None, sources=sources,
        active_polls=sum(s.status == "reading" for s in sources),
        total_events=sum(kept.get("hour", {}).values()),
        total_entities=sum(kept.get("entity", {}).values()),
        event_read_model_status="ready" if kept.get("event") else "empty",
    )  # fmt: skip


@feature.api("GET", "/pipeline/throughput", permission="DataSource.view", query=ThroughputQuery,
             response=Throughput, summary="Events by the hour or day in which they came in")  # fmt: skip
def throughput(query: ThroughputQuery) -> Throughput:
    """Throughput."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    first, step = now - HOUR * (query.hours - 1), HOUR
    if query.interval == "1d":
        first, step = first.replace(hour=0), HOUR * 24
    counts = queries.hours(actor().here.id, f"{first:%Y-%m-%dT%H}")
    points = [Point(at=first + step * n, event_count=0) for n in range((now - first) // step + 1)]
    for hour, count in counts.items():
        at = datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC)
        if at <= now:
            points[(at - first) // step].event_count += count
    return Throughput(interval=query.interval, hours=query.hours, points=points,
                      total=sum(point.event_count for point in points))  # fmt: skip
