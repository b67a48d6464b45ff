"""How long a workspace keeps what, as settings."""

from typing import Annotated

from annotated_types import MaxLen

from app.core.schema import UI, Between, Schema
from app.core.settings import Card, Settings

SIX_YEARS = 2190
Days = Annotated[int, Between(365, 36_500)]
STORED = "Stored, for your own procedures. Ward removes none of it."


class Retention(Schema):
    """How long records are kept, in days from the start of a call. Legal hold keeps everything."""

    call_recordings_days: Annotated[
        Days, UI("Recordings", "The sound of a call, with its waveform.", unit=" days")
    ] = SIX_YEARS
    call_transcripts_days: Annotated[
        Days,
        UI("Transcripts and notes", "What was said, its words in the search, and the notes on the"
           " call. The record of the call and its figures stay.", unit=" days"),
    ] = SIX_YEARS  # fmt: skip
    phi_data_days: Annotated[
        Days,
        UI("Records of calls", "The whole record of a call and everything that belongs to it, also"
           " what would stay longer by itself. It leaves the figures too.", unit=" days"),
    ] = SIX_YEARS  # fmt: skip
    audit_log_days: Annotated[Days, UI("Audit log", STORED, unit=" days")] = SIX_YEARS
    world_events_days: Annotated[
        Days,
        UI("Events of the world model", f"{STORED} Only the events of a call go, with its record.",
           unit=" days"),
    ] = SIX_YEARS  # fmt: skip
    legal_hold: Annotated[bool, UI("Legal hold", "Nothing is removed, whatever stands above.")] = (
        False
    )
    legal_hold_reason: Annotated[
        str | None, MaxLen(2000), UI("Reason for the hold", "Who asked for it, and why.")
    ] = None


RETENTION = Settings(
    "retention", Retention, view="RetentionSettings.view", update="RetentionSettings.update",
    title="Retention", text="How long calls are kept. Every night Ward removes what has passed its"
    " age, for good, and writes a receipt.",
    done="Saved. It holds from the next removal on.",
    unset={"legal_hold_reason": "None"},
    cards=(
        Card("Removed every night",
             "Days from the start of a call, from 365 to 36,500. Six years (2,190 days) is what"
             " HIPAA asks.",
             ("call_recordings_days", "call_transcripts_days", "phi_data_days")),
        Card("Stored only", "Figures that Ward keeps and acts on in no way.",
             ("audit_log_days", "world_events_days")),
        Card("Legal hold", "While it is on, it comes before every figure above.",
             ("legal_hold", "legal_hold_reason")),
    ),
)  # fmt: skip
