"""What stands around one call: the usual response times here, and other calls of its caller."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.core import database

from .buckets import RESPONSES, quantile
from .rollups import REAL
from .stored import Call

USUAL_DAYS = 90
SHOWN = 5
NOTICED_MS = 300
"""A shorter delay is nothing that a caller would notice."""
_COLUMNS = "id, started_at, direction, status, completion_reason, duration_seconds, service_name"
_SAME = f"""
(select '{{side}}' as side, {_COLUMNS}, null::bigint as version from call
where workspace_id = %(workspace_id)s and caller_id = %(caller_id)s
  and (started_at, number) {{sign}} (%(at)s, %(number)s) and (%(tests)s or ({REAL}))
order by started_at {{order}}, number {{order}} limit {SHOWN})
"""
_VERSION = """
select 'version', null::uuid, null::timestamptz, null, null, null, null, null, figures_version
from call_counter where workspace_id = %(workspace_id)s
"""
_AROUND = " union all ".join((
    _SAME.format(side="before", sign="<", order="desc"),
    _SAME.format(side="after", sign=">", order="asc"),
    _VERSION,
))  # fmt: skip
_USUAL = f"""
select array[{", ".join(f"sum(responses[{n}])" for n in range(1, len(RESPONSES) + 2))}]
from call_rollup
where workspace_id = %(workspace_id)s and dimension = 'day' and day >= %(since)s
"""
UNREAL = ("simulated", "playground", "test")


@dataclass(frozen=True, slots=True)
class Usual:
    """The response times of the last 90 days, in ms; None where there were none."""

    median: float | None = None
    p95: float | None = None

    def slow(self, waited: float) -> bool:
        """Whether an answer took longer than 19 of 20 here, and noticeably longer than usual."""
        if self.median is None or self.p95 is None:
            return False
        return waited > self.p95 and waited - self.median >= NOTICED_MS


@dataclass(frozen=True, slots=True)
class Other:
    """Another call of the same caller."""

    id: uuid.UUID
    started_at: datetime
    direction: str
    status: str
    completion_reason: str | None
    duration_seconds: float | None
    service_name: str | None


@dataclass(frozen=True, slots=True)
class Around:
    """The usual times, and up to five calls of the caller before and after, newest first."""

    usual: Usual
    before: list[Other]
    after: list[Other]


def of(workspace_id: uuid.UUID, call: Call, zone: ZoneInfo) -> Around:
    """What stands around a call. Calls for real do not show tests among them."""
    found = database.rows(_AROUND, {
        "workspace_id": workspace_id, "caller_id": call.caller_id, "at": call.started_at,
        "number": call.number, "tests": call.source in UNREAL or call.direction in UNREAL,
    })  # fmt: skip
    sides: dict[str, list[Other]] = {"before": [], "after": []}
    usual = Usual()
    since = datetime.now(zone).date() - timedelta(days=USUAL_DAYS)
    for side, *columns, version in found:
        if side == "version":
            usual = _usual(workspace_id, version, since)
        else:
            sides[side].append(Other(*columns))
    return Around(usual, sides["before"], sides["after"][::-1])


@lru_cache(1024)
def _usual(workspace_id: uuid.UUID, _version: int, since: date) -> Usual:
    """Summed up again when a figure changed."""
    counts = database.value(_USUAL, {"workspace_id": workspace_id, "since": since})
    if not any(counts):
        return Usual()
    return Usual(quantile(counts, RESPONSES, 0.5), quantile(counts, RESPONSES, 0.95))
