"""The sentences of a graph's states, for a form: what a person edits without touching JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SENTENCES = {"objective": "What it is for", "inner_thought": "Thought"}
LISTS = {
    "action_guidelines": "Guidelines",
    "decision_guidelines": "Guidelines",
    "guidelines": "Guidelines",
    "boundary_constraints": "Limits",
    "constraints": "Limits",
    "intra_state_navigation_guidelines": "Staying or moving on",
}
BY_KIND = {
    "action": ("objective", "action_guidelines", "boundary_constraints",
               "intra_state_navigation_guidelines"),
    "decision": ("objective", "decision_guidelines"),
    "annotation": ("inner_thought",),
    "data_collection": ("objective", "guidelines", "constraints"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Box:
    """One text box: its name in the form, its label and its text."""

    name: str
    label: str
    text: str
    many: bool


@dataclass(frozen=True, slots=True)
class StateTexts:
    """The boxes of one state."""

    name: str
    kind: str
    boxes: list[Box]


def _text(value: Any) -> str:
    return "\n".join(str(item) for item in value) if isinstance(value, list) else str(value or "")


def fields_of(states: Any, entered: Mapping[str, str]) -> list[StateTexts]:
    """Every state's boxes, with what was entered where something was."""
    found = []
    for number, state in enumerate(states or []):
        boxes = [
            Box(name := f"s{number}-{field}", (SENTENCES | LISTS)[field],
                entered.get(name, _text(state.get(field))), field in LISTS)
            for field in BY_KIND[state["type"]]
        ]  # fmt: skip
        found.append(StateTexts(state["name"], state["type"], boxes))
    return found


def merged(states: Any, entered: Mapping[str, str]) -> list[Any]:
    """The states with the sentences of the form in them."""
    found = []
    for number, state in enumerate(states or []):
        new = dict(state)
        for field in BY_KIND[state["type"]]:
            text = entered.get(f"s{number}-{field}")
            if text is not None:
                lines = [line.strip() for line in text.splitlines() if line.strip()]
                new[field] = lines if field in LISTS else text.strip()
        found.append(new)
    return found
