"""Turns of a call: what was said, by whom, and what the agent did meanwhile."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel, Field, model_validator

from app.core.schema import Inner, Schema

Speaker = Literal["caller", "agent", "operator"]
MOST_TURNS = 5000
Short = Annotated[str, MinLen(1), MaxLen(256)]
Words = Annotated[str, MaxLen(2000)]
LONGEST_S = 864_000
"""Ten days: people write to each other for longer than they speak."""
Seconds = Annotated[float, Ge(0), Le(LONGEST_S)]
Milliseconds = Annotated[float, Ge(0), Le(3_600_000)]
Share = Annotated[float, Ge(0), Le(1)]


class ToolCall(Inner):
    """A tool that the agent used during a turn; `started_s` counts from the start of the call."""

    tool_name: Short
    input: Any = None
    output: Any = None
    succeeded: bool = True
    started_s: Seconds | None = None
    duration_ms: Milliseconds | None = None
    error_message: Words | None = None
    integration_name: Short | None = None
    endpoint_name: Short | None = None


class Transition(Inner):
    """A step of the agent from one state of its graph to the next."""

    from_state: Short | None = None
    to_state: Short
    annotation: Words | None = None


class Details(Inner):
    """What a runtime may tell of a turn beyond its words."""

    agent_action: Words | None = None
    state_transitions: Annotated[list[Transition], MaxLen(50)] = Field(default_factory=list)
    inner_thoughts: Annotated[list[Words], MaxLen(50)] = Field(default_factory=list)
    trigger: Short | None = None
    filler_type: Short | None = None
    emotion_label: Short | None = None
    emotion_valence: Annotated[float, Ge(-1), Le(1)] | None = None
    stt_confidence: Share | None = None
    eot_confidence: Share | None = None


class TurnIn(Details):
    """One turn; times are seconds from the start of the call."""

    speaker_role: Speaker
    text: Annotated[str, MaxLen(20_000)]
    started_s: Seconds
    ended_s: Seconds | None = None
    engine_ms: Milliseconds | None = None
    nav_ms: Milliseconds | None = None
    render_ms: Milliseconds | None = None
    ttfb_ms: Milliseconds | None = None
    state: Short | None = None
    interrupted: bool = False
    tool_calls: Annotated[list[ToolCall], MaxLen(50)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.ended_s is not None and self.ended_s < self.started_s:
            raise ValueError("ended_s is before started_s.")
        return self

    def details(self) -> dict[str, Any] | None:
        """What was told beyond the words, or None."""
        if not self.model_fields_set & Details.model_fields.keys():
            return None
        told = self.model_dump(include=set(Details.model_fields), exclude_defaults=True)
        return told or None


class TurnsIn(Schema):
    """More turns of a running call. `turn_index` (from 0) makes a repeat harmless."""

    turns: Annotated[list[TurnIn], MinLen(1), MaxLen(MOST_TURNS)]
    turn_index: Annotated[int, Ge(0)] | None = None


class TurnOut(BaseModel):
    """A turn, with the caller's and the agent's words in their own fields as well.

    `response_ms` is how long the caller waited for this answer of the agent: `ttfb_ms` where the
    runtime sent it, else the time since the caller's last word.
    """

    turn_index: int
    timestamp: datetime
    speaker_role: str
    text: str
    user_transcript: str | None
    agent_transcript: str | None
    started_s: float
    ended_s: float | None
    engine_ms: float | None
    nav_ms: float | None
    render_ms: float | None
    ttfb_ms: float | None
    response_ms: float | None
    state: str | None
    interrupted: bool
    tool_calls: list[dict[str, Any]]
    agent_action: str | None = None
    state_transitions: list[dict[str, Any]] = []
    inner_thoughts: list[str] = []
    trigger: str | None = None
    filler_type: str | None = None
    emotion_label: str | None = None
    emotion_valence: float | None = None
    stt_confidence: float | None = None
    eot_confidence: float | None = None


def answer_times(turns: Sequence[TurnIn], before: TurnIn | None = None) -> list[float | None]:
    """How long the caller waited for each turn, in ms; None where the agent did not answer.

    `before` is the turn that stands in front of the first.
    """
    found: list[float | None] = []
    for turn in turns:
        waited = turn.ttfb_ms if turn.speaker_role == "agent" else None
        asked = before is not None and before.speaker_role == "caller" and before.ended_s
        if waited is None and turn.speaker_role == "agent" and asked:
            gap = round((turn.started_s - float(asked)) * 1000, 3)
            waited = gap if 0 <= gap <= 3_600_000 else None
        found.append(waited)
        before = turn
    return found
