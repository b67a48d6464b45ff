"""The collection of agents, and their versions."""

from app.core.collection import Collection, Derived
from app.core.settings import Card
from app.core.versions import Versions, latest_number

from .schema import AgentIn, AgentVersionIn

AGENTS = Collection(
    table="agent",
    path="agents",
    schema=AgentIn,
    permission="Agent",
    one="Agent",
    many="Agents",
    text="Who speaks with callers: identity, background and manners, version by version.",
    icon="bot",
    columns=("latest_version", "description"),
    search=("name", "description"),
    cards=(Card("Agent", "Its name stays the same for all versions.", ("name", "description")),),
    empty="A service needs an agent: give it a name, then say who it is in its first version.",
    unique={"uq_agent_workspace_id_name": ("name", "An agent with this name exists already.")},
    derived={
        "latest_version": Derived(int, "Latest version", latest_number("agent_version", "agent_id"))
    },
    method="PUT",
    null_keeps=True,
    extra="versions/list.html",
)
AGENT_VERSIONS = Versions(
    of=AGENTS,
    table="agent_version",
    parent="agent_id",
    schema=AgentVersionIn,
    cards=(
        Card("This version", "What sets it apart from the one before.", ("name", "initials")),
        Card("Identity", "Who the agent says it is.", ("identity",)),
        Card("Manner", "What it knows and how it behaves.",
             ("background", "behaviors", "communication_patterns")),
        Card("Voice", "Used where a service sets no voice of its own.", ("voice_config",)),
    ),
)  # fmt: skip
