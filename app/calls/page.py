"""What the page of one call shows, made ready for the template."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from app.audit.looks import Look
from app.core import formats
from app.core.addresses import url_for
from app.core.database import Row
from app.core.kit import badge
from app.recordings.player import Moment, Player, player
from app.recordings.queries import Recording

from . import around, transcript, used
from .answers import Answers, answers
from .lanes import Drawing, drawing
from .schema import RUNNING
from .stored import Call, Turn, ordered
from .timeline import segments
from .transcript import Look as Style
from .transcript import Part, part, seconds
from .words import CHANNELS, DIRECTIONS, outcome

LOOKED = {
    "call.read": "opened it", "call.live": "saw it live", "call.reveal": "had the number shown",
    "recording.play": "played the recording", "call.export": "exported it",
    "recording.read": "read what is known of the recording",
}  # fmt: skip
"""What counts as looking at a call, in words."""
SHOWN_LOOKS = 10
ABBREVIATIONS = {"llm", "stt", "tts", "asr", "id", "url"}


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the page of a call shows; times in its zone."""

    call: Call
    what: str
    name: str
    zone: ZoneInfo
    outcome: tuple[str, str, str]
    direction: str
    channel: str
    running: bool
    turns: int
    part: Part
    odd: bool
    drawing: Drawing | None
    answers: Answers | None
    slowest: str
    used: tuple[used.Used, ...]
    told: tuple[tuple[str, str], ...]
    before: Markup
    after: Markup
    player: Player | None

    @property
    def ending(self) -> str | None:
        """The last digits of the caller's number, which the masked one shows as well."""
        return self.call.caller_id[-4:] if self.call.caller_id else None


def _label(name: str) -> str:
    first, *more = [
        word.upper() if word in ABBREVIATIONS else word for word in name.lower().split("_")
    ]
    return " ".join((first[:1].upper() + first[1:], *more))


def _told(configuration: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """What else the call tells of its configuration."""
    return tuple(
        (_label(name), ("Yes" if value else "No") if isinstance(value, bool) else str(value))
        for name, value in configuration.items()
        if name not in used.KEYS and isinstance(value, str | int | float)
    )


def _near(found: Sequence[around.Other], zone: ZoneInfo) -> Markup:
    """Other calls, as list items."""
    return Markup("".join(
        f'<li><a href="{url_for("calls.show", ident=one.id)}">{formats.when(one.started_at, zone)}</a>'
        f"{badge(*outcome(one.status, one.completion_reason))}"
        f'<span class="muted sm">{formats.duration(one.duration_seconds)}</span></li>'
        for one in found
    ))  # fmt: skip


def _moments(turns: Sequence[Turn], usual: around.Usual) -> list[Moment]:
    """Where it is worth to listen: who was interrupted, and which answers were slow."""
    return [
        Moment(turn.started_s, turn.number, "cut" if turn.interrupted else "slow")
        for turn in turns
        if turn.interrupted or (turn.response_ms is not None and usual.slow(turn.response_ms))
    ]


def what(call: Call) -> str:
    """What it is."""
    return "Call" if call.spoken else "Conversation"


def name(call: Call) -> str:
    """What it is, and with whom; the number masked."""
    nobody = "an unknown number" if call.spoken else "somebody unknown"
    whom = formats.masked(call.caller_id) if call.caller_id else nobody
    whose = ("to" if call.direction == "outbound" else "from") if call.spoken else "with"
    return f"{what(call)} {whose} {whom}"


def of(
    call: Call, turns: Sequence[Turn], zone: ZoneInfo, near: around.Around,
    known: tuple[used.Used, ...], wanted: int, given: str, recording: Recording | None,
) -> Page:  # fmt: skip
    """The page of a call with its turns; of a long transcript the part with the turn `wanted`."""
    parts = segments(turns, call.duration_seconds) if call.measured else []
    shown = part(turns, Style.of(call, zone, near.usual), wanted, given)
    found = answers(turns, near.usual, shown.href)
    return Page(
        call=call, what=what(call), name=name(call), zone=zone,
        outcome=outcome(call.status, call.completion_reason),
        direction=DIRECTIONS[call.direction][0], channel=CHANNELS[call.channel_kind],
        running=call.status in RUNNING, turns=len(turns),
        part=shown, odd=not ordered(turns), answers=found,
        drawing=drawing(parts, call.duration_seconds, shown.href) if parts else None,
        slowest=seconds(found.slowest.waited) if found else "",
        used=known, told=_told(call.configuration),
        before=_near(near.before, zone), after=_near(near.after, zone),
        player=player(recording, _moments(turns, near.usual), shown.href) if recording else None,
    )  # fmt: skip


def grown(
    workspace_id: uuid.UUID, call: Call, rows: Sequence[Row], zone: ZoneInfo, since: int
) -> Markup:
    """The turns of a running call after the first `since`."""
    usual = around.of(workspace_id, call, zone).usual
    return transcript.grown([Turn._make(row) for row in rows], since, Style.of(call, zone, usual))


def who_looked(looks: Sequence[Look], zone: ZoneInfo) -> Markup:
    """Who looked at the call, as list items: once a person and what they did."""
    return Markup("".join(
        f"<li><span><bdi>{escape(look.actor_label)}</bdi> {LOOKED[look.action]}"
        f"{f' {look.times:,} times, last' if look.times > 1 else ''}</span> "
        f"{_moment(look.last_at, zone)}</li>"
        for look in looks[:SHOWN_LOOKS]
    ))  # fmt: skip


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f'<span class="muted sm">{formats.when(at, zone)}</span>'
