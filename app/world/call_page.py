"""A call's fields and events in words, as the pages of calls have them."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.calls.words import CHANNELS, DIRECTIONS, STATUS
from app.core import formats

LABELS = {
    "status": "Status", "start": "Started", "end": "Ended", "duration_seconds": "Length",
    "direction": "Direction", "channel_kind": "Channel", "completion_reason": "Ended because",
    "escalated": "Escalated", "escalation_status": "Escalation", "quality_score": "Quality",
    "reviewed_by": "Reviewed by", "source": "Kind", "call_sid": "Call SID",
}  # fmt: skip
"""The fields in the order in which they are shown; the service stands on the call's own page."""
EVENTS = {
    "call.started": "Call started", "call.ended": "Call ended", "call.outcome": "Outcome",
    "escalation.requested": "Escalation requested", "escalation.connected": "Operator connected",
    "review.submitted": "Review",
}  # fmt: skip
WORDS = {
    "status": {name: words[0] for name, words in STATUS.items()},
    "direction": {name: words[0] for name, words in DIRECTIONS.items()}, "channel_kind": CHANNELS,
}  # fmt: skip
UNSAID = ("call_sid", "escalated")
OUR_OWN = "calls:Call:"
"""How the canonical ids of the calls begin that are stored here, with the call's own id."""


def _when(value: Any, zone: ZoneInfo) -> str:
    try:
        return formats.when_text(datetime.fromisoformat(value), zone)
    except (TypeError, ValueError):
        return str(value)


def text(name: str, value: Any, zone: ZoneInfo) -> str:
    """A field of a call as people read it; whatever else stands there as it is."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int | float):
        if name == "duration_seconds":
            return formats.duration(value)
        return f"{value * 100:.0f} of 100" if name == "quality_score" else str(value)
    if not isinstance(value, str):
        return str(value)
    if name in ("start", "end"):
        return _when(value, zone)
    if name in ("completion_reason", "escalation_status", "source"):
        return value.replace("_", " ").capitalize()
    return WORDS.get(name, {}).get(value, value)


def summary(state: dict[str, Any]) -> str:
    """How it ended and how long it took."""
    length = state.get("duration_seconds")
    parts = [
        WORDS["status"].get(str(state.get("status"))),
        formats.duration(length) if isinstance(length, int | float) else None,
        "escalated" if state.get("escalated") is True else None,
    ]
    return ", ".join(part for part in parts if part)


def said(kind: str, data: dict[str, Any], zone: ZoneInfo) -> str:
    """What an event of a call says besides what it is."""
    if kind == "review.submitted":
        reopened = data.get("action") == "reopened"
        return "The mark was taken off" if reopened else "Marked as reviewed"
    names = [name for name in LABELS if name in data and name not in UNSAID]
    if kind.startswith("escalation."):
        names = []
    return ", ".join(_part(name, text(name, data[name], zone)) for name in names)


def _part(name: str, words: str) -> str:
    return f"quality {words}" if name == "quality_score" else words
