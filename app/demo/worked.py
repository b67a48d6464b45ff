"""What the demo's people did with their newest calls, and conversations that were written."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import g

from app.by_hand import actions as by_hand
from app.by_hand import said
from app.by_hand.schema import HandIn
from app.calls import actions as calls
from app.calls.schema import CallIn
from app.core import database
from app.core.identity import Actor
from app.reviews import actions, notes
from app.reviews.schema import NoteIn

from .generate import NAMES

_NEWEST = """
select id from call where workspace_id = %(workspace_id)s
order by started_at desc, number desc limit 30
"""
OWNER, ADMIN, MEMBER = (f"{role}@riverside.example" for role in ("owner", "admin", "member"))
REVIEWED = {MEMBER: (2, 5, 6, 9, 11, 14), ADMIN: (8, 16, 17)}
ASSIGNED = {MEMBER: (0, 3, 12), ADMIN: (1,), OWNER: (7,)}
TAGS = {0: ["call back"], 1: ["billing"], 3: ["call back", "refill"], 6: ["no show"],
        12: ["insurance"], 14: ["compliment"]}  # fmt: skip
NOTES = (
    (0, ADMIN, "@Priya can you ring them back before noon? The agent could not find a time."),
    (3, MEMBER, "The pharmacy has it. I will call again when it is ready."),
    (3, OWNER, "Thanks. @Marcus Chen, please see why the agent asked twice."),
    (12, ADMIN, "Insurance letter is in the tray. @Priya Shah"),
    (16, MEMBER, "Nothing to do, the caller hung up."),
)
WRITTEN: tuple[tuple[str, tuple[tuple[str, str, float], ...]], ...] = (
    ("sms", (("caller", "Can I move my appointment on Friday?", 0),
             ("agent", "Yes. Friday at 3 pm, or Monday at 9 am?", 9),
             ("caller", "Monday is good", 340), ("agent", "Done: Monday at 9 am.", 352))),
    ("web", (("caller", "Do you take new patients?", 0),
             ("agent", "We do. Would you like to book a first visit?", 4),
             ("caller", "Not today, thank you", 41))),
    ("whatsapp", (("caller", "Is my lab result there?", 0),
                  ("agent", "A nurse has it and calls you this afternoon.", 12))),
)  # fmt: skip
SAID = """Caller: Our power is out, can you tell me your hours tomorrow?
Operator: We open at eight.
The agent's line was busy, so they rang the desk."""


def _written(me: Actor, today: date) -> Iterator[int]:
    """Store the conversations; the number of turns of each."""
    for number, (channel, lines) in enumerate(WRITTEN, 1):
        at = datetime.combine(today - timedelta(days=1), time(16 + number, 20), UTC)
        turns: list[dict[str, Any]] = [
            {"speaker_role": who, "text": words, "started_s": second}
            for who, words, second in lines
        ]
        stored, _ = calls.create(me, CallIn.model_validate({
            "call_sid": f"CONV-demo-{number}", "channel_kind": channel, "started_at": at,
            "ended_at": at + timedelta(seconds=lines[-1][2] + 60), "turns": turns,
            "caller_id": f"+1415555016{number}", "completion_reason": "completed",
        }))  # fmt: skip
        yield stored.turn_count


def work(place: uuid.UUID, slug: str, people: Mapping[str, Actor], today: date) -> tuple[int, int]:
    """Let the people of one workspace work, each in their own name; calls and turns they added."""
    newest = [row[0] for row in database.rows(_NEWEST, {"workspace_id": place})]

    def as_one(email: str) -> Actor:
        g.actor = people[email]
        return people[email]

    for email, which in REVIEWED.items():
        for one in which:
            actions.review(as_one(email), newest[one])
    for email, which in ASSIGNED.items():
        for one in which:
            actions.assign(as_one(ADMIN), newest[one], people[email].account_id)
    for one, tags in TAGS.items():
        actions.tag(as_one(MEMBER), newest[one], tags)
    for one, email, text in NOTES:
        notes.note(as_one(email), newest[one], NoteIn(text=text), lambda _: "")
    added = list(_written(as_one(MEMBER), today))
    yesterday = datetime.combine(today - timedelta(days=1), time(11, 20))
    logged = HandIn(started_at=yesterday, length=95.0, caller_id="+14155550164", said=SAID)
    by_hand.log(as_one(MEMBER), logged, uuid.uuid5(NAMES, f"{slug}/by hand"), lambda _: "")
    added.append(len(said.lines(SAID)))
    return len(added), sum(added)
