"""The states of a context graph (domain 5.3): what each kind holds and where it leads."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le, Len, MaxLen
from pydantic import Discriminator, Tag, ValidationError, WrapValidator
from pydantic_core import InitErrorDetails, PydanticCustomError

from app.core.schema import Json, Matching, Schema
from app.core.wording import message

Name = Annotated[str, Len(1, 256)]
Text = Annotated[str, MaxLen(4000)]
Line = Annotated[str, Len(1, 2000)]
Lines = Annotated[list[Line], MaxLen(200)]
Ahead = Annotated[int, Ge(-1), Le(1000)]
Object = Annotated[dict[str, Json], MaxLen(100)]
KEY = "Begin with a letter; then letters, digits and _, at most 64."


class Exit(Schema):
    """A way out of a state."""

    description: Line
    next_state: Name
    filler_hint: Text | None = None


class Action(Schema):
    """Something to do in a state."""

    description: Line
    filler_hint: Text | None = None


class Guardrail(Schema):
    """What must not happen in a state."""

    name: Annotated[str, Len(1, 128)]
    description: Annotated[str, MaxLen(1000)] = ""
    enforcement: Literal["hard", "soft"] = "hard"


class EscalationConfig(Schema):
    """When a state hands over on its own."""

    auto_escalate_threshold: Annotated[float, Ge(0), Le(1)] | None = None
    topic_risk_score: Annotated[float, Ge(0), Le(1)] = 0
    max_loop_count: Annotated[int, Ge(1), Le(100)] = 3
    operator_skill: Annotated[str, MaxLen(64)] | None = None


class TurnPolicy(Schema):
    """How turns are taken in a state."""

    barge_in_enabled: bool = True
    greeting_shield_s: Annotated[float, Ge(0), Le(60)] = 0
    block_forward_call: bool = False
    block_forward_call_after_turns: Ahead = -1
    degradation_threshold: Ahead = -1
    context_strategy: Literal["full", "summarize", "compact"] = "full"
    safety_response: Literal["suspend_forward", "stay_empathize", "alert"] = "stay_empathize"
    stt_eager_eot_threshold: Annotated[float, Ge(0), Le(1)] | None = None
    stt_eot_threshold: Annotated[float, Ge(0), Le(1)] | None = None
    stt_eot_timeout_ms: Annotated[int, Ge(0), Le(60_000)] | None = None
    stt_keyterms: Annotated[list[Annotated[str, Len(1, 128)]], MaxLen(200)] | None = None


class ToolCall(Schema):
    """A tool that a state may use."""

    tool_id: Annotated[str, Len(1, 256)]
    additional_instruction: Text = ""
    result_persistence: Literal["accumulate", "override"] = "accumulate"
    navigate_on_completion: bool = False
    progress: Object | None = None
    audio_fillers: Annotated[list[Line], MaxLen(50)] | None = None


Tools = Annotated[list[ToolCall], MaxLen(50)]
Guardrails = Annotated[list[Guardrail], MaxLen(50)]
WaitFor = Literal["surface_submission", "human_approval"]


class _State(Schema):
    name: Name

    def exits(self) -> Iterator[tuple[str, str]]:
        """(next state, why) for each way out."""
        return iter(())


class ActionState(_State):
    """Talks with the caller."""

    type: Literal["action"]
    objective: Text = ""
    actions: Annotated[list[Action], MaxLen(100)] = []
    action_guidelines: Lines = []
    intra_state_navigation_guidelines: Lines = []
    boundary_constraints: Lines = []
    exit_conditions: Annotated[list[Exit], MaxLen(100)] = []
    action_tool_call_specs: Tools = []
    exit_condition_tool_call_specs: Tools = []
    guardrails: Guardrails = []
    escalation_config: EscalationConfig | None = None
    turn_policy: TurnPolicy | None = None
    surface_spec_template: Object | None = None
    wait_for: WaitFor | None = None
    channel_overrides: Object = {}

    def exits(self) -> Iterator[tuple[str, str]]:
        return ((way.next_state, way.description) for way in self.exit_conditions)


class DecisionState(_State):
    """Chooses the way without a word."""

    type: Literal["decision"]
    objective: Text = ""
    exit_conditions: Annotated[list[Exit], MaxLen(100)] = []
    decision_guidelines: Lines = []
    tool_call_specs: Tools = []
    guardrails: Guardrails = []
    turn_policy: TurnPolicy | None = None
    wait_for: WaitFor | None = None
    channel_overrides: Object = {}

    def exits(self) -> Iterator[tuple[str, str]]:
        return ((way.next_state, way.description) for way in self.exit_conditions)


class AnnotationState(_State):
    """A fixed thought, without a model."""

    type: Literal["annotation"]
    inner_thought: Text = ""
    next_state: Name

    def exits(self) -> Iterator[tuple[str, str]]:
        return iter([(self.next_state, "Always")])


class Collected(Schema):
    """A value to ask for."""

    key: Annotated[str, Matching(r"^[A-Za-z][A-Za-z0-9_]{0,63}$", KEY)]
    label: Annotated[str, Len(1, 256)]
    type: Annotated[str, Len(1, 64)] = "string"
    required: bool = True
    options: Annotated[list[Annotated[str, Len(1, 256)]], MaxLen(200)] | None = None
    validation: Object | None = None
    ask_prompt: Text | None = None
    fhir_path: Annotated[str, MaxLen(256)] | None = None


class DataCollectionState(_State):
    """Asks for values, one after the other."""

    type: Literal["data_collection"]
    objective: Text = ""
    fields: Annotated[list[Collected], Len(1, 100)]
    on_complete: Name
    max_turns: Annotated[int, Ge(1), Le(100)] = 10
    surface_fallback: bool = False
    surface_fallback_after_turns: Annotated[int, Ge(1), Le(100)] = 6
    guidelines: Lines = []
    constraints: Lines = []
    tools: Tools = []
    guardrails: Guardrails = []
    turn_policy: TurnPolicy | None = None

    def exits(self) -> Iterator[tuple[str, str]]:
        return iter([(self.on_complete, "When all is known")])


KINDS = {
    "action": "Talks with the caller",
    "decision": "Decides silently",
    "annotation": "Fixed thought",
    "data_collection": "Asks for details",
}


def _named(value: Any, handler: Any) -> Any:
    """Say in every message which state is meant: states are many, and JSON is long."""
    try:
        return handler(value)
    except ValidationError as error:
        name = value.get("name") if isinstance(value, dict) else None
        called = f"State “{str(name)[:80]}”" if name else "A state without a name"
        raise ValidationError.from_exception_data("state", [
            _line(called, dict(problem)) for problem in error.errors(include_url=False)
        ]) from None  # fmt: skip


def _line(called: str, problem: dict[str, Any]) -> InitErrorDetails:
    where = [part for part in problem["loc"] if part not in KINDS]
    place = " ".join(str(part + 1) if isinstance(part, int) else str(part) for part in where)
    said = f"{called}{', ' + place if place else ''}: {message(problem)}"
    return InitErrorDetails(
        type=PydanticCustomError("state", "{sentence}", {"sentence": said}), loc=tuple(where),
        input=None,
    )  # fmt: skip


def _kind(value: Any) -> str | None:
    return value.get("type") if isinstance(value, dict) else getattr(value, "type", None)


State = Annotated[
    Annotated[
        Annotated[ActionState, Tag("action")]
        | Annotated[DecisionState, Tag("decision")]
        | Annotated[AnnotationState, Tag("annotation")]
        | Annotated[DataCollectionState, Tag("data_collection")],
        Discriminator(
            _kind, custom_error_type="state_type",
            custom_error_message="Give it a type: action, decision, annotation or"
            " data_collection.",
        ),
    ],
    WrapValidator(_named),
]  # fmt: skip
"""Any state; `type` says which."""
