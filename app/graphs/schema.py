"""Context graphs and their versions (domain 5.3), and what makes a graph sound."""

from collections.abc import Iterator
from typing import Annotated, Self

import orjson
from annotated_types import Len, MaxLen
from pydantic import model_validator

from app.core.schema import UI, Schema, at

from .states import Line, Name, State

LARGEST = 1_000_000
TOLD = 6
ONE_A_LINE = "One a line."


class GraphIn(Schema):
    """How conversations go: a name for all its versions."""

    name: Annotated[str, Len(1, 256), UI("Name", "As this workspace calls the graph.")]
    description: Annotated[
        str, MaxLen(2000), UI("Description", "Which conversations it is for.")
    ] = ""


class GraphVersionIn(Schema):
    """The states and their rules from this version on. It does not change any more."""

    description: Annotated[
        str, MaxLen(10_000), UI("Description", "What is new in this version.")
    ] = ""
    new_user_initial_state: Annotated[
        Name, UI("First state, new caller", "Where the agent begins with somebody unknown.")
    ]
    returning_user_initial_state: Annotated[
        Name, UI("First state, known caller", "Where it begins with somebody who called before.")
    ]
    terminal_state: Annotated[Name, UI("Last state", "Where every conversation ends.")]
    topology_description: Annotated[
        str | None, MaxLen(10_000), UI("How the states hang together", "In words, for the model.")
    ] = None  # fmt: skip
    global_action_guidelines: Annotated[
        list[Line], MaxLen(200),
        UI("Guidelines everywhere", f"What holds in every state. {ONE_A_LINE}", widget="lines"),
    ] = []  # fmt: skip
    global_boundary_constraints: Annotated[
        list[Line], MaxLen(200),
        UI("Limits everywhere", f"What the agent never does. {ONE_A_LINE}", widget="lines"),
    ] = []  # fmt: skip
    global_intra_state_navigation_guidelines: Annotated[
        list[Line], MaxLen(200),
        UI("Staying or moving on", f"How it judges that a state is done. {ONE_A_LINE}",
           widget="lines"),
    ] = []  # fmt: skip
    states: Annotated[
        list[State], Len(1, 500),
        UI("States", "As a JSON list. Each has a name, a type and its ways out.", widget="json",
           tall=True),
    ]  # fmt: skip

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if len(orjson.dumps(self.model_dump(mode="json"))) > LARGEST:
            raise at("states", "This graph is larger than 1 MB. Shorten its texts.")
        found = list(faults(self))
        if found:
            more = f" And {len(found) - TOLD} more." if len(found) > TOLD else ""
            raise at("states", " ".join(found[:TOLD]) + more)
        return self


def _reached(start: str, ways: dict[str, list[str]]) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        for target in ways.get(waiting.pop(), ()):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def faults(graph: GraphVersionIn) -> Iterator[str]:
    """What keeps the graph from working, each naming the state."""
    names = [state.name for state in graph.states]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"Two states are called “{name}”."
    known = set(names)
    ends = (("First state, new caller", graph.new_user_initial_state),
            ("First state, known caller", graph.returning_user_initial_state),
            ("Last state", graph.terminal_state))  # fmt: skip
    missing = [(label, name) for label, name in ends if name not in known]
    for label, name in missing:
        yield f"{label}: there is no state “{name}”."
    ways = {state.name: [target for target, _ in state.exits()] for state in graph.states}
    for name, targets in ways.items():
        for target in dict.fromkeys(targets):
            if target not in known:
                yield f"State “{name}” leads to “{target}”, which does not exist."
    if missing:
        return
    for label, start in ends[:2]:
        if graph.terminal_state not in _reached(start, ways):
            yield f"{label} “{start}”: no way leads from it to the last state “{graph.terminal_state}”."
