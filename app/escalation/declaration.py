"""Escalation rules and what holds for the whole workspace, as settings."""

from app.core import jobs
from app.core.identity import Actor
from app.core.settings import Card, Settings

from .schema import DAYS, TRIGGERS, Escalation, General


def _recount(actor: Actor, _value: General) -> None:
    """Days of the figures are those of the time zone."""
    jobs.defer("calls.recount", actor.here.id)


GENERAL = Settings(
    "general", General, view="GeneralSettings.view", update="GeneralSettings.update",
    title="General", text="What holds for the whole workspace.",
    unset={"time_zone": "UTC"},
    cards=(Card("Time", "When it is day here.", ("time_zone",)),),
    saved=_recount,
)  # fmt: skip
ESCALATION = Settings(
    "escalation", Escalation, view="EscalationSettings.view", update="EscalationSettings.update",
    title="Escalation", text="To whom a call is handed over, when, and what happens otherwise.",
    unset={"fallback_number": "None"},
    cards=(
        Card("Who takes what", "The type of operator for each reason.", tuple(TRIGGERS)),
        Card("Operating hours", "In the workspace’s time zone, which stands under General.", DAYS),
        Card("When nobody can", "What happens to the caller then.",
             ("longest_wait_seconds", "fallback_number")),
    ),
)  # fmt: skip
