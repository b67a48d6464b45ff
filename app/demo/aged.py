"""Calls past their age, and the run of retention that removed them: its receipt stays."""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import current_app

from app.calls import imports
from app.calls.schema import CallIn
from app.retention import actions as retention
from app.retention.declaration import SIX_YEARS
from app.retention.queries import DAILY

from .generate import Clinic

WHERE = "riverside-family"
SOME = 24


def outlive(clinic: Clinic, place: uuid.UUID, calls: Sequence[dict[str, Any]], today: date) -> None:
    """Let one clinic have had a few calls more than six years ago."""
    if clinic.slug != WHERE:
        return
    first = datetime.combine(today, time(9), UTC) - timedelta(days=SIX_YEARS + 3)
    old = [_then(call, first + timedelta(minutes=20 * n)) for n, call in enumerate(calls[:SOME])]
    imports.ingest(place, old)
    retention.begin(place, DAILY)
    retention.work(place, current_app.config["WARD"].secret_key)


def _then(call: dict[str, Any], at: datetime) -> CallIn:
    ended = at + timedelta(minutes=3)
    return CallIn.model_validate({
        **call, "call_sid": f"{call['call_sid']}-old", "started_at": at, "ended_at": ended,
        "status": "completed", "duration_seconds": None,
    })  # fmt: skip
