"""Which voice value a call uses and where it comes from (domain 3.3)."""

from dataclasses import dataclass
from typing import Any

from app.agents.declaration import AGENT_VERSIONS
from app.core import versions
from app.core.identity import Actor
from app.core.settings import load
from app.voice.routes import VOICE
from app.voice.schema import UNSET

from .declaration import SERVICES
from .schema import RELEASE, ServiceIn
from .voice import VoiceConfig

HARD = {
    "tts_model": "sonic-turbo", "max_buffer_delay_ms": 500, "filler_style": "backchannel",
    "backchannel_delay_ms": 400, "forward_call_enabled": False,
}  # fmt: skip
"""What holds where no layer says anything, as far as it is published."""
LAYERS = (
    "The state’s turn policy", "The service", "The agent’s version", "The workspace’s voice settings",
    "The server",
)  # fmt: skip
SHARED = {"tts_provider", "tts_config", "language_providers"}


@dataclass(frozen=True, slots=True)
class Effective:
    """One value as calls use it."""

    label: str
    value: Any
    layer: str


def inherited(actor: Actor, service: ServiceIn) -> dict[str, tuple[Any, str]]:
    """Field -> (value, layer) of what holds when the service says nothing."""
    workspace = load(VOICE, actor.here.id).value
    agent = _agent_voice(actor, service)
    found: dict[str, tuple[Any, str]] = {}
    for name in VoiceConfig.model_fields:
        if name in SHARED and agent.get(name) is not None:
            found[name] = (agent[name], "the agent’s version")
        elif name in SHARED and getattr(workspace, name) is not None:
            found[name] = (getattr(workspace, name), "the workspace")
        elif name in HARD:
            found[name] = (HARD[name], "the default")
        else:
            found[name] = (None, "the server")
    return found


def _agent_voice(actor: Actor, service: ServiceIn) -> dict[str, Any]:
    release: Any = (service.version_sets or {}).get(RELEASE) or {}
    pinned = release.get("agent_version_number") if isinstance(release, dict) else None
    if pinned:
        version = versions.get(AGENT_VERSIONS, actor, service.agent_id, str(pinned))
    else:
        newest = versions.newest(AGENT_VERSIONS, actor, service.agent_id)
        if newest is None:
            return {}
        version = newest
    return dict(version.value.voice_config or {})


def voice_of(actor: Actor, service: ServiceIn) -> list[Effective]:
    """What a caller hears: the speaking voice of the agent's version or the workspace."""
    workspace = load(VOICE, actor.here.id).value
    agent = _agent_voice(actor, service)
    voice = agent.get("voice_id") or workspace.voice_id
    origin = "the agent’s version" if agent.get("voice_id") else "the workspace"
    found = [Effective("Voice ID", voice or UNSET["voice_id"], origin if voice else "the server")]
    for name in ("tone", "speed", "volume", "language"):
        value = getattr(workspace, name)
        found.append(Effective(
            VOICE.specs[name].ui.label, UNSET[name] if value is None else value,
            "the default" if value is None else "the workspace",
        ))  # fmt: skip
    own, shared = list(service.keyterms), list(workspace.keyterms)
    terms = list(dict.fromkeys([*own, *shared]))
    if terms:
        words = ", ".join(terms[:20]) + (f" and {len(terms) - 20} more" if len(terms) > 20 else "")
        found.append(
            Effective("Key terms", words, f"{len(own)} of the service, then the workspace")
        )
    return found


__all__ = ["LAYERS", "SERVICES", "Effective", "inherited", "voice_of"]
