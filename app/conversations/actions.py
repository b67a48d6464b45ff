"""Beginning, writing in and closing conversations: each is stored as a call."""

import uuid
from datetime import UTC, datetime
from typing import Any

from app.calls import actions as calls
from app.calls.schema import CallIn, CallPatch
from app.core import collection_store as store
from app.core.errors import Conflict
from app.core.identity import Actor
from app.services.declaration import SERVICES
from app.world import queries as world

from . import queries
from .schema import ConversationIn, ConversationOut, TurnAnswer

CLOSED = "This conversation is closed. Start a new one."


def start(actor: Actor, wanted: ConversationIn) -> ConversationOut:
    """Begin a conversation with a service of this workspace. Raises NotFound."""
    service = store.one(SERVICES, actor, wanted.service_id)
    configuration: dict[str, Any] = {"auto_greet": wanted.auto_greet}
    if wanted.entity_id is not None:
        world.one(actor.here.id, wanted.entity_id)
        configuration["entity_id"] = str(wanted.entity_id)
    stored, _ = calls.create(actor, CallIn(
        call_sid=f"CONV-{uuid.uuid4().hex}", status="in-progress",
        channel_kind=wanted.channel_kind, started_at=datetime.now(UTC), service_id=service.id,
        service_name=service.value.name, configuration=configuration,
    ))  # fmt: skip
    return queries.one(actor.here.id, str(stored.id))


def say(actor: Actor, ident: str, message: str) -> TurnAnswer:
    """Store what the other side writes. Raises NotFound, Conflict when it is closed."""
    known = queries.one(actor.here.id, ident)
    if known.lifecycle == "closed":
        raise Conflict(CLOSED)
    call = calls.say(actor, str(known.id), message)
    mine = next(turn for turn in reversed(call.turns) if turn.speaker_role == "caller")
    answers = [
        turn
        for turn in call.turns
        if turn.turn_index > mine.turn_index and turn.speaker_role == "agent"
    ]
    return TurnAnswer.model_construct(
        turn_id=f"{call.id}.{mine.turn_index}", input=mine, output=answers,
        tool_calls=[tool for turn in answers for tool in turn.tool_calls],
        conversation=queries.one(actor.here.id, str(call.id)),
    )  # fmt: skip


def close(actor: Actor, ident: str) -> None:
    """End a conversation; one that has ended stays as it is. Raises NotFound."""
    known = queries.whole(actor.here.id, ident)
    if known.lifecycle == "closed":
        return
    ended = CallPatch(
        status="completed", completion_reason="completed", ended_at=datetime.now(UTC),
        duration_seconds=max((turn.started_s for turn in known.turns), default=0.0),
    )  # fmt: skip
    calls.change(actor, str(known.id), ended)
