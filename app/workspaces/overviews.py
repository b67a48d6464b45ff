"""The overview: figures and next steps, from what the other features know."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from app.calls import queries as calls
from app.core import database
from app.core.identity import Actor
from app.figures import weeks
from app.figures.weeks import Week

RECENT = 6

_READY = """
select v.updated_by, v.updated_at,
  exists (select from operator where workspace_id = %(workspace_id)s),
  exists (select from agent_version where workspace_id = %(workspace_id)s),
  exists (select from context_graph_version where workspace_id = %(workspace_id)s),
  exists (select from service where workspace_id = %(workspace_id)s and is_active),
  exists (select from phone_number where workspace_id = %(workspace_id)s),
  exists (select from phone_number where workspace_id = %(workspace_id)s and status = 'active'
    and inbound_service_id is null),
  exists (select from safety_template where workspace_id = %(workspace_id)s),
  exists (select from data_source where workspace_id = %(workspace_id)s),
  (select count(*) from (
    select from account where workspace_id = %(workspace_id)s limit 2) m)
from (select 1) nothing
left join setting v on v.workspace_id = %(workspace_id)s and v.name = 'voice'
"""


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do next: where, and where to for those who may only look."""

    icon: str
    title: str
    text: str
    endpoint: str
    permission: str
    look: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page shows."""

    week: Week | None
    voice_by: str | None
    voice_at: datetime | None
    recent: tuple[database.Row, ...]
    blocking: list[Step]
    steps: list[Step]


ADD_AGENT = Step("bot", "Describe an agent", "Who speaks with callers: store its first version.",
                 "agents.new", "Agent.create", "agents.index")  # fmt: skip
ADD_GRAPH = Step("workflow", "Draw a context graph", "How conversations go: store the states.",
                 "graphs.new", "ContextGraph.create", "graphs.index")  # fmt: skip
ADD_SERVICE = Step("concierge-bell", "Put a service together",
                   "An agent that follows a graph, switched on.",
                   "services.new", "Service.create", "services.index")  # fmt: skip
ADD_NUMBER = Step("phone", "Register a phone number", "Callers need something to dial.",
                  "phone_numbers.new", "PhoneNumber.create", "phone_numbers.index")  # fmt: skip
ROUTE_NUMBER = Step("route", "Route every number", "A number leads to no service: nobody answers.",
                    "phone_numbers.routes", "PhoneNumber.update",
                    "phone_numbers.routes")  # fmt: skip
APPLY_TEMPLATE = Step("shield-check", "Apply a safety template",
                      "The baseline watches for crises, abuse and drug reactions.",
                      "safety.templates", "MonitorConcept.create", "safety.overview")  # fmt: skip
ADD_SOURCE = Step("database", "Connect a data source", "So that the agent knows whom it talks to.",
                  "data_sources.new", "DataSource.create", "data_sources.index")  # fmt: skip
SET_VOICE = Step("audio-lines", "Set the voice",
                 "How the agent sounds, and the words it must get right.",
                 "voice.voice", "VoiceSettings.update", "voice.voice")  # fmt: skip
ADD_OPERATOR = Step("headset", "Add an operator",
                    "Somebody must take the calls that the agent should not go on with.",
                    "operators.new", "Operator.create", "operators.index")  # fmt: skip
INVITE = Step("user-plus", "Invite your team", "Each person signs in with their own role.",
              "accounts.index", "Account.create", "accounts.index")  # fmt: skip
SEND_CALL = Step("key-round", "Send the first call", "Create an API key and post calls with it.",
                 "api_keys.index", "ApiKey.create", "calls.index")  # fmt: skip


def _blocking(ready: database.Row) -> list[Step]:
    """What still keeps the workspace from answering calls well."""
    operators, agent, graph, service, number, unrouted, template, source = ready[2:10]
    missing = (
        (not agent, ADD_AGENT), (not graph, ADD_GRAPH), (not service, ADD_SERVICE),
        (not number, ADD_NUMBER), (unrouted, ROUTE_NUMBER), (not template, APPLY_TEMPLATE),
        (not source, ADD_SOURCE), (not operators, ADD_OPERATOR),
    )  # fmt: skip
    return [step for needed, step in missing if needed]


def _steps(actor: Actor, stored: int, members: int, voice: bool) -> list[Step]:
    missing = ((not voice, SET_VOICE), (members < 2, INVITE), (not stored, SEND_CALL))
    return [step for needed, step in missing if needed and actor.may(step.permission)]


def _recent(workspace_id: uuid.UUID) -> list[database.Row]:
    return calls.short_page(workspace_id, calls.CallFilter(), None, RECENT)[:RECENT]


class Found(NamedTuple):
    """All that an overview is made of."""

    counted: weeks.Counted | None
    ready: database.Row
    recent: tuple[database.Row, ...]


def found(workspace_id: uuid.UUID) -> Found:
    """What there is in a workspace."""
    counted = weeks.counted(workspace_id)
    ready = database.rows(_READY, {"workspace_id": workspace_id})[0]
    stored = counted[1] if counted else 0
    return Found(counted, ready, tuple(_recent(workspace_id)) if stored else ())


def of(actor: Actor, found: Found, calls_at: str) -> Overview:
    """The overview of the workspace the actor is in; `calls_at` is the address of the calls."""
    week = weeks.of(found.counted, calls_at) if found.counted else None
    by, at = found.ready[:2]
    steps = _steps(actor, week.stored if week else 0, found.ready[10], at is not None)
    return Overview(week, by, at, found.recent, _blocking(found.ready), steps)
