"""What the demo's staff and intake form say of patients beyond their records."""

import uuid
from typing import Any

from app.core import collection_store as store
from app.core import database
from app.core.identity import Actor
from app.enrichment import actions
from app.enrichment.declaration import KEYS
from app.enrichment.schema import ValueIn

ASKED: tuple[dict[str, Any], ...] = (
    {"key": "preferred_pharmacy", "description": "Where prescriptions are sent.",
     "source_hint": "The intake form"},
    {"key": "contact_by", "value_type": "enum", "description": "How reminders reach them.",
     "allowed_values": ["Phone call", "Text message", "E-mail"]},
    {"key": "interpreter_needed", "value_type": "boolean", "min_confidence": 0.5,
     "description": "Whether somebody must translate."},
    {"key": "emergency_contact", "is_pii": True, "description": "Whom to call first, and the number."},
    {"key": "last_fall_screening", "value_type": "date", "description": "From 65 years on."},
)  # fmt: skip
TOLD: tuple[dict[str, Any], ...] = (
    {"preferred_pharmacy": "Harbor Pharmacy, Mission Court", "contact_by": "Text message",
     "interpreter_needed": True, "emergency_contact": "Ruth, sister, (415) 555-0136"},
    {"contact_by": "Phone call", "last_fall_screening": "2026-09-14"},
    {"preferred_pharmacy": "Alder Street Drugs", "interpreter_needed": False},
)  # fmt: skip
_WHO = """
select id from entity where workspace_id = %(workspace_id)s and entity_type = 'person'
order by event_count desc, id limit %(take)s
"""


def tell(who: Actor, place: uuid.UUID) -> None:
    """Register the keys, and say what is known of some patients."""
    for asked in ASKED:
        store.create(KEYS, who, KEYS.parse({"entity_type": "person", **asked}))
    rows = database.rows(_WHO, {"workspace_id": place, "take": len(TOLD)})
    for (ident,), told in zip(rows, TOLD, strict=True):
        for key, value in told.items():
            actions.say(who, ident, key, ValueIn(value=value, source="intake_form", confidence=0.5))
    first = rows[0][0]
    actions.enter(who, first, "preferred_pharmacy", "Riverside Pharmacy, Laurel Avenue")
