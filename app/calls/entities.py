"""Calls as entities of the world: each call is one, with the call's own id, and has its events.

What the events say follows from the call's row alone (`_TOLD`); they hold no word that was spoken
and no caller's number. A call that is new gets its entity, events, state and figures in one
statement; of one that changed, what it says otherwise now supersedes what it said before.
"""

import uuid
from collections.abc import Sequence

from app.core import database, jobs
from app.world import projecting, store
from app.world.tally import GROW, HOUR

SOURCE = "calls"
BATCH = 500
# The ids of a call's new events are one new id with a last digit each, as making an id takes
# longer than anything else here.
_IDS = ", ".join(
    f"case when {there} then overlay(new_id::text placing '{n}' from 36)::uuid end as e{n}"
    for n, there in enumerate(
        ("true", "escalated", "joined", "ended", "ended", "reviewed_at is not null"), 1)
)  # fmt: skip
_CALLS = f"""
select *, {_IDS} from (
  select id, workspace_id, number, call_sid, direction, status, source, channel_kind, service_id,
    started_at, duration_seconds, completion_reason, escalation_status, quality_score,
    reviewed_at, reviewed_by, uuidv7() as new_id, outcome <> 'running' as ended,
    escalation_status <> 'none' as escalated,
    coalesce(ended_at, started_at + make_interval(secs => duration_seconds)) as over_at,
    escalation_status in ('connected', 'handback')
      or coalesce(completion_reason = 'warm_transfer_completed', false) as joined
  from call where workspace_id = %(workspace_id)s and id = any(%(ids)s) offset 0) one
"""
# The place of an event among those of its call, its id, and what it says, as of domain 12.1.
_TOLD = """
(1, c.e1, 'call.started', c.started_at, null, jsonb_build_object('call_sid', c.call_sid,
  'direction', c.direction, 'service_id', c.service_id,
  'status', case when not c.ended then c.status end,
  'channel_kind', nullif(c.channel_kind, 'voice'), 'source', nullif(c.source, 'real'))),
(2, c.e2, 'escalation.requested', c.over_at, null, case when c.escalated then
  jsonb_build_object('call_sid', c.call_sid, 'escalation_status', 'requested') end),
(3, c.e3, 'escalation.connected', c.over_at, null, case when c.joined then
  jsonb_build_object('call_sid', c.call_sid, 'escalation_status', 'connected') end),
(4, c.e4, 'call.ended', c.over_at, null, case when c.ended then jsonb_build_object(
  'call_sid', c.call_sid, 'direction', c.direction, 'service_id', c.service_id,
  'duration_seconds', c.duration_seconds, 'completion_reason', c.completion_reason,
  'escalated', c.escalated) end),
(5, c.e5, 'call.outcome', c.over_at, null, case when c.ended then jsonb_build_object(
  'call_sid', c.call_sid, 'status', c.status, 'quality_score', c.quality_score,
  'escalation_status', nullif(c.escalation_status, 'none')) end),
(6, c.e6, 'review.submitted', c.reviewed_at, c.reviewed_by, case when c.e6 is not null then
  jsonb_build_object('action', 'reviewed', 'item_id', c.id) end)
"""
_TIME = """to_char({0} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')"""
# The state, as `app.world.told` reads it from the events, with the event behind each field.
_STATE = {
    "call_sid": ("c.call_sid", "c.e1"),
    "direction": ("c.direction", "c.e1"),
    "service_id": ("c.service_id", "c.e1"),
    "channel_kind": ("nullif(c.channel_kind, 'voice')", "c.e1"),
    "source": ("nullif(c.source, 'real')", "c.e1"),
    "start": (_TIME.format("c.started_at"), "c.e1"),
    "status": ("c.status", "case when c.ended then c.e5 else c.e1 end"),
    "end": (f"case when c.ended then {_TIME.format('c.over_at')} end", "c.e4"),
    "duration_seconds": ("case when c.ended then c.duration_seconds end", "c.e4"),
    "completion_reason": ("case when c.ended then c.completion_reason end", "c.e4"),
    "escalated": ("case when c.ended then c.escalated end", "c.e4"),
    "quality_score": ("case when c.ended then c.quality_score end", "c.e5"),
    "escalation_status": (
        "case when c.ended and c.escalated then c.escalation_status when c.joined then 'connected'"
        " when c.escalated then 'requested' end",
        "case when c.ended and c.escalated then c.e5 when c.joined then c.e3 else c.e2 end",
    ),
    "reviewed_by": ("c.reviewed_by", "c.e6"),
}
_FIELDS = ", ".join(f"'{name}', {value}" for name, (value, _) in _STATE.items())
_ORIGINS = ", ".join(
    f"'{name}', case when {value} is not null then {event} end"
    for name, (value, event) in _STATE.items()
)
_NAME = """
case c.direction when 'inbound' then 'Incoming' when 'outbound' then 'Outgoing'
  else initcap(c.direction) end || case when c.channel_kind = 'voice' then ' call, ' else ' conversation, ' end
  || to_char(c.started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC'
"""
_SAID = f"""
select c.id as entity_id, c.number, t.*
from c cross join lateral (values {_TOLD})
  t (place, id, event_type, effective_at, author, data) where t.id is not null
"""
_SEQ = """
update world_counter set last_seq = last_seq + (select count(*) from said)
where workspace_id = %(workspace_id)s returning last_seq - (select count(*) from said) as last
"""
_EVENTS = f"""
insert into event (workspace_id, id, seq, event_type, domain, data, confidence, source, author,
  effective_at{{0}})
select %(workspace_id)s, id, seq.last + n, event_type, 'operational', jsonb_strip_nulls(data), 1,
  '{SOURCE}', author, effective_at{{0}} from said, seq order by n
"""
_LINKS = """
insert into event_entity (workspace_id, entity_id, seq, event_id)
select %(workspace_id)s, entity_id, seq.last + n, id from said, seq
"""
_COUNTS = f"""
select 'event' as kind, event_type as name, count(*) as count from said group by 2
union all
select 'fact', event_type || chr(9) || 'operational' || chr(9) || '{SOURCE}', count(*)
from said group by 2
union all select 'hour', {HOUR.format("now()")}, count(*) from said
"""
_FIGURES = f"""
insert into world_count (workspace_id, kind, name, count)
select %(workspace_id)s, kind, name, count from ({{0}}) v where count > 0
{GROW}
"""
_NEW = f"""
with c as materialized ({_CALLS}),
said as materialized (select *, row_number() over (order by number, place) as n from ({_SAID}) s),
seq as ({_SEQ}),
entities as (
  insert into entity (workspace_id, id, entity_type, canonical_id, source, display_name, state,
    origins, confidence, event_count, has_projection)
  select c.workspace_id, c.id, 'call', '{SOURCE}:Call:' || c.id, '{SOURCE}', {_NAME},
    jsonb_strip_nulls(jsonb_build_object({_FIELDS})),
    jsonb_strip_nulls(jsonb_build_object({_ORIGINS})), 1,
    1 + 2 * c.ended::integer + c.escalated::integer + c.joined::integer
      + (c.reviewed_at is not null)::integer, true
  from c),
events as ({_EVENTS.format("")}),
links as ({_LINKS}),
sources as (
  insert into entity_source (workspace_id, source_system, entity_id)
  select c.workspace_id, '{SOURCE}', c.id from c)
""" + _FIGURES.format(f"""{_COUNTS}
union all select x.kind, x.name, count(*) * x.times from c cross join (values
  ('entity', 'call', 1), ('projected', 'call', 1), ('confidence', 'call', 10000),
  ('source', 'call' || chr(9) || '{SOURCE}', 1)) x (kind, name, times) group by 1, 2, x.times""")
