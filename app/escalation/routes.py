"""The settings pages of escalation and of the workspace in general."""

from app.core.feature import Feature, Nav
from app.core.setting_pages import register

from .declaration import ESCALATION, GENERAL

feature = Feature(
    "escalation", __name__,
    nav=[
        Nav("Escalation", "phone-forwarded", "escalation.escalation", 44, "EscalationSettings.view", "Care"),
    ],
)  # fmt: skip

register(ESCALATION, feature)
register(GENERAL, feature)
