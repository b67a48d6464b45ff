"""The turns of a call as list items. Up to 5,000 of them, so plain formatted strings."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from html import escape
from typing import Any

from markupsafe import Markup

from app.core import formats
from app.core.kit import icon

from .around import Usual
from .stored import Call, Turn
from .words import SPEAKERS

MOST_BYTES = 1_900_000
"""Of one page; a longer transcript is shown in parts."""
LONG = 400
"""From so many turns on a browser draws no icon for each."""
MOST_JSON = 20_000


def seconds(milliseconds: float) -> str:
    """4210 as "4.2 s"."""
    return f"{milliseconds / 1000:.1f} s"


def plain(name: str) -> str:
    """A name of the runtime as words."""
    return name.replace("_", " ")


@dataclass(frozen=True)
class Look:
    """What all turns of a page share."""

    started_at: datetime
    zone: tzinfo
    spoken: bool
    usual: Usual
    long: bool = False

    @classmethod
    def of(cls, call: Call, zone: tzinfo, usual: Usual) -> "Look":
        return cls(call.started_at, zone, call.spoken, usual, call.turn_count > LONG)

    @cached_property
    def who(self) -> dict[str, str]:
        """Speaker -> icon and name."""
        return {
            role: name if self.long else f"{icon(shape)}{name}"
            for role, (name, shape) in SPEAKERS.items()
        }

    @cached_property
    def marks(self) -> dict[str, str]:
        return {name: str(icon(name)) for name in ("octagon-alert", "timer", "hammer", "ban")}

    def time(self, turn: Turn) -> str:
        """Since the beginning of a call; the time of day where people wrote."""
        at = (self.started_at + timedelta(seconds=turn.started_s)).astimezone(self.zone)
        if not self.spoken:
            return f'<time datetime="{at:%H:%M:%S}">{at:%H:%M}</time>'
        return f'<time datetime="{at:%H:%M:%S}" title="{at:%H:%M:%S}">{formats.clock(turn.started_s)}</time>'


def _json(value: Any) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if len(text) > MOST_JSON:
        text = f"{text[:MOST_JSON]}\n… cut here; the whole is in the JSON of the call."
    return f'<pre dir="ltr">{escape(text)}</pre>'


def _tool(tool: dict[str, Any], look: Look) -> str:
    """One tool, folded: what it was asked and what it answered."""
    failed = not tool.get("succeeded", True)
    lasted = tool.get("duration_ms")
    shape = look.marks["octagon-alert" if failed else "hammer"]
    words = "Tool failed: " if failed else "Tool: "
    out = [
        f'<details class="did{" failed" if failed else ""}"><summary>{shape}{words}<bdi>'
        f"{escape(tool['tool_name'])}</bdi>{f', {seconds(lasted)}' if lasted is not None else ''}"
        "</summary>"
    ]
    if tool.get("error_message"):
        out.append(f'<p class="wrong">{escape(tool["error_message"])}</p>')
    for title, name in (("Asked with", "input"), ("Answered", "output")):
        if tool.get(name) is not None:
            out.append(f"<p>{title}</p>{_json(tool[name])}")
    where = [tool[n] for n in ("integration_name", "endpoint_name") if tool.get(n)]
    if where:
        out.append(f"<p>Through <bdi>{escape(', '.join(where))}</bdi></p>")
    return "".join([*out, "</details>"])


def _count(number: int, one: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {one}s"


def _step(step: dict[str, Any]) -> str:
    begun = escape(plain(step.get("from_state") or "the beginning"))
    note = f", {escape(step['annotation'])}" if step.get("annotation") else ""
    return f"<li>From <bdi>{begun}</bdi> to <bdi>{escape(plain(step['to_state']))}</bdi>{note}</li>"


def _facts(told: dict[str, Any]) -> list[str]:
    """The smaller things a runtime tells, in words."""
    found = [
        f"{words} {escape(plain(str(told[name])))}"
        for name, words in (("agent_action", "Did:"), ("trigger", "Set off by:"),
                            ("filler_type", "Filler:"), ("emotion_label", "Sounded"))
        if told.get(name)
    ]  # fmt: skip
    if told.get("emotion_valence") is not None:
        found.append(f"Mood {told['emotion_valence']:+.1f} of −1 to +1")
    for name, words in (("stt_confidence", "Words heard"), ("eot_confidence", "End of turn heard")):
        if told.get(name) is not None:
            found.append(f"{words} with {told[name]:.0%} confidence")
    return found


def _behind(told: dict[str, Any]) -> str:
    """Thoughts, steps and the rest, folded."""
    thoughts, steps = told.get("inner_thoughts") or [], told.get("state_transitions") or []
    facts = _facts(told)
    names = [_count(len(own), one) for own, one in ((thoughts, "thought"), (steps, "step")) if own]
    summary = ", ".join(names) or "More about this turn"
    items = [f"<li>{escape(thought)}</li>" for thought in thoughts]
    items += [_step(step) for step in steps] + [f"<li>{fact}</li>" for fact in facts]
    return f'<details class="did"><summary>{summary}</summary><ul>{"".join(items)}</ul></details>'


def _waited(turn: Turn, look: Look) -> str:
    """How long the caller waited for this answer, compared with what is usual here."""
    if turn.role != "agent" or turn.response_ms is None:
        return ""
    if look.usual.median is not None and look.usual.slow(turn.response_ms):
        return (
            f'<p class="flag medium">{look.marks["timer"]}<span>slow: {seconds(turn.response_ms)},'
            f" usually {seconds(look.usual.median)}</span></p>"
        )
    return f'<p class="waited">answered in {seconds(turn.response_ms)}</p>'


def item(turn: Turn, state: str | None, look: Look) -> str:
    """One turn, with the state the agent was in where it is another than `state`."""
    mark = ""
    if turn.state and turn.state != state:
        mark = f'<li class="mark"><span>State: <bdi>{escape(plain(turn.state))}</bdi></span></li>'
    cut = f'<span class="cut">{look.marks["ban"]}interrupted</span>' if turn.interrupted else ""
    words = f"<p>{escape(turn.text)}</p>" if turn.text else '<p class="muted">No words</p>'
    tools = "".join(_tool(tool, look) for tool in turn.tool_calls or ())
    behind = _behind(turn.details) if turn.details else ""
    return (
        f'{mark}<li class="turn {turn.role}" id="turn-{turn.seq + 1}" data-s="{turn.started_s:g}">'
        f'<p class="who"><span>{look.who[turn.role]}</span>{look.time(turn)}{cut}</p>'
        f'<div class="bubble" dir="auto">{words}</div>{_waited(turn, look)}{tools}{behind}</li>'
    )


@dataclass(frozen=True, slots=True)
class Part:
    """The turns that one page shows; `earlier` and `later` are turns where other parts begin.

    `given` is the filter in which the call was found, which other parts keep.
    """

    items: Markup
    first: int
    last: int
    earlier: int | None = None
    later: int | None = None
    given: str = ""

    def href(self, turn: int) -> Markup:
        """The link to a turn: within the page, or to the part that holds it."""
        if self.first <= turn <= self.last:
            return Markup(f"#turn-{turn}")
        before = f"{escape(self.given)}&amp;" if self.given else ""
        return Markup(f"?{before}turn={turn}#turn-{turn}")


def _cut(turns: Sequence[Turn], start: int, look: Look) -> tuple[list[str], int]:
    """The items from a place on until a page is full, and the place after them."""
    out, size, place = [], 0, start
    state = turns[start - 1].state if start else None
    while place < len(turns) and size < MOST_BYTES:
        turn = turns[place]
        out.append(item(turn, state, look))
        size += len(out[-1])
        state = turn.state or state
        place += 1
    return out, place


def part(turns: Sequence[Turn], look: Look, wanted: int = 1, given: str = "") -> Part:
    """The part of the transcript that holds the turn `wanted` (from 1); mostly that is all."""
    start, before = 0, None
    while True:
        out, end = _cut(turns, start, look)
        if end >= len(turns) or wanted <= end:
            later = end + 1 if end < len(turns) else None
            return Part(Markup("".join(out)), start + 1, end, before, later, given)
        start, before = end, start + 1


def grown(turns: Sequence[Turn], since: int, look: Look) -> Markup:
    """The turns after the first `since`, of a call that goes on."""
    state = turns[since - 1].state if 0 < since <= len(turns) else None
    out = []
    for turn in turns[since:]:
        out.append(item(turn, state, look))
        state = turn.state or state
    return Markup("".join(out))
