"""The workspace's time zone: in it people mean days, and figures are counted."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.core.settings import load
from app.escalation.declaration import GENERAL


def zone_name(workspace_id: uuid.UUID) -> str:
    """The name of the time zone that stands under General."""
    return load(GENERAL, workspace_id).value.time_zone


def zone_of(workspace_id: uuid.UUID) -> ZoneInfo:
    """The same as a zone."""
    return ZoneInfo(zone_name(workspace_id))


def stored_zone(general: Mapping[str, Any] | None) -> ZoneInfo:
    """The same from what is stored under General, where a statement has read it along."""
    return ZoneInfo(GENERAL.parse(general or {}).time_zone)


def begins(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day begins here."""
    return datetime.combine(day, time(), zone)


def ends(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which the next day begins here."""
    return begins(day + timedelta(days=1), zone)
