"""What the pages of retention show, made ready for the templates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.core import formats

from .schema import Counts, DryRun, RunOut

WORDS = {
    "records": ("Records of calls", "phone-call"),
    "transcripts": ("Transcripts", "scroll-text"),
    "notes": ("Notes on calls", "pencil"),
    "recordings": ("Recordings", "audio-lines"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One class of what goes."""

    name: str
    icon: str
    until: str
    """The day before which the call began."""
    count: str


def lines(
    counts: Counts, cut_offs: Mapping[str, datetime], zone: ZoneInfo, most: int = 0
) -> list[Line]:
    """A line for each class; `most` is where counting stopped."""
    found = []
    for kind, (name, icon) in WORDS.items():
        count = getattr(counts, kind)
        at = cut_offs.get("transcripts" if kind == "notes" else kind)
        words = f"{count:,} or more" if most and count >= most else f"{count:,}"
        found.append(Line(name, icon, formats.day_text(at.astimezone(zone)) if at else "", words))
    return found


def due(found: DryRun) -> list[Line]:
    """What would go now."""
    return lines(
        found.counts, found.cut_offs.model_dump(), ZoneInfo(found.time_zone), found.counted_to
    )


def gone(run: RunOut) -> list[Line]:
    """What a run removed."""
    told = run.receipt
    try:
        zone = ZoneInfo(told.time_zone)
    except (KeyError, ValueError):
        zone = ZoneInfo("UTC")  # a receipt that somebody changed
    return lines(told.removed, told.cut_offs, zone)


def summary(run: RunOut) -> str:
    """A run in one line."""
    told = [
        f"{count:,} {kind[:-1] if count == 1 else kind}"
        for kind, count in run.receipt.removed.model_dump().items()
        if count
    ]
    return ", ".join(told) or "Nothing had to go"
