"""What would go, what went, and how a removal is started."""

from datetime import datetime
from typing import Annotated

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel

from app.core.schema import UI, Schema

KINDS = ("records", "transcripts", "notes", "recordings")
Count = Annotated[int, Ge(0), Le(2**53)]


class Counts(Schema):
    """How many records of calls, transcripts, notes on calls, and recordings."""

    records: Count = 0
    transcripts: Count = 0
    notes: Count = 0
    recordings: Count = 0


class CutOffs(BaseModel):
    """Calls that began before this lose it: whole days in the workspace's time zone."""

    records: datetime
    transcripts: datetime
    recordings: datetime


class DryRun(BaseModel):
    """What a removal would take now. Counts are exact up to `counted_to` and stop there."""

    legal_hold: bool
    time_zone: str
    cut_offs: CutOffs
    counts: Counts
    counted_to: int
    under_way: bool


class Start(Counts):
    """Starting a removal: the workspace's slug, and the counts that the dry run showed."""

    slug: Annotated[str, MinLen(1), MaxLen(63), UI("Slug", widget="mono")]


class Days(BaseModel):
    """The ages in force when the run began."""

    records: int = 0
    transcripts: int = 0
    recordings: int = 0


class Receipt(BaseModel):
    """What one run removed; the signature covers all of it.

    `interrupted` says how often the run was cut off and went on; `stopped_by_hold` that a legal
    hold ended it early.
    """

    workspace_id: str = ""
    number: int = 0
    started_by: str = ""
    started_at: str = ""
    finished_at: str = ""
    time_zone: str = "UTC"
    days: Days = Days()
    cut_offs: dict[str, datetime] = {}
    removed: Counts = Counts()
    interrupted: int = 0
    stopped_by_hold: bool = False


class RunOut(BaseModel):
    """A run with its receipt. `verifies` is false when anything of it was changed since."""

    number: int
    started_at: datetime
    finished_at: datetime
    started_by: str
    receipt: Receipt
    signature: str
    verifies: bool


class RunQuery(Schema):
    """A page of runs, newest first. `continuation_token` is the number to go on below."""

    limit: Annotated[int, Ge(1), Le(100)] = 20
    continuation_token: Annotated[int, Ge(0), Le(2**53)] = 0


class RunPage(BaseModel):
    """Runs, newest first."""

    items: list[RunOut]
    has_more: bool
    continuation_token: int | None = None
