"""Marking calls as reviewed, assigning and tagging them; every change is audited."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Literal

from app.calls import entities
from app.core import database
from app.core.errors import Conflict, Invalid, NotFound
from app.core.identity import Actor

from . import mentions, queries
from .held import Held, hold, record
from .mentions import Told
from .notes import Link
from .queries import Work, myself
from .schema import MOST_TAGS

_REVIEW = """
update call set reviewed_at = now(), reviewed_by = %(by)s, reviewed_by_account_id = %(me)s
where workspace_id = %(workspace_id)s and id = %(id)s
"""
_UNDO = """
update call set reviewed_at = null, reviewed_by = null, reviewed_by_account_id = null
where workspace_id = %(workspace_id)s and id = %(id)s
"""
_DONE = """
update call_assignment set done = %(done)s where workspace_id = %(workspace_id)s and call_id = %(id)s
"""
_ASSIGNEE = """
select s.account_id, u.name from call_assignment s
join account a on a.workspace_id = %(workspace_id)s and a.id = s.account_id
join users u on u.id = a.user_id
where s.workspace_id = %(workspace_id)s and s.call_id = %(id)s
"""
_ASSIGN = """
insert into call_assignment
  (workspace_id, call_id, account_id, started_at, number, assigned_by, done)
values (%(workspace_id)s, %(id)s, %(account)s, %(at)s, %(number)s, %(by)s, %(done)s)
on conflict (workspace_id, call_id) do update set account_id = excluded.account_id,
  assigned_by = excluded.assigned_by, assigned_at = now(), done = excluded.done
