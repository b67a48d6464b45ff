"""The demo's operator desk: who takes over calls, when, and what happens otherwise."""

from typing import Any

from app.core import collection_store, settings
from app.core.identity import Actor
from app.escalation.declaration import ESCALATION, GENERAL
from app.operators.declaration import OPERATORS
from app.saved_views import actions as saved_views
from app.saved_views.schema import ViewIn

ZONES = {"riverside": "America/Los_Angeles", "lakeside": "America/Los_Angeles"}
RULES: dict[str, dict[str, Any]] = {
    "riverside": {"risk_scorer": "crisis_counselor", "caller_request": "administrative",
                  "saturday": "09:00-13:00", "fallback_number": "+14155550190"},
    "lakeside": {"caller_request": "administrative", "conversation_monitor": "any",
                 "risk_scorer": "any", "friday": "08:00-14:00"},
}  # fmt: skip
DESK: dict[str, list[dict[str, Any]]] = {
    "riverside": [
        {"name": "Carla Boyd, RN", "email": "carla.boyd@riverside.example", "type": "clinical",
         "skills": ["Triage", "Medication"], "status": "online", "role": "supervisor"},
        {"name": "Luis Ortega", "email": "luis.ortega@riverside.example", "type": "administrative",
         "skills": ["Spanish", "Billing"], "status": "online"},
        {"name": "Hanna Weiss", "email": "hanna.weiss@riverside.example",
         "type": "crisis_counselor", "skills": ["Crisis", "German"],
         "connection_method": "phone", "phone_number": "+14155550191", "status": "offline"},
        {"name": "Ben Ito, RN", "email": "ben.ito@riverside.example", "type": "clinical",
         "skills": ["Pediatrics"], "status": "busy"},
    ],
    "lakeside": [
        {"name": "Paula Jensen", "email": "paula@lakeside.example", "type": "administrative",
         "skills": ["Insurance"], "status": "online"},
    ],
}  # fmt: skip
VIEWS = {
    "Unanswered yesterday": "period=yesterday&outcome=unanswered",
    "Handed over, not reviewed": "period=30&escalated=true&reviewed=false",
}
"""Filters of the call list that everybody of a workspace sees."""


def staff(kind: str, who: Actor) -> None:
    """Set up the desk of one workspace."""
    settings.save(who, GENERAL, {"time_zone": ZONES[kind]})
    settings.save(who, ESCALATION, RULES[kind])
    for person in DESK[kind]:
        collection_store.create(OPERATORS, who, OPERATORS.parse(person))
    for name, query in VIEWS.items():
        saved_views.save(who, ViewIn(name=name, query=query, shared=True))