# What the call says now, beside what its events say that hold. That a call was ringing when it
# started is not taken back when it ends.
_CHANGED = f"""
with c as materialized ({_CALLS}),
held as materialized (
  select l.entity_id, e.id, e.event_type, e.data
  from event_entity l join event e on e.workspace_id = %(workspace_id)s and e.id = l.event_id
  where l.workspace_id = %(workspace_id)s and l.entity_id = any(%(ids)s) and e.source = '{SOURCE}'
    and not exists (select from event o
      where o.workspace_id = %(workspace_id)s and o.supersedes = e.id)),
said as materialized (
  select s.entity_id, s.id, s.event_type, s.effective_at, s.author, s.data, held.id as supersedes,
    row_number() over (order by s.number, s.place) as n
  from ({_SAID} union all
    select c.id, c.number, 7, uuidv7(), 'review.submitted', now(), %(by)s,
      jsonb_build_object('action', 'reopened', 'item_id', c.id)
    from c join held on held.entity_id = c.id and held.event_type = 'review.submitted'
      and held.data ->> 'action' = 'reviewed' where c.reviewed_at is null) s
  left join held on held.entity_id = s.entity_id and held.event_type = s.event_type
  where held.id is null or jsonb_strip_nulls(s.data) <>
    case when s.data ->> 'status' is null then held.data - 'status' else held.data end),
seq as ({_SEQ}),
events as ({_EVENTS.format(", supersedes")}),
links as ({_LINKS}),
figures as ({_FIGURES.format(_COUNTS)})
select distinct entity_id from said
"""
_WAITING = f"""
select k.workspace_id from call_counter k
left join world_count w on w.workspace_id = k.workspace_id and w.kind = 'source'
  and w.name = 'call' || chr(9) || '{SOURCE}'
where k.total > coalesce(w.count, 0)
"""
_KNOWN = """
select id from entity where workspace_id = %(workspace_id)s and id = any(%(ids)s)
"""
# One probe a call, whatever the planner thinks of the tables.
_NEXT = """
select c.id, c.number, n.there is null as missing
from (select id, number from call where workspace_id = %(workspace_id)s and number > %(after)s
  order by number limit %(take)s) c
left join lateral (select true as there from entity
  where workspace_id = %(workspace_id)s and id = c.id offset 0) n on true
order by c.number
"""
_AWAITED = """
select 1 from call c where c.workspace_id = %(workspace_id)s and c.id = %(id)s
  and not exists (select from entity n where n.workspace_id = %(workspace_id)s and n.id = c.id)
"""
_FORGET = "select forget_calls(%(ids)s::uuid[])"


