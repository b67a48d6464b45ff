"""What the page of one call shows, made ready for the template."""

from collections.abc import Sequence
from html import escape
from statistics import median
from typing import Any

from markupsafe import Markup

from app.core import formats
from app.core.database import Row
from app.core.kit import icon

from .schema import RUNNING
from .words import DIRECTIONS, SPEAKERS, outcome

SLOW_MS = 1500
DRAWN = 40


def call(row: Row, turns: Sequence[Row]) -> dict[str, Any]:
    """Everything the call page shows."""
    words, colour, icon = outcome(row[3], row[12])
    times = [(t[0] + 1, round(t[9 - 1])) for t in turns if t[1] == "agent" and t[8] is not None]
    return {
        "id": row[0], "sid": row[1], "direction": DIRECTIONS[row[2]], "started_at": row[4],
        "seconds": row[5], "caller": row[7], "line": row[8], "service": row[22],
        "quality": row[10], "final_state": row[11], "reason": row[12], "escalation": row[13],
        "number": row[20], "ended_at": row[21], "configuration": row[23], "error": row[24],
        "outcome": (words, colour, icon), "running": row[3] in RUNNING,
        "source": row[15], "turn_count": len(turns), "transcript": transcript(turns),
        "times": times[:DRAWN], "all_times": times,
        "median": round(median(ms for _, ms in times)) if times else None,
        "highest": max((ms for _, ms in times), default=0), "slow": SLOW_MS,
    }  # fmt: skip


def transcript(turns: Sequence[Row]) -> Markup:
    """The turns as list items; up to 5,000 of them, so formatted here."""
    out = []
    for turn in turns:
        name, shape = SPEAKERS[turn[1]]
        cut = ' <span class="muted sm">interrupted</span>' if turn[10] else ""
        out.append(
            f'<li class="turn {turn[1]}" id="turn-{turn[0] + 1}"><p class="who"><span>'
            f"{icon(shape)}{name}</span><time>{formats.clock(turn[3])}</time>{cut}</p>"
            f'<div class="bubble" dir="auto"><p>{escape(turn[2])}</p></div></li>'
        )
    return Markup("".join(out))
