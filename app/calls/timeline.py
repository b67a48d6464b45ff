"""The course of a call as segments in lanes, worked out from its turns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .stored import Turn, ends, in_time

SILENCE_S = 2.0
"""A shorter pause is how people talk."""
LANES = ("caller", "agent", "operator", "tool", "system")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one lane, in seconds from the start of the call.

    `end` is what was told or follows from what was told, else None; `until` is never missing,
    at worst a guess to draw by. `turn` counts from 1.
    """

    lane: str
    kind: str
    start: float
    end: float | None
    until: float
    turn: int | None = None
    label: str = ""

    def out(self) -> dict[str, Any]:
        """As the JSON shows it."""
        return {
            "lane": self.lane, "type": self.kind, "start_s": self.start, "end_s": self.end,
            "turn_index": None if self.turn is None else self.turn - 1, "label": self.label or None,
        }  # fmt: skip


def _speech(turn: Turn, until: float) -> Segment:
    filler = (turn.details or {}).get("filler_type")
    kind = f"filler_{filler}" if filler else f"{turn.role}_speech"
    if turn.interrupted:
        kind = "interrupted_speech"
    return Segment(turn.role, kind, turn.started_s, turn.ended_s, until, turn.number)


def _tools(turn: Turn) -> Iterator[Segment]:
    """A tool stands where it was told to have begun, else where its turn began."""
    for tool in turn.tool_calls or ():
        start, lasted = tool.get("started_s"), tool.get("duration_ms")
        begins = turn.started_s if start is None else start
        end = None if start is None or lasted is None else round(start + lasted / 1000, 3)
        until = begins + (lasted or 0) / 1000
        yield Segment("tool", "tool_call", begins, end, until, turn.number, tool["tool_name"])


def _steps(turns: Sequence[Turn]) -> Iterator[Segment]:
    """Where the agent went from one state into the next."""
    state = None
    for turn in turns:
        told = (turn.details or {}).get("state_transitions") or ()
        reached = [step["to_state"] for step in told]
        if not reached and turn.state and turn.state != state:
            reached = [turn.state]
        state = turn.state or state
        for name in reached:
            at = turn.started_s
            yield Segment("system", "state_transition", at, at, at, turn.number, name)


def _pauses(turns: Sequence[Turn], stops: Sequence[float], length: float) -> Iterator[Segment]:
    """Where nobody spoke, and where a caller began before the other had ended."""
    reached, speaking = 0.0, None
    for turn, stop in zip(turns, stops, strict=True):
        at = turn.started_s
        if at > reached:
            waits = speaking is not None and (speaking.role, turn.role) == ("caller", "agent")
            if waits or at - reached >= SILENCE_S:
                kind = "processing_gap" if waits else "silence"
                yield Segment("system", kind, reached, at, at)
        elif turn.role == "caller" and speaking is not None and speaking.role != "caller":
            over = min(reached, stop)
            if over > at and speaking.ended_s is not None:
                yield Segment("caller", "barge_in", at, over, over, turn.number)
        if stop >= reached:
            reached, speaking = stop, turn
    if turns and length - reached >= SILENCE_S:
        yield Segment("system", "silence", reached, length, length)


def segments(turns: Sequence[Turn], length: float | None) -> list[Segment]:
    """Every stretch of a call of `length` seconds (None: not known), by when it began."""
    timed = in_time(turns)
    stops = ends(timed)
    found = [_speech(turn, stop) for turn, stop in zip(timed, stops, strict=True)]
    for turn in timed:
        found += _tools(turn)
    found += _steps(timed)
    found += _pauses(timed, stops, length or 0.0)
    return sorted(found, key=lambda one: (one.start, LANES.index(one.lane), one.turn or 0))
