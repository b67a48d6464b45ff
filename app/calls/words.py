"""How calls are named on pages: words, colours, icons."""

STATUS: dict[str, tuple[str, str, str]] = {
    "initiated": ("Starting", "info", "phone"),
    "ringing": ("Ringing", "info", "phone"),
    "in-progress": ("In progress", "info", "phone-call"),
    "completed": ("Completed", "ok", "circle-check"),
    "busy": ("Busy", "", "phone-missed"),
    "no-answer": ("No answer", "", "phone-missed"),
    "canceled": ("Cancelled", "", "x"),
    "failed": ("Failed", "danger", "octagon-alert"),
    "unknown": ("Unknown", "", "circle-help"),
}
REASONS: dict[str, tuple[str, str, str]] = {
    "transferred": ("Transferred", "warn", "phone-forwarded"),
    "forwarded": ("Forwarded", "warn", "phone-forwarded"),
    "warm_transfer_completed": ("Handed over", "warn", "phone-forwarded"),
    "escalated": ("Escalated", "warn", "headset"),
    "abandoned": ("Abandoned", "", "phone-missed"),
    "no_answer": ("No answer", "", "phone-missed"),
    "no_inbound_audio": ("Nothing heard", "", "phone-missed"),
    "voicemail": ("Voicemail", "", "voicemail"),
    "timeout": ("Timed out", "danger", "clock"),
    "error": ("Error", "danger", "octagon-alert"),
}
DIRECTIONS = {
    "inbound": ("Incoming", "phone-incoming"),
    "outbound": ("Outgoing", "phone-outgoing"),
    "playground": ("Playground", "flask-conical"),
    "simulated": ("Simulated", "flask-conical"),
    "test": ("Test", "flask-conical"),
}
CHANNELS = {"voice": "Voice", "sms": "Text message", "whatsapp": "WhatsApp", "web": "Web chat",
            "email": "E-mail"}  # fmt: skip
OUTCOMES = {
    "answered": "Answered",
    "transferred": "Transferred",
    "unanswered": "Unanswered",
    "running": "Going on",
    "ended": "Ended",
}
SPEAKERS = {
    "agent": ("Agent", "bot"),
    "caller": ("Caller", "user"),
    "operator": ("Operator", "headset"),
}


def outcome(status: str, reason: str | None) -> tuple[str, str, str]:
    """(words, colour, icon) of how a call went."""
    if status == "completed" and reason in REASONS:
        return REASONS[reason]
    return STATUS.get(status, STATUS["unknown"])
