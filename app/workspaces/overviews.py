"""The overview: figures and next steps, from what the other features know."""

from dataclasses import dataclass

from app.accounts import queries as accounts
from app.core.identity import Actor


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do next."""

    icon: str
    title: str
    text: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page shows."""

    members: int
    steps: list[Step]


def of(actor: Actor) -> Overview:
    """The overview of the workspace the actor is in."""
    return Overview(accounts.count(actor.here.id), [])
