"""The sentence of a call that fits a search best, its words marked."""

import re
import uuid
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from app.core import database

from .search_words import Words

MARK, END = "\ue000", "\ue001"
LONGEST = 280
"""Characters shown of a turn."""
_BEST = f"""
select best.call_id::text, seq, speaker_role, started_s,
  ts_headline('english', translate(text, '{MARK}{END}', ''), %(loose)s::tsquery,
    'HighlightAll=true, StartSel={MARK}, StopSel={END}')
from unnest(%(ids)s::uuid[]) wanted(id) cross join lateral (
  select call_id, seq, speaker_role, started_s, text
  from turn, to_tsvector('english', text) said
  where workspace_id = %(workspace_id)s and call_id = wanted.id and text ~* %(near)s
    and said @@ %(loose)s::tsquery
    and (%(who)s::text is null or speaker_role = %(who)s)
  order by ts_rank(said, %(loose)s::tsquery) desc, seq limit 1) best
"""


class Sentence(NamedTuple):
    """Who said it and when (seconds from the start of the call), in the turn of this number."""

    turn: int
    speaker: str
    started_s: float
    words: str
    """HTML."""


def of(workspace_id: uuid.UUID, ids: Sequence[str], words: Words) -> dict[str, Sentence]:
    """The best sentence of each call that has one, by the id of the call."""
    if not words.loose or not ids:
        return {}
    found = _best(workspace_id, ids, words, _near(words.loose))
    missed = [ident for ident in ids if ident not in found]
    return found | _best(workspace_id, missed, words, "") if missed else found


def _best(
    workspace_id: uuid.UUID, ids: Sequence[str], words: Words, near: str
) -> dict[str, Sentence]:
    found = database.rows(_BEST, {
        "workspace_id": workspace_id, "ids": list(ids), "loose": words.loose, "who": words.who,
        "near": near,
    }, prepare=False)  # fmt: skip
    return {row[0]: Sentence(row[1] + 1, row[2], row[3], marked(row[4])) for row in found}


def _near(loose: str) -> str:
    """A pattern that nearly every turn with the words matches, far quicker than making stems.

    A stem begins as its word does, but for a handful such as “die” of “dying”.
    """
    stems = [stem.replace("''", "'") for stem in re.findall(r"'((?:[^']|'')+)'", loose)]
    return "|".join(sorted({re.escape(stem[: 3 if len(stem) > 3 else 2]) for stem in stems}))


def marked(text: str) -> str:
    """The text around its first mark, escaped, with <mark> for the marks."""
    first = max(text.find(MARK), 0)
    start = max(first - LONGEST // 3, 0)
    if start:
        start = text.find(" ", start, first) + 1 or start
    end = start + LONGEST
    if end < len(text):
        end = max(text.rfind(" ", first, end), 0) or end
    part = text[start:end]
    part += END * (part.count(MARK) - part.count(END))
    shown = escape(part).replace(MARK, "<mark>").replace(END, "</mark>")
    return f"{'… ' if start else ''}{shown}{' …' if end < len(text) else ''}"
