"""Services (domain 5.1): every field, its bounds, default and words."""

import uuid
from typing import Annotated, Literal

from annotated_types import Ge, Le, Len, MaxLen
from pydantic import field_validator
from pydantic_core import PydanticCustomError

from app.core.schema import UI, Between, Json, Matching, Schema

from .voice import VoiceConfig

EDGE, RELEASE = "edge", "release"
CHANNELS = {"voice": "Voice", "text": "Text", "scribe": "Scribe"}
PLACES = {"sandbox": "Sandbox", "production": "Production"}
THEN = {"operator": "Hand over to an operator", "forward": "Forward the call",
        "hangup": "End the call"}  # fmt: skip
SET_NAME = "Use small letters, digits, - and _, at most 63."
SetName = Annotated[str, Matching(r"^[a-z0-9][a-z0-9_-]{0,62}$", SET_NAME)]
VersionNumber = Annotated[int, Ge(1), Le(2**31 - 1)]


class Tag(Schema):
    """A word to find services by."""

    key: Annotated[str, Len(1, 128), UI("Tag")]
    value: Annotated[str | None, MaxLen(256), UI("Value", placeholder="optional")] = None


class Reaction(Schema):
    """What happens on one trigger."""

    type: Annotated[Literal["operator", "forward", "hangup"], UI("Then", options=THEN)] = "operator"


class EscalationPolicy(Schema):
    """What happens when a call should not go on as it does."""

    conversation_monitor: Annotated[Reaction, UI("The conversation monitor is worried")] = (
        Reaction()
    )
    risk_scorer: Annotated[Reaction, UI("The risk score is high")] = Reaction()
    context_window_exhaustion: Annotated[
        Reaction, UI("The conversation is too long for the agent")
    ] = Reaction()


class Preference(Schema):
    """Which model fills a slot."""

    llm_name: Annotated[str, Len(1, 128), UI("Model")]
    params: Annotated[dict[str, Json], MaxLen(50), UI("Options (JSON)")] = {}


class VersionSet(Schema):
    """Which versions a service runs; null is the newest."""

    agent_version_number: Annotated[
        VersionNumber | None, UI("Agent version", "Empty means the newest.")
    ] = None
    context_graph_version_number: Annotated[
        VersionNumber | None, UI("Graph version", "Empty means the newest.")
    ] = None
    llm_model_preferences: Annotated[
        dict[Annotated[str, Len(1, 64)], Preference], MaxLen(20),
        UI("Models", "Which model does which work.", key="Slot", key_example="engage"),
    ] = {}  # fmt: skip


class VersionSetIn(Schema):
    """The body of a version set's PUT."""

    version_set: VersionSet


class ServiceIn(Schema):
    """What answers: an agent that follows a context graph."""

    name: Annotated[str, Len(1, 256), UI("Name", "As staff know it, such as Front desk.")]
    description: Annotated[str, MaxLen(2000), UI("Description", "What it is for.")] = ""
    agent_id: Annotated[uuid.UUID, UI("Agent", "Who speaks.")]
    context_graph_id: Annotated[uuid.UUID, UI("Context graph", "How the conversation goes.")]
    is_active: Annotated[bool, UI("Answers calls", "Off: numbers that lead here stay silent.")] = (
        True
    )
    is_system: bool = False
    channel_type: Annotated[
        Literal["voice", "text", "scribe"], UI("Channel", "How people reach it.", options=CHANNELS)
    ] = "voice"
    environment: Annotated[
        Literal["sandbox", "production"],
        UI("Runs in", "Apart from the workspace’s own environment.", options=PLACES),
    ] = "production"  # fmt: skip
    tags: Annotated[list[Tag], MaxLen(50), UI("Tags", "To find and group services.")] = []
    keyterms: Annotated[
        list[Annotated[str, Len(1, 128)]], MaxLen(500),
        UI("Key terms", "Words to expect, before those of the workspace."),
    ] = []  # fmt: skip
    tool_capacity: Annotated[
        int, Between(1, 10), UI("Tools at once", "How many may work in parallel.")
    ] = 3
    safety_filters_enabled: Annotated[
        bool, UI("Safety monitoring", "Off: the safety policies leave its calls alone.")
    ] = True
    escalation_policy: Annotated[
        EscalationPolicy, UI("When a call should not go on", "For each reason, what happens.")
    ] = EscalationPolicy()
    version_sets: Annotated[dict[SetName, VersionSet], MaxLen(50), UI("Version sets")] = {}
    voice_config: Annotated[VoiceConfig | None, UI("Voice")] = None

    @field_validator("version_sets")
    @classmethod
    def _edge_is_fixed(cls, given: dict[str, VersionSet]) -> dict[str, VersionSet]:
        if given.get(EDGE, VersionSet()) != VersionSet():
            raise PydanticCustomError(
                "edge", "The set “edge” always means the newest versions; it cannot be changed."
            )
        return {name: item for name, item in given.items() if name != EDGE}
