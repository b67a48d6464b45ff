"""Safety policies (domain 8.2–8.5): every field, its bounds, default and words."""

from typing import Annotated, Literal, Self

from annotated_types import Len, MaxLen
from pydantic import BaseModel, model_validator

from app.core.schema import UI, Between, Schema, at

OPERATORS = {
    "clinical": "Clinical",
    "administrative": "Administrative",
    "crisis_counselor": "Crisis counselor",
}
LEVELS = "1 is a mild concern, 2 a moderate one, 3 a grave one."


class SafetyConfig(Schema):
    """How each turn is graded from 0 (nothing) to 3 (grave), and what follows."""

    triage_enabled: Annotated[
        bool, UI("Grade every turn", "Off: nothing below has any effect.")
    ] = True
    triage_model: Annotated[
        str, Len(1, 128), UI("Model", "Which model grades the turns.", widget="mono")
    ] = "gemini-2.5-flash"
    triage_timeout_s: Annotated[
        float, Between(0.1, 60),
        UI("Longest grading, seconds",
           "A turn that takes longer keeps the grade of the one before, never 0."),
    ] = 3.0  # fmt: skip
    triage_max_history_turns: Annotated[
        int, Between(1, 100), UI("Turns of context", "How much of the call the model sees.")
    ] = 10
    accumulation_enabled: Annotated[
        bool, UI("Add up mild concerns", "Several mild turns together raise an alert.")
    ] = True
    accumulation_window_size: Annotated[
        int, Between(1, 50), UI("Turns looked back", "Mild turns within so many turns add up.")
    ] = 5
    accumulation_cumulative_count: Annotated[
        int, Between(1, 50), UI("Mild turns for an alert", "At most the turns looked back.")
    ] = 3
    accumulation_mild_threshold: Annotated[
        int, Between(1, 3), UI("Counts as mild from grade", LEVELS)
    ] = 1
    accumulation_single_turn_threshold: Annotated[
        int, Between(1, 3),
        UI("The agent takes care from grade", "One such turn changes how the agent goes on."),
    ] = 2  # fmt: skip
    accumulation_fast_track_level: Annotated[
        int, Between(1, 3),
        UI("Straight to an operator from grade", "One such turn hands the call over at once."),
    ] = 3  # fmt: skip

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.accumulation_mild_threshold > self.accumulation_single_turn_threshold:
            raise at("accumulation_mild_threshold",
                     "This must not be above the grade from which the agent takes care.")  # fmt: skip
        if self.accumulation_single_turn_threshold > self.accumulation_fast_track_level:
            raise at("accumulation_single_turn_threshold",
                     "This must not be above the grade that goes straight to an operator.")  # fmt: skip
        if self.accumulation_cumulative_count > self.accumulation_window_size:
            raise at("accumulation_cumulative_count",
                     "This must not be more than the turns looked back.")  # fmt: skip
        return self


class ConceptAgent(Schema):
    """Who judges a turn that is near the concept but not near enough."""

    model: Annotated[str, Len(1, 128), UI("Model", widget="mono")] = "gemini-2.5-flash"
    system_prompt: Annotated[
        str | None, MaxLen(10_000), UI("Instructions", "What it should look for.")
    ] = None
    timeout_s: Annotated[float, Between(0.1, 60), UI("Longest judgement, seconds")] = 3.0
    action_space: Annotated[
        list[Annotated[str, Len(1, 64)]], MaxLen(20), UI("Possible verdicts", "Such as escalate.")
    ] = []  # fmt: skip


class ConceptEscalation(Schema):
    """What happens when a concept fires."""

    immediate: Annotated[bool, UI("At once", "Without waiting for the end of the sentence.")] = True
    operator_type: Annotated[
        Literal["clinical", "administrative", "crisis_counselor"],
        UI("To which operator", options=OPERATORS),
    ] = "crisis_counselor"  # fmt: skip
    reason: Annotated[str, MaxLen(2000), UI("Reason", "What the operator reads first.")] = ""
    regulatory_basis: Annotated[str, MaxLen(2000), UI("Regulatory basis")] = ""


class ConceptIn(Schema):
    """A topic that is listened for by its meaning."""

    name: Annotated[str, Len(1, 256), UI("Name", "As reports and operators see it.")]
    description: Annotated[
        str, Len(1, 2000),
        UI("Description", "What is listened for, in plain sentences: turns are compared with it."),
    ]  # fmt: skip
    threshold: Annotated[
        float, Between(0, 1), UI("Looked at from", "0 to 1. Below it nothing happens.")
    ] = 0.4
    standalone_threshold: Annotated[
        float, Between(0, 1), UI("Fires at once from", "0 to 1. One turn this near is enough.")
    ] = 0.85
    agent_config: Annotated[ConceptAgent, UI("Judging the turns between")] = ConceptAgent()
    escalation: Annotated[ConceptEscalation, UI("When it fires")] = ConceptEscalation()
    tags: Annotated[list[Annotated[str, Len(1, 64)]], MaxLen(50), UI("Tags")] = []

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.threshold > self.standalone_threshold:
            raise at("threshold", "This must not be above the figure at which it fires at once.")
        return self


class Apply(Schema):
    """How to apply a template."""

    override_existing: bool = False


class RuleOut(BaseModel):
    """A rule of a template."""

    name: str
    description: str
    triage_hints: list[str]
    threshold: float
    standalone_threshold: float
    agent_config: dict[str, object]
    escalation: dict[str, object]
    tags: list[str]


class TemplateOut(BaseModel):
    """A regulation template."""

    id: str
    name: str
    regulation: str
    description: str
    category: str
    version: str
    rules: list[RuleOut]
    is_composite: bool
    template_ids: list[str]


class Applied(BaseModel):
    """What applying a template did, by concept name."""

    created_concepts: list[str]
    skipped: list[str]
