"""The collection of context graphs, and their versions."""

from app.core.collection import Collection, Derived
from app.core.settings import Card
from app.core.versions import Versions, latest_number

from .schema import GraphIn, GraphVersionIn

_STATES = """
select coalesce((select v.state_count from context_graph_version v
  where v.workspace_id = t.workspace_id and v.context_graph_id = t.id
  order by v.number desc limit 1), 0)
"""
GRAPHS = Collection(
    table="context_graph",
    path="context-graphs",
    schema=GraphIn,
    permission="ContextGraph",
    one="Context graph",
    many="Context graphs",
    text="How conversations go: the states, what happens in each, and where each leads.",
    icon="workflow",
    columns=("latest_version", "state_count", "description"),
    search=("name", "description"),
    cards=(Card("Graph", "Its name stays the same for all versions.", ("name", "description")),),
    empty="A service needs a context graph: give it a name, then store its states as a version.",
    unique={
        "uq_context_graph_workspace_id_name": ("name", "A graph with this name exists already.")
    },
    derived={
        "latest_version": Derived(
            int, "Latest version", latest_number("context_graph_version", "context_graph_id")
        ),
        "state_count": Derived(int, "States", _STATES),
    },
    method="PUT",
    null_keeps=True,
    extra="versions/list.html",
)
GRAPH_VERSIONS = Versions(
    of=GRAPHS,
    table="context_graph_version",
    parent="context_graph_id",
    schema=GraphVersionIn,
    cards=(
        Card("This version", "What sets it apart from the one before.", ("description",)),
        Card("Beginning and end", "Names of states below.",
             ("new_user_initial_state", "returning_user_initial_state", "terminal_state")),
        Card("Rules for every state", "What holds throughout.",
             ("topology_description", "global_action_guidelines", "global_boundary_constraints",
              "global_intra_state_navigation_guidelines")),
        Card("States", "What happens in each, and where it leads.", ("states",)),
    ),
    figures=lambda graph: {"state_count": len(graph.states)},
    figure_names=("state_count",),
)  # fmt: skip
