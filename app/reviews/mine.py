"""My calls: what waits for one person, and what they did lately."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from app.core import database

SHOWN = 50
SEEN_SHOWN = 10
_CALL = """
c.id, c.number, c.started_at, c.direction, c.channel_kind, c.status, c.completion_reason,
c.caller_id, c.service_name, c.duration_seconds
"""
_ASSIGNED = f"""
select {_CALL}, s.assigned_by, s.assigned_at, '' from call_assignment s
join call c on c.workspace_id = %(workspace_id)s and c.id = s.call_id
where s.workspace_id = %(workspace_id)s and s.account_id = %(me)s and not s.done
order by s.started_at desc, s.number desc limit {SHOWN + 1}
"""
_MENTIONED = f"""
select {_CALL}, n.author, n.created_at, left(n.text, 240) from (
  select note_id, created_at from note_mention
  where workspace_id = %(workspace_id)s and account_id = %(me)s and seen_at is {{}}
  order by created_at desc limit {{}}) m
join call_note n on n.workspace_id = %(workspace_id)s and n.id = m.note_id
join call c on c.workspace_id = %(workspace_id)s and c.id = n.call_id
order by m.created_at desc
"""
_UNSEEN = _MENTIONED.format("null", SHOWN)
_SEEN = _MENTIONED.format("not null", SEEN_SHOWN)
_REVIEWED = f"""
select {_CALL}, c.reviewed_by, c.reviewed_at, '' from call c
where c.workspace_id = %(workspace_id)s and c.reviewed_by_account_id = %(me)s
order by c.reviewed_at desc limit {SEEN_SHOWN}
"""


class Mine(NamedTuple):
    """A call that concerns somebody: who made it so, when, and the beginning of a note."""

    id: uuid.UUID
    number: int
    started_at: datetime
    direction: str
    channel_kind: str
    status: str
    completion_reason: str | None
    caller_id: str | None
    service_name: str | None
    duration_seconds: float | None
    by: str
    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Lists:
    """At most 50 assigned calls (`more` tells of others), 50 new mentions, 10 of each before."""

    assigned: list[Mine]
    more: bool
    unseen: list[Mine]
    seen: list[Mine]
    reviewed: list[Mine]

    @property
    def waiting(self) -> int:
        """How much waits: assigned calls and new mentions."""
        return len(self.assigned) + len(self.unseen)

    @property
    def count(self) -> int:
        """How many calls the page shows."""
        return sum(map(len, (self.assigned, self.unseen, self.seen, self.reviewed)))


def lists(workspace_id: uuid.UUID, me: uuid.UUID) -> Lists:
    """What waits for this account, the newest call first, and what it did lately."""
    params: dict[str, Any] = {"workspace_id": workspace_id, "me": me}
    assigned, unseen, seen, reviewed = (
        [Mine(*row) for row in database.rows(sql, params)]
        for sql in (_ASSIGNED, _UNSEEN, _SEEN, _REVIEWED)
    )
    return Lists(assigned[:SHOWN], len(assigned) > SHOWN, unseen, seen, reviewed)
