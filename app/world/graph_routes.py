"""What an entity is related to, as JSON."""

import uuid

from pydantic import BaseModel

from app.core.feature import Feature
from app.core.identity import actor

from . import actions, answers, queries
from .schema import RelationshipOut

feature = Feature("world_graph_api", __name__)
MOST = 100


class NodeOut(BaseModel):
    """An entity of a graph."""

    id: uuid.UUID
    entity_type: str
    display_name: str | None


class Graph(BaseModel):
    """An entity with those one step away; `truncated` when it has more than 100 relationships."""

    entity_id: uuid.UUID
    nodes: list[NodeOut]
    edges: list[RelationshipOut]
    truncated: bool


@feature.api("GET", "/world/entities/<uuid:ident>/graph", permission="World.view", response=Graph,
             summary="An entity and what it is related to, one step away")  # fmt: skip
def graph(ident: uuid.UUID) -> Graph:
    """Graph."""
    row = actions.opened(actor(), ident)
    found = queries.related(actor().here.id, ident, MOST + 1)
    rows = found[:MOST]
    ends = [(ident, row[1], row[4]), *(r[5:8] for r in rows), *(r[8:11] for r in rows)]
    nodes = {i: NodeOut(id=i, entity_type=kind, display_name=name) for i, kind, name in ends}
    return Graph(
        entity_id=ident, nodes=list(nodes.values()),
        edges=answers.relationships(rows).relationships, truncated=len(found) > MOST,
    )  # fmt: skip
