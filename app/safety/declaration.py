"""Safety configuration and monitor concepts."""

import uuid
from typing import Any

from app.core import database
from app.core.collection import Collection, Derived
from app.core.settings import Card, Settings

from .schema import ConceptIn, SafetyConfig

_APPLIED = """
select template_id from safety_template where workspace_id = %(workspace_id)s order by template_id
"""


def applied(workspace_id: uuid.UUID) -> list[str]:
    """The ids of the templates that were applied here."""
    return [row[0] for row in database.rows(_APPLIED, {"workspace_id": workspace_id})]


def _figures(workspace_id: uuid.UUID) -> dict[str, Any]:
    return {"applied_template_ids": applied(workspace_id)}


SAFETY = Settings(
    "safety", SafetyConfig, view="Safety.view", update="Safety.update", title="Safety grading",
    text="Each turn of a call is graded from 0 (nothing) to 3 (grave). These figures say what "
    "follows from a grade.",
    path="safety/config",
    figures=_figures, figure_types={"applied_template_ids": list[str]},
    cards=(
        Card("Grading", "Who grades the turns, and from how much of the call.",
             ("triage_enabled", "triage_model", "triage_timeout_s", "triage_max_history_turns")),
        Card("What one turn does", "Lower figures react sooner, to less.",
             ("accumulation_single_turn_threshold", "accumulation_fast_track_level")),
        Card("Adding up", "Several mild turns can mean more than each alone.",
             ("accumulation_enabled", "accumulation_mild_threshold",
              "accumulation_cumulative_count", "accumulation_window_size")),
    ),
)  # fmt: skip
CONCEPTS = Collection(
    table="monitor_concept",
    path="monitor-concepts",
    schema=ConceptIn,
    permission="MonitorConcept",
    one="Monitor concept",
    many="Monitor concepts",
    text="Topics that are listened for by their meaning, not by single words.",
    icon="shield-alert",
    columns=("threshold", "standalone_threshold", "tags"),
    search=("name", "description"),
    cards=(
        Card("Concept", "What is listened for.", ("name", "description", "tags")),
        Card("How near is near enough",
             "Every turn is compared with the description: 0 has nothing to do with it, 1 says the "
             "same. Below the first figure nothing happens. From the second figure on, one turn is "
             "enough. Between them a model judges, and several such turns count together. Lower "
             "figures catch more and are wrong more often.",
             ("threshold", "standalone_threshold")),
        Card("Judging", "Who decides between the two figures.", ("agent_config",)),
        Card("Handing over", "Who takes the call when it fires.", ("escalation",)),
    ),
    empty="Apply a regulation template to start with a tried set, or describe a topic yourself.",
    links=(("Templates", "list-checks", "safety.templates"),),
    unique={"uq_monitor_concept_workspace_id_name": (
        "name", "A concept with this name exists already.")},
    derived={"has_embedding": Derived(bool, "Embedded", "select false")},
)  # fmt: skip
