"""What the events of a call tell of it. Pure functions, as the projection is.

The events are those of `app.calls.entities`; each field is told by one of them, but the status and
how an escalation stands, of which the later one holds.
"""

from datetime import UTC, datetime
from typing import Any

from .events import Event

TOLD = {
    "call.started": ("call_sid", "direction", "service_id", "status", "channel_kind", "source"),
    "call.ended": ("duration_seconds", "completion_reason", "escalated"),
    "call.outcome": ("status", "quality_score", "escalation_status"),
    "escalation.requested": ("escalation_status",),
    "escalation.connected": ("escalation_status",),
    "review.submitted": (),
}
WAYS = {"inbound": "Incoming", "outbound": "Outgoing"}
MOMENTS = {"call.started": "start", "call.ended": "end"}


def fields(event: Event) -> dict[str, Any] | None:
    """The fields that an event tells of its call, or None when it is of another kind."""
    names = TOLD.get(event.event_type)
    if names is None:
        return None
    found = {name: event.data[name] for name in names if name in event.data}
    moment = MOMENTS.get(event.event_type)
    if moment and event.effective_at:
        found[moment] = _text(event.effective_at)
    if event.data.get("action") == "reviewed":
        found["reviewed_by"] = event.author
    return found


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def name(state: dict[str, Any]) -> str | None:
    """Incoming call, 2026-11-20 09:14 UTC."""
    direction, start = state.get("direction"), state.get("start")
    if not isinstance(direction, str) or not isinstance(start, str):
        return None
    what = "conversation" if state.get("channel_kind") else "call"
    at = start[:16].replace("T", " ")
    return f"{WAYS.get(direction, direction.capitalize())} {what}, {at} UTC"
