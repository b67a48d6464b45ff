"""What an entity is related to, in words."""

import uuid
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from app.core.database import Row

from . import times
from .pages import named, relation, words

UTC = ZoneInfo("UTC")
HOW = {
    "subject": "was with", "participant": "seen by", "serviceProvider": "at",
    "location": "at", "generalPractitioner": "general practitioner",
    "managingOrganization": "cared for by", "caller": "on the line",
}  # fmt: skip
ORDER = ("practitioner", "organization", "place", "person")
CALLER = "caller"
SAME_AS = "same_as"
"""Records of the same person are shown in a part of their own."""


def _how(name: str, out: bool, other: str) -> str:
    """A relationship in words, as seen from one of its ends; `other` is what is at the other."""
    if out and (name, other) == ("participant", "person"):
        return "for"
    if not out:
        own = name in ("subject", "participant", "serviceProvider")
        return words(other)[0].lower() if own else relation(name)
    return HOW.get(name, relation(name))


def related(
    ident: uuid.UUID, rows: Iterable[Row], zone: ZoneInfo = UTC
) -> list[tuple[uuid.UUID, str, str, str]]:
    """(other entity, icon, name, how they are related), who cares for somebody first.

    Calls of a person are left out: there may be very many (`calls`).
    """
    hows: dict[tuple[uuid.UUID, str, str], dict[str, None]] = {}
    for r in rows:
        if r[1] == SAME_AS or (r[1] == CALLER and r[8] == ident):
            continue
        out = r[5] == ident
        other, kind, name = (r[8], r[9], r[10]) if out else (r[5], r[6], r[7])
        key = (other, kind, name or "")
        hows.setdefault(key, {})[_how(r[1], out, kind)] = None
    order = {kind: n for n, kind in enumerate(ORDER)}
    found = sorted(hows, key=lambda k: times.at(k[2]), reverse=True)
    found.sort(key=lambda k: order.get(k[1], len(ORDER)))
    return [(o, words(k)[2], named(k, name, zone), ", ".join(hows[(o, k, name)]))
            for o, k, name in found]  # fmt: skip


def calls(
    ident: uuid.UUID, rows: Iterable[Row], zone: ZoneInfo = UTC
) -> list[tuple[uuid.UUID, str]]:  # fmt: skip
    """(call, name) of the calls of a person, newest first; the names end in the time."""
    found = [r for r in rows if r[1] == CALLER and r[8] == ident]
    found.sort(key=lambda r: times.at(r[7] or ""), reverse=True)
    return [(r[5], named(r[6], r[7], zone)) for r in found]
