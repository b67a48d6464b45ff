"""The voice settings page, its JSON, and the preview."""

from flask import Response, request
from pydantic import ValidationError

from app.core.errors import Invalid
from app.core.feature import Feature, Nav
from app.core.identity import actor
from app.core.schema import plain
from app.core.setting_pages import register
from app.core.settings import Card, Settings, load

from .schema import UNSET, SpeakingVoice, Spoken
from .speech import speak

feature = Feature(
    "voice", __name__,
    nav=[Nav("Voice", "audio-lines", "voice.voice", 28, "VoiceSettings.view", "Answering")],
)  # fmt: skip

VOICE = Settings(
    "voice",
    SpeakingVoice,
    view="VoiceSettings.view",
    update="VoiceSettings.update",
    title="Voice",
    text="How the agent sounds and which words it must get right, unless a service says otherwise.",
    unset=UNSET,
    cards=(
        Card("Speaking voice", "Used on every call this workspace answers.",
             ("voice_id", "tone", "speed", "volume")),
        Card("Words to get right", "What the recogniser should expect, and how to say it.",
             ("keyterms", "pronunciation_dict_id", "correction_categories")),
        Card("Sensitive topics", "The agent slows down and takes care with these.",
             ("sensitive_topics",)),
        Card("Language and providers", "Who speaks, who listens, and in which language.",
             ("language", "tts_provider", "stt_provider", "language_providers", "tts_config")),
        Card("After the call", "What happens once the caller has hung up.",
             ("post_call_analysis_enabled", "transcript_correction_enabled")),
    ),
)  # fmt: skip

register(VOICE, feature, "voice/voice.html")


@feature.page("/settings/voice/preview.wav", permission="VoiceSettings.view")
def preview() -> Response:
    """A sentence in this machine's stand-in voice."""
    given = {name: text for name in Spoken.model_fields if (text := request.args.get(name))}
    try:
        spoken = Spoken.model_validate(given)
    except ValidationError as error:
        raise Invalid(plain(error.errors(include_url=False))) from None
    language = load(VOICE, actor().here.id).value.language
    sound = speak(spoken.text, spoken.speed, spoken.volume, language)
    return Response(sound, mimetype="audio/wav")
