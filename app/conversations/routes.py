"""Conversations by text, as JSON. On pages they are calls like any other."""

from app.core import audit
from app.core.feature import Feature
from app.core.identity import actor

from . import actions, queries
from .schema import (
    ConversationIn,
    ConversationOut,
    ConversationPage,
    ConversationQuery,
    ConversationWhole,
    MessageIn,
    TurnAnswer,
)

feature = Feature("conversations", __name__)
ONE = "/conversations/<ident>"


@feature.api("GET", "/conversations", permission="Conversation.view", query=ConversationQuery,
             response=ConversationPage, summary="List conversations by text, newest first",
             description="`offset` goes to 10,000: what lies further back is found under /calls,"
             " where every conversation stands as well. `status` knows in-progress as active and"
             " completed as closed; Ward freezes none.")  # fmt: skip
def list_conversations(query: ConversationQuery) -> ConversationPage:
    """List conversations."""
    found = queries.page(actor().here.id, query)
    audit.record(
        "call.list", "call", phi=True, metadata={"shown": len(found.items), "view": "conversations"}
    )
    return found


@feature.api("POST", "/conversations", permission="Conversation.create", body=ConversationIn,
             response=ConversationOut, status=201, summary="Start a conversation by text",
             description="It is stored as a call that is in progress, on its channel. `auto_greet`"
             " tells the runtime whether the agent speaks first.")  # fmt: skip
def start_conversation(body: ConversationIn) -> ConversationOut:
    """Start a conversation."""
    return actions.start(actor(), body)


@feature.api("GET", ONE, permission="Conversation.view", response=ConversationWhole,
             summary="One conversation by id or call_sid, with all that was written")  # fmt: skip
def get_conversation(ident: str) -> ConversationWhole:
    """One conversation."""
    found = queries.whole(actor().here.id, ident)
    audit.record("call.read", "call", found.id, resource_name=found.call_sid, phi=True)
    return found


@feature.api("POST", f"{ONE}/turns", permission="Conversation.update", body=MessageIn,
             response=TurnAnswer, status=201, summary="Write in a conversation",
             description="Ward runs no agent: the voice runtime reads the message with GET and"
             " answers through POST /calls/{id}/turns. `output` holds what the agent has said since"
             " the message, and so is empty unless it was quicker than this answer; read the"
             " conversation again to see more.",
             also={409: "The conversation is closed, or older than ten days."})  # fmt: skip
def write(ident: str, body: MessageIn) -> TurnAnswer:
    """Store a message."""
    return actions.say(actor(), ident, body.message)


@feature.api("DELETE", ONE, permission="Conversation.update", status=204,
             summary="Close a conversation; it stays readable",
             also={409: "Somebody changed it at the same moment."})  # fmt: skip
def close(ident: str) -> None:
    """Close a conversation."""
    actions.close(actor(), ident)
