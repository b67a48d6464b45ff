"""Reading what people did with a call, and what waits for one of them."""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from app.calls import queries as calls
from app.core import database
from app.core.errors import NotFound
from app.core.identity import Actor

MOST_PEOPLE = 500
MOST_SUGGESTIONS = 200
MOST_WAITING = 100
_TOLD = """
(select json_agg(json_build_array(a.id, u.name) order by lower(u.name), a.id)
 from note_mention m join account a on a.workspace_id = %(workspace_id)s and a.id = m.account_id
 join users u on u.id = a.user_id
 where m.workspace_id = %(workspace_id)s and m.note_id = n.id)
"""
# The author's account, as long as there is one.
_NOTE = f"""
n.id, n.text, n.author,
(select a.id from account a where a.workspace_id = %(workspace_id)s
  and a.id = n.author_account_id), n.created_at, n.edited_at, {_TOLD}
"""
_WORK = f"""
select c.id, c.call_sid, c.number, c.reviewed_at, c.reviewed_by,
  (select json_build_array(a.id, u.name, s.assigned_by, s.assigned_at) from call_assignment s
   join account a on a.workspace_id = %(workspace_id)s and a.id = s.account_id
   join users u on u.id = a.user_id
   where s.workspace_id = %(workspace_id)s and s.call_id = c.id),
  array(select t.tag from call_tag t where t.workspace_id = %(workspace_id)s and t.call_id = c.id
   order by t.tag),
  (select json_agg(json_build_array({_NOTE}) order by n.created_at, n.id) from call_note n
   where n.workspace_id = %(workspace_id)s and n.call_id = c.id),
  exists (select from call_note n join note_mention m
   on m.workspace_id = %(workspace_id)s and m.note_id = n.id
   where n.workspace_id = %(workspace_id)s and n.call_id = c.id
     and m.account_id = %(me)s::uuid and m.seen_at is null)
from call c where c.workspace_id = %(workspace_id)s and
"""
_BY_ID = _WORK + " c.id = %(id)s"
_BY_SID = _WORK + " c.call_sid = %(sid)s"
# The tags by a loose index scan: one probe for each different tag.
_OFFERS = f"""
with recursive each as (
  (select tag from call_tag where workspace_id = %(workspace_id)s order by tag limit 1)
  union all
  select (select t.tag from call_tag t where t.workspace_id = %(workspace_id)s
          and t.tag > each.tag order by t.tag limit 1)
  from each where each.tag is not null
)
select
  (select json_agg(json_build_array(p.id, p.name, p.role))::text from (
     select a.id, u.name, a.role from account a join users u on u.id = a.user_id
     where a.workspace_id = %(workspace_id)s order by lower(u.name), a.id
     limit {MOST_PEOPLE}) p),
  array(select tag from each where tag is not null limit {MOST_SUGGESTIONS}),
  (select count(*) from (select from call_assignment where workspace_id = %(workspace_id)s
     and account_id = %(me)s::uuid and not done limit {MOST_WAITING}) o)
  + (select count(*) from (select from note_mention where workspace_id = %(workspace_id)s
     and account_id = %(me)s::uuid and seen_at is null limit {MOST_WAITING}) u)
"""


class Person(NamedTuple):
    """An account of the workspace and whose it is."""

    id: uuid.UUID
    name: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A note and who was told of it; without an account when the author has left."""

    id: uuid.UUID
    text: str
    author: str
    author_account_id: uuid.UUID | None
    created_at: datetime
    edited_at: datetime | None
    told: tuple[Person, ...]

    @property
    def stamp(self) -> str:
        """What tells this state of the note from another."""
        return (self.edited_at or self.created_at).isoformat()


@dataclass(frozen=True, slots=True)
class Work:
    """What people did with a call; `unseen` tells that a note mentions the actor for the first time."""

    call_id: uuid.UUID
    call_sid: str
    number: int
    reviewed_at: datetime | None
    reviewed_by: str | None
    assignee: Person | None
    assigned_by: str | None
    assigned_at: datetime | None
    tags: tuple[str, ...]
    notes: tuple[Note, ...]
    unseen: bool


@dataclass(frozen=True, eq=False, slots=True)
class Team:
    """The people of a workspace. One object for the same people: its identity is its hash."""

    people: tuple[Person, ...]
    names: dict[uuid.UUID, str]


@dataclass(frozen=True, slots=True)
class Offers:
    """Whom a call can be assigned to, and the tags in use here.

    `waiting` counts what waits for one of them, assigned calls and new mentions, to 100 of each.
    """

    team: Team
    tags: tuple[str, ...]
    waiting: int

    @property
    def people(self) -> tuple[Person, ...]:
        """By name."""
        return self.team.people


def myself(actor: Actor) -> uuid.UUID | None:
    """The account of a person who acts; a key is nobody."""
    return actor.account_id if actor.kind == "account" else None


def people(found: Any) -> tuple[Person, ...]:
    """Accounts out of JSON."""
    return tuple(Person(uuid.UUID(ident), *more) for ident, *more in found or ())


def _note(found: Any) -> Note:
    ident, text, author, account, at, edited, told = found
    by = uuid.UUID(account) if account else None
    changed = datetime.fromisoformat(edited) if edited else None
    return Note(
        uuid.UUID(ident), text, author, by, datetime.fromisoformat(at), changed, people(told)
    )


def _assignment(found: Any) -> tuple[Person | None, str | None, datetime | None]:
    if not found:
        return None, None, None
    ident, name, by, at = found
    return Person(uuid.UUID(ident), name), by, datetime.fromisoformat(at)


def of_call(actor: Actor, ident: uuid.UUID | str) -> Work:
    """What people did with the call of this id or call_sid. Raises NotFound."""
    params = {"workspace_id": actor.here.id, "me": myself(actor)}
    found = calls.by_name(_BY_ID, _BY_SID, params, str(ident))
    if found is None:
        raise NotFound.of("call")
    call_id, sid, number, at, by, assigned, tags, notes, unseen = found
    assignee, giver, given_at = _assignment(assigned)
    return Work(
        call_id, sid, number, at, by, assignee, giver, given_at, tuple(tags),
        tuple(_note(one) for one in notes or ()), unseen,
    )  # fmt: skip


def offers(workspace_id: uuid.UUID, me: uuid.UUID | None = None) -> Offers:
    """What the panel offers to choose from (the first 500 people by name), and what waits for me."""
    ((team, tags, waiting),) = database.rows(_OFFERS, {"workspace_id": workspace_id, "me": me})
    return Offers(_team(team or "[]"), tuple(tags), waiting)


@lru_cache(128)
def _team(told: str) -> Team:
    found = people(json.loads(told))
    return Team(found, {person.id: person.name for person in found})
