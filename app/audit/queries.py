"""Reads of the audit log: keyset pages by number, never an OFFSET."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core import database, keys
from app.core.identity import Actor

from .schema import AuditFilter, AuditPage, AuditQuery, AuditSummary, EventOut

MOST_COUNTED = 10_000
BATCH = 1_000

_COLUMNS = """
seq, id, workspace_id, at, actor_kind, actor_account_id, actor_user_id, actor_key_id, actor_label,
action, resource_type, resource_id, resource_name, outcome, phi_accessed, before, after, metadata,
ip, user_agent, request_id, hash, previous_hash
"""
# Whose it was is asked by user, which is indexed; an account's id stands for its user.
_WHERE = """
from audit_event where workspace_id = %(workspace_id)s
and (%(action)s::text is null or action = %(action)s)
and (%(service)s::text is null or split_part(action, '.', 1) = %(service)s)
and (%(person)s::uuid is null or actor_user_id = coalesce(
  (select user_id from account where workspace_id = %(workspace_id)s and id = %(person)s),
  %(person)s))
and (%(key_id)s::text is null or actor_key_id = %(key_id)s)
and (%(resource_type)s::text is null or resource_type = %(resource_type)s)
and (%(resource_id)s::text is null or resource_id = %(resource_id)s)
and (%(outcome)s::text is null or outcome = %(outcome)s)
and (not %(phi_only)s or phi_accessed)
and (%(date_from)s::date is null or at >= %(date_from)s::date::timestamp at time zone 'UTC')
and (%(date_to)s::date is null or at < (%(date_to)s::date + 1)::timestamp at time zone 'UTC')
"""
_PAGE = f"""
select {_COLUMNS} {_WHERE} and seq < %(before)s order by seq desc limit %(limit)s
"""
_COUNT = f"select count(*) from (select 1 {_WHERE} and seq < %(before)s limit %(limit)s) found"
_COUNT_ALL = f"select count(*) {_WHERE} and seq < %(before)s"
_SUMMARY = f"""
select count(*), count(distinct coalesce(actor_key_id, actor_user_id::text, actor_label)),
  count(distinct split_part(action, '.', 1)), count(*) filter (where phi_accessed) {_WHERE}
"""
_HEAD = "select seq from audit_head where workspace_id = %(workspace_id)s"
# Jumps from one action to the next along the index instead of reading every event.
_CHOICES = """
with recursive found(action) as (
  (select action from audit_event where workspace_id = %(workspace_id)s order by action limit 1)
  union all
  select (select e.action from audit_event e
          where e.workspace_id = %(workspace_id)s and e.action > found.action
          order by e.action limit 1)
  from found where found.action is not null
)
, people as (
  select a.user_id, u.name, u.email from account a join users u on u.id = a.user_id
  where a.workspace_id = %(workspace_id)s order by lower(u.name), u.email limit 500
), keys as (
  select key_id, name from api_key where workspace_id = %(workspace_id)s
  order by created_at desc limit 200
)
select (select array_agg(action) from found where action is not null),
  (select array_agg(array[user_id::text, name || ' (' || email || ')']) from people),
  (select array_agg(array[key_id, coalesce(name, 'Unnamed') || ' (' || key_id || ')']) from keys)
"""
_LAST = 2**62


@dataclass(frozen=True, slots=True)
class Event:
    """One event as stored."""

    seq: int
    id: UUID
    workspace_id: UUID
    at: datetime
    actor_kind: str
    actor_account_id: UUID | None
    actor_user_id: UUID | None
    actor_key_id: str | None
    actor_label: str
    action: str
    resource_type: str
    resource_id: str | None
    resource_name: str | None
    outcome: str
    phi_accessed: bool
    before: Any
    after: Any
    metadata: Any
    ip: str | None
    user_agent: str | None
    request_id: str | None
    hash: str
    previous_hash: str

    @property
    def actor_value(self) -> str | None:
        """What the filter `actor` takes for whoever did this."""
        return self.actor_key_id or (str(self.actor_user_id) if self.actor_user_id else None)

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """(field, before, after) of what differs; whole values where they are not objects."""
        if not isinstance(self.before or {}, dict) or not isinstance(self.after or {}, dict):
            return [("value", self.before, self.after)]
        before, after = self.before or {}, self.after or {}
        names = [*before, *(name for name in after if name not in before)]
        pairs = [(name, before.get(name), after.get(name)) for name in names]
        return [pair for pair in pairs if pair[1] != pair[2]]

    def out(self) -> EventOut:
        """As the JSON shows it."""
        return EventOut(
            id=self.id, seq=self.seq, workspace_id=self.workspace_id, timestamp=self.at,
            service=self.action.split(".")[0], action=self.action, outcome=self.outcome,
            resource_type=self.resource_type, resource_id=self.resource_id,
            resource_name=self.resource_name, actor_label=self.actor_label,
            actor_entity_id=self.actor_account_id or self.actor_user_id,
            actor_credential_id=self.actor_key_id, ip_address=self.ip,
            user_agent=self.user_agent, request_id=self.request_id,
            phi_accessed=self.phi_accessed, before=self.before, after=self.after,
            metadata=self.metadata, hash=self.hash, previous_hash=self.previous_hash,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of events, newest first."""

    events: list[Event]
    has_more: bool

    @property
    def token(self) -> int | None:
        """The number of the last event shown, when older ones follow."""
        return self.events[-1].seq if self.has_more else None


