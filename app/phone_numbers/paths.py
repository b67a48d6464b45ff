"""Which number reaches which service, agent and graph, and what would not answer."""

import uuid
from dataclasses import dataclass

from app.core import database

MOST = 100
_ROUTES = """
select p.id, p.phone_number, p.display_name, p.status, p.capabilities,
  s.id, s.name, s.is_active, a.id, a.name, g.id, g.name,
  (select max(v.number) from agent_version v
   where v.workspace_id = p.workspace_id and v.agent_id = s.agent_id),
  (select max(v.number) from context_graph_version v
   where v.workspace_id = p.workspace_id and v.context_graph_id = s.context_graph_id),
  s.version_sets -> 'release', p.number
from phone_number p
left join service s on s.workspace_id = p.workspace_id and s.id = p.inbound_service_id
left join agent a on a.workspace_id = p.workspace_id and a.id = s.agent_id
left join context_graph g on g.workspace_id = p.workspace_id and g.id = s.context_graph_id
where p.workspace_id = %(workspace_id)s and p.number < %(before)s
order by p.number desc limit %(most)s
"""


@dataclass(frozen=True, slots=True)
class Route:
    """One number and where its calls go; `reason` says why nobody would answer."""

    id: uuid.UUID
    phone_number: str
    display_name: str
    service: tuple[uuid.UUID, str] | None
    agent: tuple[uuid.UUID, str, int | None] | None
    graph: tuple[uuid.UUID, str, int | None] | None
    reason: str | None


def _reason(row: database.Row) -> str | None:
    checks = (
        (row[3] != "active", "The number is inactive."),
        ("inbound" not in row[4], "The number is not used for taking calls."),
        (row[5] is None, "No service answers it."),
        (row[5] is not None and not row[7], "The service is switched off."),
        (row[5] is not None and row[12] is None, "The agent has no version yet."),
        (row[5] is not None and row[13] is None, "The context graph has no version yet."),
    )
    return next((sentence for wrong, sentence in checks if wrong), None)


def of(workspace_id: uuid.UUID, before: int = 0) -> tuple[list[Route], int | None]:
    """A hundred numbers, the newest first, and the number to go on from."""
    params = {"workspace_id": workspace_id, "most": MOST + 1, "before": before or 2**62}
    rows = database.rows(_ROUTES, params)
    return [_route(row) for row in rows[:MOST]], rows[MOST - 1][15] if len(rows) > MOST else None


def _route(row: database.Row) -> Route:
    pins = row[14] if isinstance(row[14], dict) else {}
    agent = pins.get("agent_version_number") or row[12]
    graph = pins.get("context_graph_version_number") or row[13]
    return Route(
        row[0], row[1], row[2], (row[5], row[6]) if row[5] else None,
        (row[8], row[9], agent) if row[8] else None,
        (row[10], row[11], graph) if row[10] else None, _reason(row),
    )  # fmt: skip
