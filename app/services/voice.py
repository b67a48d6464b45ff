"""How a service speaks (domain 3.2): null means what the layer above says."""

from typing import Annotated, Literal

from annotated_types import Len, MaxLen

from app.core.schema import UI, Between, Json, Schema
from app.core.settings import Card
from app.voice.schema import SPEAKERS, Language, LanguageProvider, Speaker

Phrase = Annotated[str, Len(1, 256)]
MODELS = {"sonic-turbo": "sonic-turbo, quickest", "sonic-3": "sonic-3, more expressive"}
FILLERS = {"backchannel": "Short sounds", "phrase": "Phrases", "silent": "Silence"}


GROUPS = (
    Card("Speech", "Who speaks, and how soon.",
         ("tts_model", "tts_provider", "max_buffer_delay_ms", "min_tts_speed", "tts_config",
          "language_providers")),
    Card("Taking turns", "When the agent takes the caller to be done.",
         ("eager_eot_threshold", "eot_timeout_ms", "post_eot_pause_ms", "barge_in_min_speech_s",
          "barge_in_cooldown_s")),
    Card("While the caller waits", "What they hear meanwhile.",
         ("filler_style", "filler_vocabulary", "filler_cooldown_ms", "backchannel_delay_ms",
          "progress_vocabulary", "progress_interval_ms", "transition_deadline_ms",
          "empathy_hold_ms")),
    Card("Answers", "How long they get, and what the agent may do.",
         ("max_response_sentences", "max_response_words", "forward_call_enabled")),
)  # fmt: skip


class VoiceConfig(Schema):
    """What a service sets differently from its workspace."""

    tts_model: Annotated[
        Literal["sonic-turbo", "sonic-3"] | None,
        UI("Speech model", "sonic-turbo starts after about 40 ms, sonic-3 after about 90 ms.",
           options=MODELS, blank="Inherit"),
    ] = None  # fmt: skip
    tts_provider: Annotated[
        Speaker | None, UI("Speech provider", options=SPEAKERS, blank="Inherit")
    ] = None
    max_buffer_delay_ms: Annotated[
        int | None, Between(200, 1000),
        UI("Text buffer", "Milliseconds of text gathered before speaking starts."),
    ] = None  # fmt: skip
    min_tts_speed: Annotated[
        float | None, Between(0.5, 2.0), UI("Slowest speed", "The agent never speaks slower.")
    ] = None
    eager_eot_threshold: Annotated[
        float | None, Between(0, 1),
        UI("Early end of turn", "How sure it must be, 0 to 1, that the caller is done."),
    ] = None  # fmt: skip
    eot_timeout_ms: Annotated[
        int | None, Between(0, 60_000), UI("End of turn after", "Milliseconds of silence.")
    ] = None
    post_eot_pause_ms: Annotated[
        int | None, Between(0, 10_000), UI("Pause before answering", "Milliseconds.")
    ] = None
    filler_style: Annotated[
        Literal["backchannel", "phrase", "silent"] | None,
        UI("While thinking", "What the caller hears meanwhile.", options=FILLERS, blank="Inherit"),
    ] = None  # fmt: skip
    filler_vocabulary: Annotated[
        list[Phrase] | None, MaxLen(100), UI("Filler words", "Used while thinking.")
    ] = None
    progress_vocabulary: Annotated[
        list[Phrase] | None, MaxLen(100), UI("Progress phrases", "Used while a tool works.")
    ] = None
    backchannel_delay_ms: Annotated[
        int | None, Between(0, 10_000), UI("First sound after", "Milliseconds.")
    ] = None
    filler_cooldown_ms: Annotated[
        int | None, Between(0, 60_000), UI("Between fillers", "Milliseconds at least.")
    ] = None
    empathy_hold_ms: Annotated[
        int | None, Between(0, 60_000), UI("Hold after bad news", "Milliseconds.")
    ] = None
    progress_interval_ms: Annotated[
        int | None, Between(0, 60_000), UI("Between progress phrases", "Milliseconds.")
    ] = None
    transition_deadline_ms: Annotated[
        int | None, Between(0, 60_000), UI("Longest change of state", "Milliseconds.")
    ] = None
    max_response_sentences: Annotated[
        int | None, Between(1, 50), UI("Longest answer, sentences")
    ] = None
    max_response_words: Annotated[int | None, Between(1, 1000), UI("Longest answer, words")] = None
    barge_in_min_speech_s: Annotated[
        float | None, Between(0, 10), UI("Interrupting takes", "Seconds of the caller’s speech.")
    ] = None
    barge_in_cooldown_s: Annotated[
        float | None, Between(0, 60), UI("Between interruptions", "Seconds at least.")
    ] = None
    forward_call_enabled: Annotated[
        bool | None,
        UI("May forward calls", "The agent may pass the caller to the number’s forwarding.",
           options={"true": "Yes", "false": "No"}, blank="Inherit"),
    ] = None  # fmt: skip
    tts_config: Annotated[
        dict[str, Json] | None, MaxLen(50),
        UI("Provider options", "Extra options as a JSON object."),
    ] = None  # fmt: skip
    language_providers: Annotated[
        dict[Language, LanguageProvider] | None, MaxLen(50),
        UI("Providers by language", key="Language", key_example="es-US"),
    ] = None  # fmt: skip
