"""The collection of services."""

import uuid
from typing import Any

from app.agents.declaration import AGENTS
from app.core import database
from app.core.collection import Collection, Record, Ref
from app.core.errors import NotFound
from app.core.identity import Actor
from app.core.settings import Card
from app.graphs.declaration import GRAPHS

from .schema import EDGE, RELEASE, ServiceIn, VersionSet

_PINS = """
select kind, wanted from unnest(%(kinds)s::text[], %(numbers)s::int[]) as pin (kind, wanted)
where case kind
  when 'agent' then not exists (select from agent_version where workspace_id = %(workspace_id)s
    and agent_id = %(agent_id)s and number = wanted)
  else not exists (select from context_graph_version where workspace_id = %(workspace_id)s
    and context_graph_id = %(context_graph_id)s and number = wanted) end
limit 1
"""
NOTHING = VersionSet().model_dump(mode="json")


def sets_of(value: Any) -> dict[str, dict[str, Any]]:
    """Every version set by name, with the two that always exist."""
    stored = {
        name: item.model_dump(mode="json") if isinstance(item, VersionSet) else item
        for name, item in (value.version_sets or {}).items()
        if isinstance(item, VersionSet | dict)
    }
    return {EDGE: NOTHING, RELEASE: NOTHING} | stored


def pins_exist(actor: Actor, service: ServiceIn) -> None:
    """Raise NotFound when a set pins a version that there is not."""
    pins = []
    for item in service.version_sets.values():
        pins += [("agent", item.agent_version_number), ("graph", item.context_graph_version_number)]
    pins = [(kind, number) for kind, number in pins if number is not None]
    if not pins:
        return
    missing = database.row(_PINS, {
        "workspace_id": actor.here.id, "agent_id": service.agent_id,
        "context_graph_id": service.context_graph_id,
        "kinds": [kind for kind, _ in pins], "numbers": [number for _, number in pins],
    })  # fmt: skip
    if missing is not None:
        raise NotFound(f"The {missing[0]} of this service has no version {missing[1]}.")


class Services(Collection[ServiceIn]):
    """Services show the two version sets that always exist."""

    def out(self, record: Record[ServiceIn], workspace_id: uuid.UUID) -> dict[str, Any]:
        return super().out(record, workspace_id) | {"version_sets": sets_of(record.value)}


SERVICES = Services(
    table="service",
    path="services",
    schema=ServiceIn,
    permission="Service",
    one="Service",
    many="Services",
    text="What answers: an agent that follows a context graph. Numbers lead to services.",
    icon="concierge-bell",
    columns=("agent_name", "context_graph_name", "channel_type", "is_active"),
    search=("name", "description"),
    filters=("is_active", "channel_type"),
    cards=(
        Card("Service", "What it is, and who answers how.",
             ("name", "description", "agent_id", "context_graph_id", "is_active")),
        Card("Where it runs", "Which channel, and whether it is for real.",
             ("channel_type", "environment", "tool_capacity")),
        Card("Care", "What watches over its calls.",
             ("safety_filters_enabled", "escalation_policy")),
        Card("Words and tags", "What it should expect to hear, and how to find it.",
             ("keyterms", "tags")),
    ),
    empty="A service joins an agent and a context graph. Then a phone number can lead to it.",
    unique={"uq_service_workspace_id_name": ("name", "A service with this name exists already.")},
    refs={
        "agent_id": Ref(AGENTS, "agent_name"),
        "context_graph_id": Ref(GRAPHS, "context_graph_name"),
    },
    method="PUT",
    null_keeps=True,
    check=pins_exist,
    extra="services/extra.html",
)  # fmt: skip
