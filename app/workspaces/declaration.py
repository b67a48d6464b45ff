"""How a workspace is shown to its staff, and how long it keeps what."""

from typing import Annotated, Literal

from annotated_types import MaxLen, MinLen

from app.core import database
from app.core.identity import Actor
from app.core.schema import UI, Between, Schema
from app.core.settings import Card, Settings

from .schema import Rename

COLORS = {
    "teal": "Teal", "blue": "Blue", "violet": "Violet", "pink": "Pink", "red": "Red",
    "orange": "Orange", "green": "Green", "slate": "Slate",
}  # fmt: skip
SIX_YEARS = 2190
_SHOW = """
update workspace set shown_name = %(name)s, mark_color = %(color)s where id = %(workspace_id)s
"""


class Branding(Schema):
    """How staff see the workspace."""

    display_name: Annotated[
        str | None, MinLen(1), MaxLen(120),
        UI("Name shown to staff", "In the menu and on every page. Callers never hear it."),
    ] = None  # fmt: skip
    mark_color: Annotated[
        Literal["teal", "blue", "violet", "pink", "red", "orange", "green", "slate"],
        UI("Colour of the mark", "The square with the initials.", options=COLORS),
    ] = "teal"  # fmt: skip


Days = Annotated[int, Between(365, 36_500)]


class Retention(Schema):
    """How long records are kept, in days. Legal hold keeps everything."""

    call_recordings_days: Annotated[Days, UI("Call recordings", unit=" days")] = SIX_YEARS
    call_transcripts_days: Annotated[Days, UI("Call transcripts", unit=" days")] = SIX_YEARS
    audit_log_days: Annotated[Days, UI("Audit log", unit=" days")] = SIX_YEARS
    world_events_days: Annotated[Days, UI("Events of the world model", unit=" days")] = SIX_YEARS
    phi_data_days: Annotated[Days, UI("Other health data", unit=" days")] = SIX_YEARS
    legal_hold: Annotated[bool, UI("Legal hold", "Nothing is removed, whatever stands above.")] = (
        False
    )
    legal_hold_reason: Annotated[
        str | None, MaxLen(2000), UI("Reason for the hold", "Who asked for it, and why.")
    ] = None


def _show(actor: Actor, value: Branding) -> None:
    database.execute(_SHOW, {
        "workspace_id": actor.here.id, "name": value.display_name, "color": value.mark_color,
    })  # fmt: skip


BRANDING = Settings(
    "branding", Branding, view="BrandingSettings.view", update="BrandingSettings.update",
    title="Branding", text="How staff see this workspace.",
    unset={"display_name": "The workspace’s name"},
    cards=(Card("Appearance", "For staff only.", ("display_name", "mark_color")),),
    saved=_show,
)  # fmt: skip
WORKSPACE = Settings(
    "workspace", Rename, view="Workspace.view", update="Workspace.update", title="Workspace",
)  # fmt: skip
"""The words of the workspace's own fields; they are kept in its row."""
RETENTION = Settings(
    "retention", Retention, view="RetentionSettings.view", update="RetentionSettings.update",
    title="Retention", text="How long records are kept. Ward stores these figures; nothing is "
    "removed yet.",
    unset={"legal_hold_reason": "None"},
    cards=(
        Card("Days to keep", "From 365 to 36,500 days. Six years (2,190 days) is what HIPAA asks.",
             ("call_recordings_days", "call_transcripts_days", "audit_log_days",
              "world_events_days", "phi_data_days")),
        Card("Legal hold", "While it is on, it comes before every figure above.",
             ("legal_hold", "legal_hold_reason")),
    ),
)  # fmt: skip
