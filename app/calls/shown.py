"""The page of a call: read as it is stored each time, and drawn once for what that shows."""

import uuid
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from app.audit.looks import Look
from app.core.database import Row
from app.core.drawn import Part, drawn, told
from app.recordings import actions as recordings
from app.recordings.queries import Recording
from app.recordings.queries import of_call as recording_of
from app.resolution.callers import Callers, callers

from . import around, page, queries, used
from .filters import CallFilter
from .schema import RUNNING
from .stored import Call, Turn


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of a call and around it, `beside` it in the list that was `asked` for.

    `wanted` is the turn that a very long transcript should show.
    """

    call: Call
    turns: list[Row]
    zone: ZoneInfo
    asked: CallFilter
    wanted: int
    beside: tuple[uuid.UUID | None, uuid.UUID | None]
    near: around.Around
    used: tuple[used.Used, ...]
    recording: Recording | None
    callers: Callers

    @property
    def given(self) -> str:
        """The filter as a query string."""
        return self.asked.url("").removeprefix("?")

    @property
    def key(self) -> Hashable:
        """Stands for all of it."""
        heard = self.recording and tuple(self.recording)
        return told(tuple(self.call), self.turns, self.zone.key, self.given, self.wanted,
                    self.beside, self.near, self.used, heard, self.callers)  # fmt: skip


def read(place: uuid.UUID, row: Row, zone: ZoneInfo, asked: CallFilter, wanted: int) -> Stored:
    """Everything about the call of a row of `queries.find`."""
    call = Call._make(row)
    return Stored(
        call, queries.turns(place, call.id), zone, asked, wanted,
        queries.neighbours(place, asked, row), around.of(place, call, zone),
        used.used(place, call), recording_of(place, call.id) if call.has_recording else None,
        callers(place, call.caller_id),
    )  # fmt: skip


def body(stored: Stored, panel: Part, looks: Part) -> Part:
    """Everything below the menu. What goes on is not kept, nor words and numbers that were asked.

    The review panel and who looked at the call differ from look to look.
    """
    keep = stored.call.status not in RUNNING and not stored.asked.says_whom
    later = {"panel": panel, "looks": looks}
    return drawn("calls/body.html", stored.key, lambda: _values(stored), keep, later)


def looked(call_id: uuid.UUID, looks: Sequence[Look], zone: ZoneInfo) -> Part:
    """Who looked at the call before."""
    more = len(looks) > page.SHOWN_LOOKS
    shown = {"ident": call_id, "looks": bool(looks), "more_looks": more}
    later = {"looks": page.who_looked(looks, zone)}
    return drawn("calls/looked.html", tuple(shown.values()), lambda: shown, later=later)


def _values(stored: Stored) -> dict[str, Any]:
    call, (before, after) = stored.call, stored.beside
    turns = [Turn._make(row) for row in stored.turns]
    view = page.of(call, turns, stored.zone, stored.near, stored.used, stored.wanted,
                   stored.given, stored.recording)  # fmt: skip
    return {
        "call": call, "before": before, "after": after, "given": stored.asked.query(),
        "view": view, "callers": stored.callers, "most": recordings.MOST_BYTES,
    }  # fmt: skip