def _params(actor: Actor, wanted: AuditFilter) -> dict[str, Any]:
    asked = wanted.model_dump(include=set(AuditFilter.model_fields))
    person, key_id = None, None
    if wanted.actor:
        try:
            person = UUID(wanted.actor)
        except ValueError:
            parsed = keys.parse(wanted.actor)
            key_id = parsed[0] if parsed else wanted.actor.rsplit("_", 1)[-1]
    return {**asked, "workspace_id": actor.here.id, "person": person, "key_id": key_id}


def listing(actor: Actor, wanted: AuditFilter, before: int | None, limit: int) -> Listing:
    """Up to `limit` events that the filter lets through, with numbers below `before`."""
    params = {**_params(actor, wanted), "before": before or _LAST, "limit": limit + 1}
    found = [Event(*row) for row in database.rows(_PAGE, params, prepare=False)]
    return Listing(found[:limit], len(found) > limit)


@dataclass(frozen=True, slots=True)
class Lines:
    """One page of events as their rows, newest first: most of them were drawn before."""

    rows: list[database.Row]
    token: int | None
    """The number of the last event shown, when older ones follow."""


def lines(actor: Actor, wanted: AuditFilter, before: int | None, limit: int) -> Lines:
    """What `listing` finds, unread."""
    params = {**_params(actor, wanted), "before": before or _LAST, "limit": limit + 1}
    found = database.raw(_PAGE, params, prepare=False)
    return Lines(found[:limit], found[limit - 1][0] if len(found) > limit else None)


def told(row: database.Row) -> Hashable:
    """What an event's line shows: its hash covers all of it but how a filter names the actor."""
    seq, actor_user_id, actor_key_id, hashed = row[0], row[6], row[7], row[21]
    return seq, hashed, actor_key_id or (actor_user_id and actor_user_id.int)


def event(row: database.Row) -> Event:
    """A row of `Lines`, read."""
    return Event(*database.parsed(row))


def head(actor: Actor) -> int:
    """The number of the newest event."""
    return int(database.value(_HEAD, {"workspace_id": actor.here.id}) or 0)


def page(actor: Actor, query: AuditQuery) -> AuditPage:
    """A page as JSON. The chain has no gaps, so an offset into it is a number below the head."""
    newest = head(actor)
    before = query.continuation_token or newest + 1 - query.offset
    if before < 1:
        return AuditPage(events=[], total=_total(actor, query, newest), has_more=False,
                         limit=query.limit, offset=query.offset)  # fmt: skip
    found = listing(actor, query, before, query.limit)
    last = found.token
    return AuditPage(
        events=[event.out() for event in found.events],
        total=_total(actor, query, newest),
        has_more=found.has_more,
        limit=query.limit,
        offset=query.offset,
        next_offset=newest + 1 - last if last is not None else None,
        continuation_token=last,
    )


def _total(actor: Actor, wanted: AuditFilter, newest: int) -> int:
    if not wanted.given():
        return newest
    params = {**_params(actor, wanted), "before": _LAST, "limit": MOST_COUNTED}
    return int(database.value(_COUNT, params, prepare=False))


def count_below(actor: Actor, wanted: AuditFilter, before: int) -> int:
    """How many events an export will hold, exactly."""
    params = {**_params(actor, wanted), "before": before}
    return int(database.value(_COUNT_ALL, params, prepare=False))


def batches(actor: Actor, wanted: AuditFilter, before: int) -> Iterator[list[Event]]:
    """Every event below `before` that the filter lets through, newest first, in batches.

    Each batch is a short transaction of its own, so that a slow reader holds nothing open.
    """
    params = _params(actor, wanted)
    while True:
        rows = database.rows(_PAGE, {**params, "before": before, "limit": BATCH}, prepare=False)
        database.rollback()
        if rows:
            yield [Event(*row) for row in rows]
            before = rows[-1][0]
        if len(rows) < BATCH:
            return


def summary(actor: Actor, wanted: AuditFilter) -> AuditSummary:
    """Figures of the events that the filter lets through."""
    params = _params(actor, wanted)
    total, actors, services, phi = database.rows(_SUMMARY, params, prepare=False)[0]
    return AuditSummary(
        total_events=total, unique_actors=actors, services_with_events=services,
        phi_access_events=phi,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filter offers: (value, label)."""

    actions: tuple[str, ...]
    people: tuple[tuple[str, str], ...]
    keys: tuple[tuple[str, str], ...]


def choices(actor: Actor) -> Choices:
    """Actions that occur, people of the workspace, and its keys."""
    actions, people, keys = database.rows(_CHOICES, {"workspace_id": actor.here.id})[0]
    pairs = ((value, label) for value, label in people or ())
    return Choices(tuple(actions or ()), tuple(pairs), tuple((v, label) for v, label in keys or ()))
