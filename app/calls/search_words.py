"""What people type into the search, as a question to the full-text index.

Words, "exact phrases", -without, and `or` between two of them. The database makes the stems.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.core import database

NOTHING_KEPT = "Very common words such as “the”, and signs alone, are not searched for. Add a word."
WEIGHTS = {"caller": "A", "agent": "B", "operator": "C"}
_TOKEN = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')
_QUOTES = str.maketrans("“”„«»", '"""""')
_LEXEME = re.compile(r"'(?:[^']|'')*'")
_STEMS = """
select coalesce(array_agg(phraseto_tsquery('english', piece)::text order by n), '{}')
from unnest(%(pieces)s::text[]) with ordinality typed(piece, n)
"""


@dataclass(frozen=True, slots=True)
class Words:
    """A question to `find_transcripts`: its first four parameters, and what to mark."""

    wanted: str
    """All of it, as a tsquery."""
    pieces: list[str]
    """Each word or phrase."""
    needs: list[str]
    """For each side of an `or` the numbers of its pieces, from 1, as a PostgreSQL array."""
    bars: list[str]
    """Likewise, of those that must not be said."""
    loose: str
    """Any of the pieces that must be said; empty when there are none."""
    who: str | None
    """The only speaker whose words count."""


def tokens(typed: str) -> list[list[tuple[bool, str]]]:
    """The sides of each `or`, as (must not be said, word or phrase)."""
    sides: list[list[tuple[bool, str]]] = [[]]
    for match in _TOKEN.finditer(typed.translate(_QUOTES)):
        minus, phrase, word = match.groups()
        if not minus and word and word.lower() == "or":
            sides.append([])
        elif (text := phrase if word is None else word).strip(" -"):
            sides[-1].append((bool(minus), text))
    return [side for side in sides if side]


def read(typed: str, who: str | None = None) -> Words | None:
    """The question; None when nothing of what was typed is kept in the index."""
    sides = tokens(typed)
    flat = [text for side in sides for _, text in side]
    stems: Sequence[str] = database.value(_STEMS, {"pieces": flat}) if flat else []
    each, pieces, kept = iter(stems), [], []
    for side in sides:
        found = []
        for barred, _ in side:
            if stem := next(each):
                pieces.append(_weighted(stem, who))
                found.append((barred, len(pieces), stem))
        if found:
            kept.append(found)
    if not kept:
        return None
    said = [f"({stem})" for side in kept for barred, _, stem in side if not barred]
    return Words(
        wanted=" | ".join(
            " & ".join(f"{'!' * barred}({pieces[n - 1]})" for barred, n, _ in side)
            for side in kept
        ),
        pieces=pieces,
        needs=[_numbers(n for barred, n, _ in side if not barred) for side in kept],
        bars=[_numbers(n for barred, n, _ in side if barred) for side in kept],
        loose=" | ".join(said),
        who=who,
    )  # fmt: skip


def _weighted(stem: str, who: str | None) -> str:
    return _LEXEME.sub(rf"\g<0>:{WEIGHTS[who]}", stem) if who else stem


def _numbers(found: Iterable[int]) -> str:
    return "{" + ",".join(map(str, found)) + "}"