def add(workspace_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> None:
    """Let calls that are no entities yet be ones. Takes the world's lock."""
    store.lock(workspace_id)
    database.execute(_NEW, {"workspace_id": workspace_id, "ids": list(ids)})


def update(workspace_id: uuid.UUID, ids: Sequence[uuid.UUID], by: str | None = None) -> None:
    """Let the events of calls say what the calls say now; the rows are held by the caller.

    `by` is who takes back a review. Takes the world's lock.
    """
    store.lock(workspace_id)
    place = {"workspace_id": workspace_id, "ids": list(ids)}
    known = {row[0] for row in database.rows(_KNOWN, place)}
    if len(known) < len(set(ids)):
        add(workspace_id, sorted(set(ids) - known))
    if known:
        changed = [row[0] for row in database.rows(_CHANGED, {**place, "by": by})]
        projecting.recompute(workspace_id, changed)


def forget(workspace_id: uuid.UUID, ids: Sequence[uuid.UUID]) -> None:
    """Remove what the world holds of calls that were removed. Takes the world's lock."""
    store.lock(workspace_id)
    database.execute(_FORGET, {"ids": list(ids)})


def awaited(workspace_id: uuid.UUID, ident: uuid.UUID) -> bool:
    """Whether this is a call that is no entity yet."""
    return database.row(_AWAITED, {"workspace_id": workspace_id, "id": ident}) is not None


def waiting(url: str) -> list[uuid.UUID]:
    """The workspaces with calls that are no entities yet. `url` is the maintenance role's."""
    with jobs.maintenance(url) as connection:
        return [row[0] for row in connection.execute(_WAITING).fetchall()]


def fill(workspace_id: uuid.UUID, after: int = 0, take: int = BATCH) -> tuple[int, int | None]:
    """Make those of the next calls, with numbers beyond `after`, entities that are none.

    Answers how many, and the number to go on after; None when there are no more. The transaction
    is the caller's; what is made already is never made again.
    """
    store.lock(workspace_id)
    rows = database.rows(_NEXT, {"workspace_id": workspace_id, "after": after, "take": take})
    ids = [ident for ident, _, missing in rows if missing]
    if ids:
        database.execute(_NEW, {"workspace_id": workspace_id, "ids": ids})
    return len(ids), rows[-1][1] if len(rows) == take else None
