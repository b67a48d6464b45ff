"""Agents and their versions over HTTP."""

from app.core.collection_pages import register
from app.core.feature import Feature, Nav
from app.core.version_pages import VersionedFaces, VersionFaces

from .declaration import AGENT_VERSIONS, AGENTS

feature = Feature(
    "agents", __name__,
    nav=[Nav("Agents", "bot", "agents.index", 24, "Agent.view", "Answering")],
)  # fmt: skip


class AgentFaces(VersionedFaces):
    """The page of an agent lists its versions."""

    versions = AGENT_VERSIONS


register(AGENTS, feature, AgentFaces)
VersionFaces(AGENT_VERSIONS, feature)
