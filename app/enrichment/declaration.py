"""The collection of enrichment keys."""

from collections.abc import Mapping
from typing import Any

from app.core.collection import Collection
from app.core.errors import Invalid
from app.core.identity import Actor
from app.core.settings import Card

from .schema import EnrichmentKeyIn

FIXED = ("entity_type", "key", "value_type")
KEPT = "This cannot be changed: values are stored under it. Add a new key instead."


def _prepare(_actor: Actor, content: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    changed = {name: KEPT for name in FIXED if before and content.get(name) != before[name]}
    if changed:
        raise Invalid(changed)
    return content if content.get("value_type") == "enum" else {**content, "allowed_values": []}


KEYS = Collection(
    table="enrichment_key",
    path="world/enrichment-keys",
    schema=EnrichmentKeyIn,
    permission="EnrichmentKey",
    one="Enrichment key",
    many="Enrichment keys",
    text="What staff and systems may say of people and things beyond their records, such as a "
    "preferred pharmacy. Staff enter it on the page of the person, or a system sends it.",
    icon="tag",
    label="key",
    columns=("entity_type", "value_type", "min_confidence", "is_pii"),
    search=("key", "description"),
    filters=("entity_type", "value_type", "is_pii"),
    cards=(
        Card("Key", "What it is called and whom it is about.",
             ("entity_type", "key", "value_type")),
        Card("Meaning", "So that everybody enters the same.", ("description", "source_hint")),
        Card("Rules", "What is taken.", ("allowed_values", "min_confidence", "is_pii")),
    ),
    empty="Without a key, nothing can be said of a person or an appointment beyond records and notes.",
    unique={"uq_enrichment_key_workspace_id_entity_type_key": (
        "key", "Records of this kind have a key of this name already.")},
    prepare=_prepare,
)  # fmt: skip
