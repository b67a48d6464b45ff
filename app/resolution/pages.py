"""Pairs and linked records, made ready for the templates."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.core.database import Row
from app.world import entity_page
from app.world import pages as world
from app.world.events import Event
from app.world.projection import name_words, phone_key

from .queries import Other
from .scoring import CONTRADICTED, SCORES
from .together import together

SHOWN = 25
PERSON = "person"
STATUSES = {"suspected": "To be decided", "linked": "Linked", "apart": "Not the same"}
MATCHED = {
    "mrn": ("record number",), "identifier": ("an identifier",), "email": ("e-mail",),
    "phone_birth_date": ("phone", "date of birth"), "phone_name": ("name", "phone"),
    "name_birth_date": ("name", "date of birth"), "phone": ("phone",),
}  # fmt: skip
ORDER = ("record number", "an identifier", "name", "date of birth", "phone", "e-mail")
ALIKE, UNLIKE, ONLY_ONE = "same", "differs", "only one says"


def matched(kinds: Iterable[str]) -> str:
    """What two records have in common, in words."""
    found = {word for kind in kinds for word in MATCHED[kind]}
    words = [word for word in ORDER if word in found]
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def against(confidence: float, kinds: Iterable[str]) -> str:
    """What speaks against a pair, in words: it is less sure than what it has in common."""
    if confidence >= max(SCORES[kind] for kind in kinds):
        return ""
    return "dates of birth differ" if confidence <= CONTRADICTED else "first names differ"


def likely(confidence: float) -> str:
    """How likely two records are one person, in words (domain 6.5)."""
    for least, said in ((1.0, "Certain"), (0.9, "Very likely"), (0.8, "Likely"), (0.7, "Possible")):
        if confidence >= least:
            return said
    return "Unsure"


@dataclass(frozen=True, slots=True)
class Line:
    """A pair in the list."""

    first: uuid.UUID
    first_name: str
    second: uuid.UUID
    second_name: str
    likely: str
    matched: str
    against: str
    decision: str | None
    by: str | None
    at: datetime | None


def line(row: Row) -> Line:
    """A pair of `queries.duplicates`."""
    return Line(row[0], world.named(PERSON, row[1]), row[2], world.named(PERSON, row[3]),
                likely(row[4]), matched(row[5]), against(row[4], row[5]), *row[7:10])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """One field of two records."""

    label: str
    first: str
    second: str
    alike: str


def compare(first: Row, second: Row) -> list[Said]:
    """What two records say, field by field: who they are first, then how many records they hold."""
    a, b = first[5], second[5]
    names = [n for n in world.FIELDS if n in a or n in b]
    told = ((n, *(entity_page.shown(PERSON, n, state.get(n)) for state in (a, b))) for n in names)
    found = [_said(world.FIELDS[n], one, other, n) for n, one, other in told]
    systems = sorted(first[3].keys() | second[3].keys())
    found += [_said(f"Identifier {s}", first[3].get(s, ""), second[3].get(s, "")) for s in systems]
    return [*found, *_counts(a.get("counts") or {}, b.get("counts") or {})]


def _counts(a: Mapping[str, int], b: Mapping[str, int]) -> list[Said]:
    return [
        Said(title, str(a.get(name) or ""), str(b.get(name) or ""), "")
        for name, (title, _) in world.GROUPS.items() if name in a or name in b
    ]  # fmt: skip


def _said(label: str, first: str, second: str, name: str = "") -> Said:
    if not first or not second:
        return Said(label, first, second, ONLY_ONE)
    return Said(
        label, first, second, ALIKE if _plain(name, first) == _plain(name, second) else UNLIKE
    )


def _plain(name: str, text: str) -> object:
    """A value as it is compared: numbers by their digits, names by their words."""
    if name == "phone":
        return phone_key(text) or text
    return sorted(name_words(text)) if name == "name" else text.casefold()


@dataclass(frozen=True, slots=True)
class Also:
    """Another record of somebody, on an entity's page."""

    id: uuid.UUID
    name: str
    summary: str
    source: str
    why: str
    through: bool


def also(others: Sequence[Other], linked: bool) -> list[Also]:
    """Those that are linked, or those that wait to be decided."""
    return [
        Also(o.id, world.named(PERSON, o.row[4]), world.summary(PERSON, o.row[5]),
             world.spaced(o.row[9]), _why(o), o.confidence is None)
        for o in others if o.linked is linked
    ]  # fmt: skip


def same(others: Sequence[Other]) -> list[tuple[uuid.UUID, str, str, str]]:
    """The linked records, as what an entity is related to."""
    return [(o.id, "link", world.named(PERSON, o.row[4]), "the same person")
            for o in others if o.linked]  # fmt: skip


def _why(other: Other) -> str:
    if other.confidence is None:
        return "linked through another record"
    said = f"{likely(other.confidence).lower()}: {matched(other.matched_on)}"
    if found := against(other.confidence, other.matched_on):
        said += f", but {found}"
    return f"{said}; linked by {other.by}" if other.linked and other.by else said


@dataclass(frozen=True, slots=True)
class Joint:
    """Linked records read as one; `of` names the record of each event, `records` their names."""

    summary: str
    fields: list[entity_page.Shown]
    groups: list[entity_page.Group]
    of: dict[str, uuid.UUID]
    records: dict[uuid.UUID, tuple[str, str]]


def joint(
    kind: str, records: Mapping[uuid.UUID, list[Event]], rows: Collection[Row], zone: ZoneInfo
) -> Joint:  # fmt: skip
    """Each field and entry with the event behind it; (name, source) of each record."""
    made = together(kind, records)
    known = {str(e.id): e for events in records.values() for e in events}
    of = {str(e.id): ident for ident, events in records.items() for e in events}
    named = {row[0]: (world.named(kind, row[4]), world.spaced(row[9])) for row in rows}
    fields = entity_page.fields_of(made.made, known, kind, zone)
    return Joint(
        world.summary(kind, made.made.state),
        fields,
        entity_page.groups_of(made.made, zone),
        of,
        named,
    )
