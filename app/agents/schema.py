"""Agents and their versions (domain 5.2): every field, its bounds, default and words."""

from typing import Annotated

from annotated_types import Len, MaxLen

from app.core.schema import UI, Between, Json, Schema
from app.voice.schema import SPEAKERS, Language, LanguageProvider, Speaker

Line = Annotated[str, Len(1, 2000)]
ONE_A_LINE = "One a line."


class AgentIn(Schema):
    """Who speaks: a name for all its versions."""

    name: Annotated[str, Len(1, 256), UI("Name", "As this workspace calls the agent.")]
    description: Annotated[
        str, MaxLen(2000), UI("Description", "What it is for, in a sentence or two.")
    ] = ""


class Relationship(Schema):
    """How the agent stands to the organisation that made it."""

    ownership: Annotated[str, MaxLen(256), UI("Ownership", "Such as: owned by the clinic.")] = ""
    type: Annotated[str, MaxLen(256), UI("Kind", "Such as: assistant.")] = ""
    conversation_visibility: Annotated[
        str, MaxLen(256), UI("Who sees conversations", "Such as: clinic staff.")
    ] = ""
    thought_visibility: Annotated[
        str, MaxLen(256), UI("Who sees its thoughts", "Such as: nobody.")
    ] = ""


class Identity(Schema):
    """What the agent says it is."""

    name: Annotated[str, Len(1, 256), UI("Name it goes by", "How it introduces itself.")]
    role: Annotated[str, Len(1, 256), UI("Role", "Such as: receptionist.")]
    developed_by: Annotated[str, Len(1, 256), UI("Made by", "Whom it names when asked.")]
    default_spoken_language: Annotated[
        Language, UI("First language", "A code such as en or es-US.")
    ]
    relationship_to_developer: Annotated[
        Relationship, UI("Relation to its maker", "All optional.")
    ] = Relationship()


class AgentVoice(Schema):
    """The voice of one version, used where the service names none."""

    voice_id: Annotated[str, Len(1, 128), UI("Voice ID", "From your voice provider.")]
    stability: Annotated[float, Between(0, 1), UI("Stability", "0 to 1.")] = 0
    similarity_boost: Annotated[float, Between(0, 1), UI("Similarity", "0 to 1.")] = 0
    style: Annotated[float, Between(0, 1), UI("Style", "0 to 1.")] = 0
    tts_provider: Annotated[
        Speaker | None, UI("Speech provider", options=SPEAKERS, blank="As the workspace")
    ] = None
    tts_config: Annotated[
        dict[str, Json] | None, MaxLen(50),
        UI("Provider options", "Extra options as a JSON object."),
    ] = None  # fmt: skip
    language_providers: Annotated[
        dict[Language, LanguageProvider] | None, MaxLen(50),
        UI("Providers by language", key="Language", key_example="es-US"),
    ] = None  # fmt: skip


class AgentVersionIn(Schema):
    """What the agent is from this version on. It does not change any more."""

    name: Annotated[
        str, Len(1, 256), UI("Version name", "What is new in it, such as Winter hours.")
    ]
    initials: Annotated[str, MaxLen(10), UI("Initials", "For small places.")] = ""
    identity: Annotated[Identity, UI("Identity")]
    background: Annotated[
        str, MaxLen(10_000),
        UI("Background", "What it knows about the clinic and itself.", tall=True),
    ] = ""  # fmt: skip
    behaviors: Annotated[
        list[Line], MaxLen(200),
        UI("Behaviors", f"What it does and never does. {ONE_A_LINE}", widget="lines", tall=True),
    ] = []  # fmt: skip
    communication_patterns: Annotated[
        list[Line], MaxLen(200),
        UI("Ways of speaking", f"How it says things. {ONE_A_LINE}", widget="lines"),
    ] = []  # fmt: skip
    voice_config: Annotated[
        AgentVoice | None,
        UI("Voice", "Leave the voice ID empty to use the workspace’s voice."),
    ] = None  # fmt: skip
