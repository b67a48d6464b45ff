"""Bodies of every collection, for tests that need one."""

import secrets
from typing import Any

from app.demo.flow import FIRST, agent

AGENT = {"name": "Ava", "description": "Front desk"}
GRAPH = {"name": "Front desk", "description": "What callers want"}
AGENT_VERSION = agent("Ava", "Riverside", "Knows the hours.")
GRAPH_VERSION: dict[str, Any] = FIRST


def number() -> str:
    """A number that nobody has: one belongs to one workspace in the whole installation."""
    return f"+1415{secrets.randbelow(8_000_000) + 2_000_000}"


CONCEPT = {"name": "Dosing advice", "description": "The caller asks how much to take."}
SOURCE = {
    "name": "Records", "source_type": "fhir_store",
    "connection_config": {"base_url": "https://fhir.example.com/r4", "auth_type": "bearer_token",
                          "auth_token": "a-token-nobody-may-see"},
}  # fmt: skip
OPERATOR = {"name": "Nadia Okafor", "email": "nadia@riverside.example"}


class Maker:
    """Makes members through the JSON API, as an admin's script would."""

    def __init__(self, api: Any, place: Any, key: dict[str, str]) -> None:
        self.api, self.key = api, key
        self.base = f"/v1/{place.id}"

    def make(self, path: str, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
        """POST and return the answer."""
        answer = self.api.post(f"{self.base}/{path}", json=body, headers=self.key)
        assert answer.status_code == status, answer.data
        return dict(answer.json)

    def agent(self, name: str = "Ava") -> str:
        """An agent with a version."""
        ident = str(self.make("agents", AGENT | {"name": name})["id"])
        self.make(f"agents/{ident}/versions", AGENT_VERSION)
        return ident

    def graph(self, name: str = "Front desk") -> str:
        """A graph with a version."""
        ident = str(self.make("context-graphs", GRAPH | {"name": name})["id"])
        self.make(f"context-graphs/{ident}/versions", GRAPH_VERSION)
        return ident

    def service(self, name: str = "Appointments", **more: Any) -> dict[str, Any]:
        """A service of a new agent and graph."""
        return self.make("services", {
            "name": name, "agent_id": self.agent(f"Agent of {name}"),
            "context_graph_id": self.graph(f"Graph of {name}"), **more,
        })  # fmt: skip

    def body(self, path: str) -> dict[str, Any]:
        """A body for any collection."""
        if path == "services":
            return {"name": "Appointments", "agent_id": self.agent(),
                    "context_graph_id": self.graph()}  # fmt: skip
        return {
            "agents": AGENT, "context-graphs": GRAPH, "phone-numbers": {"phone_number": number(), "display_name": "Main line"},
            "monitor-concepts": CONCEPT, "data-sources": SOURCE, "operators": OPERATOR,
            "world/enrichment-keys": {"entity_type": "person", "key": f"k{secrets.token_hex(4)}",
                                      "description": "Where prescriptions are sent."},
        }[path]  # fmt: skip
