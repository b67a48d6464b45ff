"""A stored graph as a drawing and as a list in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .drawing import draw
from .figures import Drawing, Edge, Node
from .states import KINDS

MARKS = {
    "new": "new_user_initial_state",
    "returning": "returning_user_initial_state",
    "terminal": "terminal_state",
}
SAID = {"new": "Start, new caller", "returning": "Start, known caller", "terminal": "End"}


@dataclass(frozen=True, slots=True)
class Told:
    """One state in words."""

    name: str
    kind: str
    marks: list[str]
    text: str
    exits: list[tuple[str, str, int | None]]
    """(next state, why, its place in the list)."""


def states(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The states of a stored graph."""
    return content.get("states") or []


def exits(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(next state, why) of a stored state."""
    for way in state.get("exit_conditions") or ():
        yield way["next_state"], way["description"]
    if state.get("next_state"):
        yield state["next_state"], "Always"
    if state.get("on_complete"):
        yield state["on_complete"], "When all is known"


def _marks(content: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(mark for mark, field in MARKS.items() if content.get(field) == name)


def picture(content: Mapping[str, Any]) -> Drawing:
    """The drawing of a stored graph."""
    nodes = [Node(s["name"], s["type"], _marks(content, s["name"])) for s in states(content)]
    edges = [Edge(s["name"], to, why) for s in states(content) for to, why in exits(s)]
    return draw(nodes, edges)


def listed(content: Mapping[str, Any]) -> list[Told]:
    """Every state in words, in the order they are stored."""
    place = {state["name"]: n for n, state in enumerate(states(content))}
    return [
        Told(
            state["name"], KINDS[state["type"]], [SAID[m] for m in _marks(content, state["name"])],
            state.get("objective") or state.get("inner_thought") or "",
            [(to, why, place.get(to)) for to, why in exits(state)],
        )
        for state in states(content)
    ]  # fmt: skip


def state_changes(before: list[Any], after: list[Any]) -> list[tuple[str, str, str]]:
    """(state, before, after) for each state that came, went or changed."""
    was = {state["name"]: state for state in before}
    now = {state["name"]: state for state in after}
    found = []
    for name in dict.fromkeys([*now, *was]):
        if was.get(name) != now.get(name):
            found.append((f"State “{name}”", *_both(was.get(name), now.get(name))))
    return found


def _both(was: dict[str, Any] | None, now: dict[str, Any] | None) -> tuple[str, str]:
    if was is None:
        return "Not there", "New"
    if now is None:
        return "There", "Removed"
    names = [name for name in {**was, **now} if was.get(name) != now.get(name)]
    return _told(was, names), _told(now, names)


def _told(state: Mapping[str, Any], names: list[str]) -> str:
    parts = []
    for name in names:
        value = state.get(name)
        if name == "exit_conditions":
            value = "; ".join(f"{to} ({why})" for to, why in exits(state))
        elif isinstance(value, list):
            value = "; ".join(str(item) for item in value)
        parts.append(f"{name.replace('_', ' ')}: {value if value not in (None, '') else 'none'}")
    return ". ".join(parts)
