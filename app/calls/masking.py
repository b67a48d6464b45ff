"""Callers' numbers in JSON, as whoever asks may see them on the page."""

from typing import TypeVar

from app.core.formats import masked
from app.core.identity import Actor

from .schema import CallRow

C = TypeVar("C", bound=CallRow)
SAYS = (
    " `caller_id` is whole for those with Call.reveal; others get it masked, as on the page:"
    " +1 (415) ••• 0142."
)


def number(actor: Actor, caller: str | None) -> str | None:
    """A caller's number, its middle hidden from those who may not see it whole."""
    return caller if caller is None or actor.may("Call.reveal") else masked(caller)


def fitting(actor: Actor, call: C) -> C:
    """The same call with its caller's number as the actor may see it."""
    call.caller_id = number(actor, call.caller_id)
    return call
