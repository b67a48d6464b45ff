"""Calls and turns as rows with names, and what can be told from them alone."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

WORDS_A_SECOND = 2.5
"""How fast people speak: the guess for a turn whose end was not told."""


class Call(NamedTuple):
    """One stored call, in the order of `queries.find`."""

    id: uuid.UUID
    call_sid: str
    direction: str
    status: str
    started_at: datetime
    duration_seconds: float | None
    turn_count: int
    caller_id: str | None
    phone_number: str | None
    service_id: uuid.UUID | None
    quality_score: float | None
    final_state: str | None
    completion_reason: str | None
    escalation_status: str
    has_recording: bool
    source: str
    channel_kind: str
    run_id: str | None
    parent_session_id: str | None
    fork_turn_index: int | None
    number: int
    ended_at: datetime | None
    service_name: str | None
    configuration: dict[str, Any]
    error: str | None
    created_at: datetime
    transcript_removed_at: datetime | None

    @property
    def spoken(self) -> bool:
        """Whether people spoke, rather than wrote."""
        return self.channel_kind == "voice"

    @property
    def measured(self) -> bool:
        """Whether its times say how it went: those of a call logged by hand are guesses."""
        return self.spoken and "logged_by" not in self.configuration


class Turn(NamedTuple):
    """One stored turn, in the order of `queries.turns`."""

    seq: int
    role: str
    text: str
    started_s: float
    ended_s: float | None
    engine_ms: float | None
    nav_ms: float | None
    render_ms: float | None
    ttfb_ms: float | None
    state: str | None
    interrupted: bool
    response_ms: float | None
    tool_calls: list[dict[str, Any]] | None
    details: dict[str, Any] | None

    @property
    def number(self) -> int:
        """Counted from 1, as pages name it."""
        return self.seq + 1


def in_time(turns: Sequence[Turn]) -> list[Turn]:
    """The turns by when they began: a runtime may have sent them in another order."""
    return sorted(turns, key=lambda turn: (turn.started_s, turn.seq))


def ordered(turns: Sequence[Turn]) -> bool:
    """Whether the turns were sent in the order in which they began."""
    return all(a.started_s <= b.started_s for a, b in pairwise(turns))


def ends(turns: Sequence[Turn]) -> list[float]:
    """When each of the turns (by time) ended, in seconds from the start of the call.

    Where it was not told: as long as the words take, but not past the beginning of the next.
    """
    found = []
    for place, turn in enumerate(turns):
        if turn.ended_s is not None:
            found.append(turn.ended_s)
            continue
        guess = turn.started_s + (turn.text.count(" ") + 1) / WORDS_A_SECOND
        follows = turns[place + 1].started_s if place + 1 < len(turns) else guess
        found.append(min(guess, follows) if follows > turn.started_s else guess)
    return found
