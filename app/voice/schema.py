"""Voice settings of a workspace (domain 3.1): every field, its bounds, default and words."""

from typing import Annotated, Literal

from annotated_types import Len, MaxLen

from app.core.schema import UI, Between, Json, Matching, Schema

TONES = (
    "calm", "sympathetic", "enthusiastic", "content", "curious", "cheerful", "serious", "friendly",
)  # fmt: skip
SPEAKERS = {"cartesia": "Cartesia", "elevenlabs": "ElevenLabs", "groq": "Groq"}
LISTENERS = {"deepgram": "Deepgram", "openai": "OpenAI", "cartesia": "Cartesia"}
Speaker = Literal["cartesia", "elevenlabs", "groq"]
Listener = Literal["deepgram", "openai", "cartesia"]
Term = Annotated[str, Len(1, 128)]
Language = Annotated[
    str, MaxLen(32),
    Matching(r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", "Enter a language code such as en or es-US."),
]  # fmt: skip

UNSET = {
    "voice_id": "The provider’s own voice",
    "tone": "Neutral",
    "speed": "1×, the provider’s own pace",
    "volume": "1×, full",
    "language": "en",
    "pronunciation_dict_id": "None",
    "tts_provider": "Chosen by the server",
    "stt_provider": "Chosen by the server",
    "tts_config": "The provider’s own options",
    "language_providers": "The same provider for every language",
    "keyterms": "None",
    "sensitive_topics": "None",
    "correction_categories": "None",
}
"""What a call does where nothing is set: the hard defaults below every layer."""

SPEED, VOLUME = 1.0, 1.0


class LanguageProvider(Schema):
    """Who speaks one language."""

    provider: Annotated[Speaker, UI("Provider", options=SPEAKERS)]
    config: Annotated[dict[str, Json], MaxLen(50), UI("Options (JSON)")] = {}


class SpeakingVoice(Schema):
    """How the agent sounds, and which words it must get right, when no service says otherwise."""

    voice_id: Annotated[
        str | None, MaxLen(128),
        UI("Voice ID", "Copy it from your voice provider.", widget="mono"),
    ] = None  # fmt: skip
    tone: Annotated[
        str | None, MaxLen(2000),
        UI("Tone", "The starting point; the agent still adapts to the caller’s mood.",
           widget="text", suggestions=TONES),
    ] = None  # fmt: skip
    speed: Annotated[
        float | None, Between(0.5, 2.0, 0.05),
        UI("Speed", "0.5× is half as fast, 2× twice as fast.", unit="×", widget="range"),
    ] = None  # fmt: skip
    volume: Annotated[
        float | None, Between(0.0, 1.0, 0.05),
        UI("Volume", "0 is silent, 1 is full.", unit="×", widget="range"),
    ] = None  # fmt: skip
    language: Annotated[
        Language,
        UI("Language", "The agent answers in this language first: a code such as en or es-US.",
           suggestions=("en", "en-US", "es", "es-US", "fr", "vi", "zh")),
    ] = "en"  # fmt: skip
    keyterms: Annotated[
        list[Term], MaxLen(200),
        UI("Key terms", "Names, drugs and other words the recogniser should expect."),
    ] = []  # fmt: skip
    pronunciation_dict_id: Annotated[
        str | None, MaxLen(128),
        UI("Pronunciation dictionary", "Its id at your voice provider.", widget="mono"),
    ] = None  # fmt: skip
    sensitive_topics: Annotated[
        list[Term], MaxLen(50), UI("Sensitive topics", "What the agent treats with extra care."),
    ] = []  # fmt: skip
    correction_categories: Annotated[
        list[Term], MaxLen(50),
        UI("Correction categories",
           "Kinds of things that are often misheard, such as medication names; not single words."),
    ] = []  # fmt: skip
    post_call_analysis_enabled: Annotated[
        bool, UI("Score every call", "Each call is analysed after it ends."),
    ] = True  # fmt: skip
    transcript_correction_enabled: Annotated[
        bool,
        UI("Correct transcripts", "Calls are transcribed again afterwards with a better model."),
    ] = True  # fmt: skip
    tts_provider: Annotated[
        Speaker | None,
        UI("Speech provider", "Who turns text into speech.", options=SPEAKERS,
           blank="Default: chosen by the server"),
    ] = None  # fmt: skip
    stt_provider: Annotated[
        Listener | None,
        UI("Recognition provider", "Who turns speech into text.", options=LISTENERS,
           blank="Default: chosen by the server"),
    ] = None  # fmt: skip
    tts_config: Annotated[
        dict[str, Json] | None, MaxLen(50),
        UI("Provider options", "Extra options for the speech provider, as a JSON object."),
    ] = None  # fmt: skip
    language_providers: Annotated[
        dict[Language, LanguageProvider] | None, MaxLen(50),
        UI("Providers by language", "Languages that another provider speaks better.",
           key="Language", key_example="es-US"),
    ] = None  # fmt: skip


class Spoken(Schema):
    """A preview: the text, and how to say it."""

    text: Annotated[str, Len(1, 300), UI("Sentence", widget="textarea")] = (
        "Good morning, thank you for calling the clinic. How can I help you?"
    )
    speed: Annotated[float, Between(0.5, 2.0), UI("Speed", unit="×", widget="number")] = SPEED
    volume: Annotated[float, Between(0.0, 1.0), UI("Volume", unit="×", widget="number")] = VOLUME
