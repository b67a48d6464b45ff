"""One call as JSON, with what can be worked out from its turns and what stands around it."""

import uuid
from collections.abc import Sequence
from statistics import median
from typing import Any

from pydantic import BaseModel

from app.audit import looks

from . import around, queries, used
from .around import Usual
from .schema import CallOut
from .spoken import TurnOut
from .stored import Call, Turn
from .timeline import segments
from .zones import zone_of


class Segment(BaseModel):
    """A stretch of one lane of the timeline; seconds from the start of the call.

    `end_s` is null where it was not told. `turn_index` counts from 0.
    """

    lane: str
    type: str
    start_s: float
    end_s: float | None
    turn_index: int | None
    label: str | None


class Timeline(BaseModel):
    """The course of the call, by time; empty where people wrote instead of speaking."""

    segments: list[Segment]


class Part(BaseModel):
    """A part of the configuration: `source` is "call" (its own words) or "revision"."""

    id: str | None
    name: str | None
    version: int | str | None
    source: str | None


class ConfigurationUsed(BaseModel):
    """What the call was answered with; null where nothing is known."""

    service: Part
    agent: Part
    context_graph: Part
    voice_settings: Part


class EscalationOut(BaseModel):
    """How the call was handed over, as far as it was told."""

    status: str
    human_segment_turn_count: int


class Latency(BaseModel):
    """How long the caller waited for answers, in ms, beside the workspace's last 90 days."""

    answers: int
    median_ms: float | None
    slowest_ms: float | None
    slowest_turn_index: int | None
    workspace_median_ms: float | None
    workspace_p95_ms: float | None


class AuditOut(BaseModel):
    """Events of the audit log about this call; 10,000 at most are counted."""

    event_count: int
    latest_event: dict[str, Any] | None


class CallDetail(CallOut):
    """A whole call with everything that is known about it."""

    timeline: Timeline
    configuration_used: ConfigurationUsed
    escalation: EscalationOut
    latency: Latency
    audit: AuditOut


def _latency(turns: Sequence[TurnOut], usual: Usual) -> Latency:
    told = [(turn.response_ms, turn.turn_index) for turn in turns if turn.response_ms is not None]
    slowest = max(told, default=None)
    return Latency(
        answers=len(told), median_ms=median(waited for waited, _ in told) if told else None,
        slowest_ms=slowest[0] if slowest else None,
        slowest_turn_index=slowest[1] if slowest else None,
        workspace_median_ms=usual.median, workspace_p95_ms=usual.p95,
    )  # fmt: skip


def detail(workspace_id: uuid.UUID, ident: str) -> CallDetail:
    """A call by id or call_sid. Raises NotFound."""
    row = queries.find(workspace_id, ident)
    call, rows = Call._make(row), queries.turns(workspace_id, row[0])
    whole = queries.told(workspace_id, row, rows)
    near = around.of(workspace_id, call, zone_of(workspace_id))
    parts = (
        segments([Turn._make(one) for one in rows], call.duration_seconds) if call.measured else []
    )
    parts_used = [Part(**one.out()) for one in used.used(workspace_id, call)]
    return CallDetail.model_construct(
        **dict(whole),
        timeline=Timeline(segments=[Segment.model_construct(**one.out()) for one in parts]),
        configuration_used=ConfigurationUsed(**dict(
            zip(ConfigurationUsed.model_fields, parts_used, strict=True)
        )),
        escalation=EscalationOut(
            status=call.escalation_status, human_segment_turn_count=len(whole.human_segments)
        ),
        latency=_latency(whole.turns, near.usual),
        audit=AuditOut(**looks.standing(workspace_id, "call", call.id)),
    )  # fmt: skip
