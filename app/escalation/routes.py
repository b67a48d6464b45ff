"""The settings pages of escalation and of the workspace in general."""

from app.core.feature import Feature, Nav
from app.core.setting_pages import register

from .declaration import ESCALATION, GENERAL

feature = Feature(
    "escalation", __name__,
    nav=[
        Nav("Escalation", "phone-forwarded", "escalation.escalation", order=42,
            permission="EscalationSettings.view"),
        Nav("General", "sliders-horizontal", "escalation.general", order=85,
            permission="GeneralSettings.view"),
    ],
)  # fmt: skip

register(ESCALATION, feature)
register(GENERAL, feature)
