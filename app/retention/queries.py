"""What retention would remove, the run under way, and the receipts of runs."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from app.calls import zones
from app.core import database
from app.core.errors import NotFound
from app.core.settings import load
from app.escalation.declaration import GENERAL

from . import receipts
from .declaration import RETENTION
from .schema import Counts, CutOffs, Days, DryRun, Receipt, RunOut

COUNTED = 100_000
DAILY = "Ward, daily"
# The counts stop at %(most)s. The first of its search rows stands for a call's transcript.
_DUE = """
select
  (select count(*) from (select from call where workspace_id = %(workspace_id)s
    and started_at < %(records)s limit %(most)s) r),
  (select count(*) from (select from transcript_part where workspace_id = %(workspace_id)s
    and started_at < %(transcripts)s and first_seq = 0 limit %(most)s) t),
  (select count(*) from (select from call_note n
    join call c on c.workspace_id = n.workspace_id and c.id = n.call_id
    where n.workspace_id = %(workspace_id)s and c.started_at < %(transcripts)s
    limit %(most)s) n),
  (select count(*) from (select from call where workspace_id = %(workspace_id)s
    and has_recording and started_at < %(recordings)s limit %(most)s) s)
"""
_STANDING = """
select general.value, p.started_at, p.started_by, p.begun, p.rules,
  p.records, p.transcripts, p.notes, p.recordings
from (select) one
left join setting general on general.workspace_id = %(workspace_id)s and general.name = %(general)s
left join retention_progress p on p.workspace_id = %(workspace_id)s
"""
_RUN = "number, started_at, finished_at, started_by, receipt, signature"
_RUNS = f"""
select {_RUN} from retention_run where workspace_id = %(workspace_id)s
and (%(below)s::bigint = 0 or number < %(below)s) order by number desc limit %(take)s
"""
_ONE = f"""
select {_RUN} from retention_run where workspace_id = %(workspace_id)s and number = %(number)s
"""


@dataclass(frozen=True, slots=True)
class Rules:
    """Until when what goes, and whether a legal hold keeps everything."""

    days: Days
    cut_offs: CutOffs
    time_zone: str
    held: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """The run under way. `begun` counts how often a worker took it up."""

    started_at: datetime
    started_by: str
    begun: int
    rules: dict[str, Any]
    removed: Counts


def rules(place: uuid.UUID) -> Rules:
    """The rules as they stand now. A record takes everything of its call along."""
    kept = load(RETENTION, place).value
    zone = zones.zone_of(place)
    days = Days(records=kept.phi_data_days, transcripts=kept.call_transcripts_days,
                recordings=kept.call_recordings_days)  # fmt: skip
    return Rules(days, _cut_offs(days, zone), zone.key, kept.legal_hold)


def _cut_offs(days: Days, zone: ZoneInfo) -> CutOffs:
    today = datetime.now(zone).date()

    def before(count: int) -> datetime:
        return zones.begins(today - timedelta(days=count), zone).astimezone(UTC)

    return CutOffs(
        records=before(days.records),
        transcripts=before(min(days.records, days.transcripts)),
        recordings=before(min(days.records, days.recordings)),
    )


def dry_run(place: uuid.UUID) -> DryRun:
    """What a removal would take now."""
    now = rules(place)
    params = {"workspace_id": place, "most": COUNTED, **now.cut_offs.model_dump()}
    found = database.row(_DUE, params, prepare=False) or (0, 0, 0, 0)
    counts = Counts(**dict(zip(Counts.model_fields, found, strict=True)))
    return DryRun(
        legal_hold=now.held, time_zone=now.time_zone, cut_offs=now.cut_offs, counts=counts,
        counted_to=COUNTED, under_way=progress(place) is not None,
    )  # fmt: skip


def progress(place: uuid.UUID) -> Progress | None:
    """The run under way, if there is one."""
    return standing(place)[0]


def standing(place: uuid.UUID) -> tuple[Progress | None, ZoneInfo]:
    """The run under way, if there is one, and the zone in which its times are told."""
    found = database.rows(_STANDING, {"workspace_id": place, "general": GENERAL.name})[0]
    zone = zones.stored_zone(found[0])
    _general, started_at, started_by, begun, kept, *removed = found
    if started_at is None:
        return None, zone
    counts = Counts(**dict(zip(Counts.model_fields, removed, strict=True)))
    return Progress(started_at, started_by, begun, kept, counts), zone


def runs(place: uuid.UUID, secret: str, below: int = 0, take: int = 20) -> list[RunOut]:
    """Receipts, newest first, one more than `take` where there are more."""
    params = {"workspace_id": place, "below": below, "take": take + 1}
    return [_run(place, secret, row) for row in database.rows(_RUNS, params)]


def run(place: uuid.UUID, secret: str, number: int) -> RunOut:
    """One receipt. Raises NotFound."""
    found = database.row(_ONE, {"workspace_id": place, "number": min(number, 2**62)})
    if found is None:
        raise NotFound.of("run", "number")
    return _run(place, secret, found)


def _run(place: uuid.UUID, secret: str, row: Sequence[Any]) -> RunOut:
    number, started_at, finished_at, started_by, receipt, signature = row
    beside = {"workspace_id": str(place), "number": number, "started_by": started_by,
              "started_at": stamp(started_at), "finished_at": stamp(finished_at)}  # fmt: skip
    try:
        told = Receipt.model_validate(receipt)
    except ValidationError:
        told = Receipt()
    return RunOut(
        number=number, started_at=started_at, finished_at=finished_at, started_by=started_by,
        receipt=told, signature=signature,
        verifies=receipts.genuine(secret, receipt, signature, **beside),
    )  # fmt: skip


def stamp(at: datetime) -> str:
    """A moment as receipts write it: ISO-8601, UTC, microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
