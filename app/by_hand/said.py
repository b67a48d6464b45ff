"""Text that somebody wrote down of a call, as turns."""

import re
from collections.abc import Iterator

from app.calls.spoken import MOST_TURNS, TurnIn
from app.calls.stored import WORDS_A_SECOND

LONGEST_TURN = 20_000
NOTE = "note"
"""Stands as the state of the turn that holds everything nobody is named to have said."""
_NAMED = re.compile(r"(caller|agent|operator)\s*:(.*)", re.IGNORECASE)


def lines(text: str) -> list[tuple[str, str, str | None]]:
    """(speaker, words, state) of each turn: what is said by somebody, then all the rest as one."""
    spoken: list[tuple[str, str, str | None]] = []
    rest: list[str] = []
    for line in text.splitlines():
        match = _NAMED.match(line.strip())
        if match is None:
            rest.append(line.rstrip())
        elif words := match[2].strip():
            spoken.append((match[1].lower(), words, None))
    note = "\n".join(rest).strip("\n")
    return [*spoken, ("operator", note, NOTE)] if note.strip() else spoken


def problem(text: str) -> str | None:
    """What keeps a text from being stored, as a sentence."""
    found = lines(text)
    if len(found) > MOST_TURNS:
        return f"A call has at most {MOST_TURNS:,} turns."
    if any(len(words) > LONGEST_TURN for _, words, _ in found):
        return f"One turn, and what nobody is named for, has at most {LONGEST_TURN:,} characters."
    return None


def turns(text: str, seconds: float | None) -> Iterator[TurnIn]:
    """The turns with times at 2.5 words a second, closer together where the call was shorter.

    They have no end: then nobody takes the gaps between them for measured response times.
    """
    found = lines(text)
    lengths = [max(1.0, len(words.split()) / WORDS_A_SECOND) for _, words, _ in found]
    pace = 1.0 if seconds is None else min(1.0, seconds / (sum(lengths) or 1.0))
    at = 0.0
    for (speaker, words, state), length in zip(found, lengths, strict=True):
        yield TurnIn(speaker_role=speaker, text=words, started_s=round(at, 2), state=state)  # type: ignore[arg-type]
        at += length * pace