"""
_UNASSIGN = """
delete from call_assignment where workspace_id = %(workspace_id)s and call_id = %(id)s
"""
# Held, so that nobody removes the account before the call is theirs.
_TAKER = """
select a.id, u.name, u.email from account a join users u on u.id = a.user_id
where a.workspace_id = %(workspace_id)s and a.id = %(account)s for key share of a
"""
_TAGS = """
select tag from call_tag where workspace_id = %(workspace_id)s and call_id = %(id)s order by tag
"""
_ADD_TAGS = """
insert into call_tag (workspace_id, call_id, tag, started_at, number)
select %(workspace_id)s, %(id)s, tag, %(at)s, %(number)s from unnest(%(tags)s::text[]) tag
"""
_DROP_TAGS = """
delete from call_tag
where workspace_id = %(workspace_id)s and call_id = %(id)s and tag = any(%(tags)s)
"""


def _mark(actor: Actor, ident: uuid.UUID | str) -> Held:
    call = hold(actor, ident)
    params = {"workspace_id": actor.here.id, "id": call.id}
    if not call.reviewed:
        database.execute(_REVIEW, {**params, "by": actor.label, "me": myself(actor)})
        database.execute(_DONE, {**params, "done": True})
        record("review", call, after={"reviewed_by": actor.label})
    return call


def _unmark(actor: Actor, ident: uuid.UUID | str) -> Held:
    call = hold(actor, ident)
    params = {"workspace_id": actor.here.id, "id": call.id}
    if call.reviewed:
        database.execute(_UNDO, params)
        database.execute(_DONE, {**params, "done": False})
        record("unreview", call, before={"reviewed_by": call.reviewed_by})
    return call


def review(actor: Actor, ident: uuid.UUID | str) -> Work:
    """Mark as reviewed; whoever was first stays. Raises NotFound."""
    return _reviewed(actor, _mark(actor, ident), undo=False)


def undo_review(actor: Actor, ident: uuid.UUID | str) -> Work:
    """Take the mark off again. Raises NotFound."""
    return _reviewed(actor, _unmark(actor, ident), undo=True)


def _reviewed(actor: Actor, call: Held, undo: bool) -> Work:
    if call.reviewed is undo:
        entities.update(actor.here.id, [call.id], actor.label)
    return queries.of_call(actor, call.id)


def review_all(actor: Actor, idents: Iterable[uuid.UUID], undo: bool = False) -> int:
    """Mark several calls, or take the mark off; how many. Raises NotFound, and then none is."""
    # In one order, so that two who do this at once wait for each other rather than both.
    chosen = sorted(set(idents))
    calls = [(_unmark if undo else _mark)(actor, ident) for ident in chosen]
    changed = [call.id for call in calls if call.reviewed is undo]
    if changed:
        entities.update(actor.here.id, changed, actor.label)
    return len(chosen)


def assign(
    actor: Actor,
    ident: uuid.UUID | str,
    account: uuid.UUID | None,
    seen: uuid.UUID | Literal["nobody"] | None = None,
    link: Link | None = None,
) -> Work:
    """Make it somebody's call, or with None nobody's; with a link they are told by mail.

    `seen` is whose call it was when the choice was made, if that is known. Raises NotFound, and
    Conflict when it is somebody else's by now.
    """
    call = hold(actor, ident)
    params = {"workspace_id": actor.here.id, "id": call.id}
    stored = database.row(_ASSIGNEE, params) or (None, None)
    if stored[0] != account:
        if seen is not None and seen != (stored[0] or "nobody"):
            whose = f"{stored[1]}’s" if stored[0] else "nobody’s"
            raise Conflict(f"This call is {whose} by now. Look again before you change it.")
        taker = _give(call, params, actor, account)
        if taker and link and taker.id != myself(actor):
            mentions.hand_over(actor, taker, call.number, link(call.id))
        name = taker.name if taker else None
        record("assign" if account else "unassign", call,
                before={"assignee": stored[1]}, after={"assignee": name})  # fmt: skip
    return queries.of_call(actor, call.id)


def _give(
    call: Held, params: dict[str, uuid.UUID], actor: Actor, account: uuid.UUID | None
) -> Told | None:
    if account is None:
        database.execute(_UNASSIGN, params)
        return None
    found = database.row(_TAKER, {**params, "account": account})
    if found is None:
        raise NotFound.of("account")
    database.execute(_ASSIGN, {
        **params, "account": account, "at": call.at, "number": call.number, "by": actor.label,
        "done": call.reviewed,
    })  # fmt: skip
    return Told(*found)


def tag(
    actor: Actor, ident: uuid.UUID | str, added: Iterable[str], dropped: Iterable[str] = ()
) -> Work:
    """Put tags on and take tags off; in their one form. Raises NotFound, Invalid for too many."""
    call = hold(actor, ident)
    before = _tags_of(actor, call)
    return _retag(actor, call, before, (set(before) - set(dropped)) | set(added))


def set_tags(actor: Actor, ident: uuid.UUID | str, tags: Sequence[str]) -> Work:
    """Make these all the tags of a call. Raises NotFound, Invalid for too many."""
    call = hold(actor, ident)
    return _retag(actor, call, _tags_of(actor, call), set(tags))


def _tags_of(actor: Actor, call: Held) -> list[str]:
    params = {"workspace_id": actor.here.id, "id": call.id}
    return [row[0] for row in database.rows(_TAGS, params)]


def _retag(actor: Actor, call: Held, before: list[str], wanted: set[str]) -> Work:
    if len(wanted) > MOST_TAGS:
        raise Invalid({"tags": f"A call has at most {MOST_TAGS} tags."})
    params = {"workspace_id": actor.here.id, "id": call.id, "at": call.at, "number": call.number}
    added, dropped = sorted(wanted - set(before)), sorted(set(before) - wanted)
    if dropped:
        database.execute(_DROP_TAGS, {**params, "tags": dropped})
    if added:
        database.execute(_ADD_TAGS, {**params, "tags": added})
    if added or dropped:
        record("tag", call, before={"tags": before}, after={"tags": sorted(wanted)})
    return queries.of_call(actor, call.id)
