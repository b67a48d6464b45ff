"""The configuration a call was answered with.

What the call's own `configuration` tells wins. Otherwise it is the newest revision that was
saved before the call began, and the version that revision points to.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core import database
from app.services.declaration import SERVICES
from app.voice.routes import VOICE

from .stored import Call

TOLD, THEN = "told by the call", "in force at that time"
LARGEST = 2**31 - 1
KEYS = frozenset({
    "agent_id", "agent_name", "agent_version", "context_graph_id", "context_graph_name",
    "context_graph_version", "service_version", "version_set", "voice_settings_version",
})  # fmt: skip
"""What of a call's configuration names a revision or a version."""
_NUMBER = """
(select number from {table} where workspace_id = %(workspace_id)s and {parent} = p.{which}_id
 and case when coalesce(%({which}_version)s::int, p.{which}_pin) is null
   then created_at <= %(at)s else number = coalesce(%({which}_version)s::int, p.{which}_pin) end
 order by number desc limit 1)
"""
_REVISION = """
select number, value from revision where workspace_id = %(workspace_id)s
  and resource_type = '{kind}' and resource_id = {ident}
  and case when %({version})s::int is null then created_at <= %(at)s
    else number = %({version})s::int end
order by number desc limit 1
"""
_SERVICE = _REVISION.format(
    kind=SERVICES.table, ident="%(service_id)s::text", version="service_version"
)
_VOICE = _REVISION.format(kind=VOICE.resource, ident=f"'{VOICE.name}'", version="voice_version")
_PIN = """
case when coalesce(%({which}_id)s::text, s.value->>'{key}_id') = s.value->>'{key}_id'
  then (s.value->'version_sets'->%(version_set)s->>'{key}_version_number')::int end
"""
_USED = f"""
with s as ({_SERVICE}), v as ({_VOICE}),
p as (
  select s.number as service_number,
    coalesce(%(agent_id)s::uuid, (s.value->>'agent_id')::uuid) as agent_id,
    coalesce(%(graph_id)s::uuid, (s.value->>'context_graph_id')::uuid) as graph_id,
    {_PIN.format(which="agent", key="agent")} as agent_pin,
    {_PIN.format(which="graph", key="context_graph")} as graph_pin
  from (select 1) one left join s on true
)
select p.service_number,
  (select name from service where workspace_id = %(workspace_id)s
   and id = %(service_id)s::uuid),
  p.agent_id, (select name from agent where workspace_id = %(workspace_id)s and id = p.agent_id),
  p.agent_pin, {_NUMBER.format(table="agent_version", parent="agent_id", which="agent")},
  p.graph_id,
  (select name from context_graph where workspace_id = %(workspace_id)s and id = p.graph_id),
  p.graph_pin,
  {_NUMBER.format(table="context_graph_version", parent="context_graph_id", which="graph")},
  (select number from v)
from p
"""


@dataclass(frozen=True, slots=True)
class Used:
    """One part of the configuration: what it was, how that is known, and where it stands.

    `endpoint` is None where nothing is stored here that could be opened.
    """

    part: str
    id: uuid.UUID | None
    name: str | None
    version: int | str | None
    source: str | None
    endpoint: str | None = None
    params: tuple[tuple[str, Any], ...] = ()
    anchor: str = ""
    unset: bool = False
    """Nobody had saved anything by then: the defaults held."""

    def out(self) -> dict[str, Any]:
        """As the JSON shows it."""
        return {"id": self.id and str(self.id), "name": self.name, "version": self.version,
                "source": {TOLD: "call", THEN: "revision"}.get(self.source or "")}  # fmt: skip


def _id(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value)) if value else None
    except ValueError:
        return None


def _whole(value: Any) -> int | None:
    """A version number as a runtime may write it; 0, which no version has, for anything else."""
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
        return 0
    return number if (number := int(text[:12])) <= LARGEST else 0


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int | float) and str(value) else None


def _history(number: int) -> tuple[tuple[str, int], str]:
    """Where a history shows this revision first."""
    return ("before", number + 1), f"v{number}"


def _service(call: Call, told: Mapping[str, Any], row: database.Row) -> Used:
    number, name = row[:2]
    source = (TOLD if _whole(told.get("service_version")) else THEN) if number else None
    name = call.service_name or name
    if number is None or row[1] is None:
        return Used("Service", call.service_id, name, number, source)
    params, anchor = _history(number)
    return Used("Service", call.service_id, name, number, source, "services.history",
                (("ident", call.service_id), params), anchor)  # fmt: skip


def _version(part: str, key: str, home: str, told: Mapping[str, Any], found: database.Row) -> Used:
    ident, name, pin, number = found
    asked = _text(told.get(f"{key}_version"))
    named = _text(told.get(f"{key}_name"))
    source = TOLD if asked or told.get(f"{key}_id") else THEN
    if number is not None and name is not None:
        return Used(part, ident, name, number, source, f"{home}.version",
                    (("ident", ident), ("version", number)))  # fmt: skip
    if asked or named:
        return Used(part, ident, named or name, asked, TOLD)
    return Used(part, ident, name, number or pin, source if ident else None)


def _voice(told: Mapping[str, Any], number: int | None) -> Used:
    asked = told.get("voice_settings_version")
    source = TOLD if asked is not None else THEN
    if number is None:
        return Used("Voice settings", None, None, _text(asked), source, unset=asked is None)
    params, anchor = _history(number)
    return Used(
        "Voice settings", None, None, number, source, "voice.voice_history", (params,), anchor
    )


def used(workspace_id: uuid.UUID, call: Call) -> tuple[Used, ...]:
    """Service, agent, context graph and voice settings of a call; one statement."""
    told = call.configuration
    row = database.row(_USED, {
        "workspace_id": workspace_id, "at": call.started_at,
        "service_id": call.service_id and str(call.service_id),
        "service_version": _whole(told.get("service_version")),
        "voice_version": _whole(told.get("voice_settings_version")),
        "version_set": _text(told.get("version_set")) or "release",
        "agent_id": (agent := _id(told.get("agent_id"))) and str(agent),
        "agent_version": _whole(told.get("agent_version")),
        "graph_id": (graph := _id(told.get("context_graph_id"))) and str(graph),
        "graph_version": _whole(told.get("context_graph_version")),
    })  # fmt: skip
    assert row is not None
    return (
        _service(call, told, row),
        _version("Agent", "agent", "agents", told, row[2:6]),
        _version("Context graph", "context_graph", "graphs", told, row[6:10]),
        _voice(told, row[10]),
    )
