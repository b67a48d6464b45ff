"""What the page of live calls shows, made ready for the template."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from app.calls.words import DIRECTIONS, SPEAKERS, STATUS
from app.core import formats
from app.core.database import Row

QUIET = timedelta(hours=1)
"""After so long without a word a call was probably forgotten by the runtime that sent it."""
LONGEST_SAID = 240
ESCALATION = {
    "requested": ("Waiting for a person", "danger", "headset"),
    "connected": ("A person is on the call", "warn", "headset"),
    "handback": ("Back with the agent", "info", "bot"),
    "completed": ("A person has helped", "ok", "headset"),
}
CHANNELS = {"sms": "Text message", "whatsapp": "WhatsApp", "web": "Web chat", "email": "E-mail"}


@dataclass(frozen=True, slots=True)
class Said:
    """Words of a call: who, with their icon, and what."""

    who: str
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call that is going on; `quiet` says how long nothing came, when that is too long."""

    id: str
    caller: str
    outgoing: bool
    status: tuple[str, str, str]
    kind: tuple[str, str, str] | None
    started_at: datetime
    since: str
    lasted: str
    line: str
    service: str
    state: str
    escalation: tuple[str, str, str] | None
    said: list[Said]
    turns: int
    quiet: str


def _since(at: datetime, now: datetime, zone: tzinfo) -> str:
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    return f"{local:%H:%M}" if local.date() == today else formats.when_text(at, zone)


def _kind(direction: str, source: str, channel: str) -> tuple[str, str, str] | None:
    if channel in CHANNELS:
        return CHANNELS[channel], "", "mail"
    if direction in ("test", "simulated", "playground"):
        return DIRECTIONS[direction][0], "", "flask-conical"
    if source in ("simulated", "playground"):
        return source.capitalize(), "", "flask-conical"
    return None


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SAID else "…" + text[-LONGEST_SAID:].partition(" ")[2]


def _call(row: Row, now: datetime, zone: tzinfo) -> LiveCall:
    ident, _number, _sid, started_at, updated_at, status, direction, source, channel = row[:9]
    caller, line, _service_id, service, escalation, turns, state, said = row[9:]
    silent = now - updated_at
    return LiveCall(
        str(ident), formats.masked(caller), direction == "outbound", STATUS[status],
        _kind(direction, source, channel), started_at, _since(started_at, now, zone),
        formats.duration(max(0.0, (now - started_at).total_seconds())), formats.phone(line),
        service or "", (state or "").replace("_", " "), ESCALATION.get(escalation),
        [Said(*SPEAKERS[who], _short(text)) for _seq, who, text in said], turns,
        f"{silent // QUIET} h" if silent > QUIET else "",
    )  # fmt: skip


def calls(rows: Sequence[Row], zone: tzinfo) -> tuple[list[LiveCall], list[LiveCall]]:
    """The calls that are going on, newest first, and those that were probably forgotten."""
    now = datetime.now(UTC)
    made = [_call(row, now, zone) for row in rows]
    return [call for call in made if not call.quiet], [call for call in made if call.quiet]
