"""How a workspace is shown to its staff."""

from typing import Annotated, Literal

from annotated_types import MaxLen, MinLen

from app.core import database
from app.core.identity import Actor
from app.core.schema import UI, Schema
from app.core.settings import Card, Settings

from .schema import Rename

COLORS = {
    "teal": "Teal", "blue": "Blue", "violet": "Violet", "pink": "Pink", "red": "Red",
    "orange": "Orange", "green": "Green", "slate": "Slate",
}  # fmt: skip
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
