"""Who may be the same person: pure functions of what each record says (domain 6.5).

A record has a few keys; two records with a key in common are a pair, as sure as its surest key.
Against the pair speak two different dates of birth, and two different first names: a household
shares its telephone and its e-mail address, twins their date of birth as well. Such a pair is
never linked without a person's word.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any
from uuid import UUID

from app.world.projection import name_words, phone_key

SCORES = {
    "identifier": 1.0, "mrn": 1.0, "phone_birth_date": 0.95, "email": 0.9, "phone_name": 0.85,
    "name_birth_date": 0.8, "phone": 0.6,
}  # fmt: skip
AUTOMATIC = 0.9
"""From here on a pair is linked by itself."""
DOUBTFUL, CONTRADICTED = 0.7, 0.6
"""The most that a pair with different first names, with different dates of birth, can reach."""
MOST_HOLDERS = 12
"""A key that more records have than this tells nobody apart: a clinic's own number."""
CONTACT = frozenset({"phone", "email"})
PREFIXES = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "sr", "sra", "herr", "frau", "mme"})
Pair = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Person:
    """What a record says of who somebody is."""

    name: str | None = None
    given_name: str | None = None
    birth_date: str | None = None
    phone: str | None = None
    email: str | None = None
    mrn: str | None = None
    identifiers: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the name, in no order: no titles, no single letters."""
        kept = {w for w in name_words(self.name or "") if len(w) > 1 and w not in PREFIXES}
        return tuple(sorted(kept))

    @property
    def first(self) -> str | None:
        """The first of the given names, as names are compared; "Silva, Ana" is Ana's."""
        found = name_words(self.given_name or (self.name or "").rpartition(",")[2])
        return next((word for word in found if word not in PREFIXES), None)


def person(state: Mapping[str, Any], external_ids: Mapping[str, Any]) -> Person:
    """From the state of an entity; what is no text counts as not said."""
    names = ("name", "given_name", "birth_date", "phone", "email", "mrn")
    said = {name: value for name in names if isinstance(value := state.get(name), str) and value}
    known = [(s, v) for s, v in external_ids.items() if isinstance(v, str)]
    return Person(**said, identifiers=tuple(sorted(known)))


def _telling(value: str) -> bool:
    """Whether an identifier can be one: not 0, not 9999, not none."""
    plain = "".join(c for c in value.casefold() if c.isalnum())
    return len(set(plain)) > 1 and plain not in ("none", "null", "unknown", "test", "na")


def _key(kind: str, *parts: str) -> str:
    content = "\0".join((kind, *parts)).encode(errors="replace")
    return f"{kind} {hashlib.blake2b(content, digest_size=16).hexdigest()}"


def keys_of(who: Person) -> set[str]:
    """What a record can be matched by: a kind and a digest, so that no key tells who it is.

    One more holds what speaks against a pair: whoever keeps keys sees all that matters change.
    """
    found = {
        _key("identifier", system, value.casefold())
        for system, value in who.identifiers if _telling(value)
    }  # fmt: skip
    found.add(_key("against", who.first or "", *who.words, who.birth_date or ""))
    if who.mrn and _telling(who.mrn):
        found.add(_key("mrn", who.mrn.casefold()))
    if who.email and "@" in who.email:
        found.add(_key("email", who.email.strip().casefold()))
    number = phone_key(who.phone or "")
    name = " ".join(who.words) if len(who.words) > 1 else None
    if number:
        found.add(_key("phone", number))
    for kind, first, second in (
        ("phone_birth_date", number, who.birth_date), ("phone_name", number, name),
        ("name_birth_date", name, who.birth_date),
    ):  # fmt: skip
        if first and second:
            found.add(_key(kind, first, second))
    return found


def kind_of(key: str) -> str:
    """What a key is made of."""
    return key.partition(" ")[0]


def joins(key: str) -> bool:
    """Whether records are matched by this key."""
    return kind_of(key) in SCORES


def score(kinds: Iterable[str], a: Person, b: Person) -> float | None:
    """How sure it is that two records with these keys in common are one person; None: not at all."""
    shared = set(kinds)
    if not shared:
        return None
    best = max(SCORES[kind] for kind in shared)
    names_differ = bool(a.first and b.first and a.first != b.first and a.words != b.words)
    if a.birth_date and b.birth_date and a.birth_date != b.birth_date:
        if shared <= CONTACT and names_differ:
            return None
        return min(best, CONTRADICTED)
    if names_differ and not shared & {"identifier", "mrn"}:
        return min(best, DOUBTFUL)
    return best


@dataclass(frozen=True, slots=True)
class Match:
    """How sure a pair is, and which kinds of keys it has in common, the surest first."""

    confidence: float
    matched_on: tuple[str, ...]


def match(kinds: Iterable[str], a: Person, b: Person) -> Match | None:
    """The match of two records, or None."""
    shared = set(kinds)
    sure = score(shared, a, b)
    if sure is None:
        return None
    return Match(sure, tuple(sorted(shared, key=lambda kind: (-SCORES[kind], kind))))


def pair(a: UUID, b: UUID) -> Pair:
    """The two in the order in which they are kept."""
    return (a, b) if a < b else (b, a)


def matches(people: Mapping[UUID, Person]) -> dict[Pair, Match]:
    """All pairs among some records; what the steps of the job arrive at, whatever their order."""
    holders: dict[str, set[UUID]] = defaultdict(set)
    for ident, who in people.items():
        for key in filter(joins, keys_of(who)):
            holders[key].add(ident)
    return settle(
        ((a, b, kind_of(key)) for key, found in holders.items() if len(found) <= MOST_HOLDERS
         for a, b in combinations(sorted(found), 2)),
        people,
    )  # fmt: skip


def settle(
    shared: Iterable[tuple[UUID, UUID, str]], people: Mapping[UUID, Person]
) -> dict[Pair, Match]:
    """Pairs with their matches, from (record, record, kind of key in common)."""
    kinds: dict[Pair, set[str]] = defaultdict(set)
    for a, b, kind in shared:
        kinds[pair(a, b)].add(kind)
    found = {both: match(k, people[both[0]], people[both[1]]) for both, k in kinds.items()}
    return {both: made for both, made in found.items() if made is not None}
