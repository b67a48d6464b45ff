"""Reading the calls that are going on. Every statement names its workspace."""

import uuid

from app.calls.schema import RUNNING
from app.core import database

SHOWN = 100
LOOKED_BACK = 20
"""A state is looked for in so many turns before the last one."""

_VERSION = "select live_version from call_counter where workspace_id = %(workspace_id)s"
# A turn that moves on ends in the state it moves to.
_RUNNING = f"""
select c.id, c.number, c.call_sid, c.started_at, c.updated_at, c.status, c.direction, c.source,
  c.channel_kind, c.caller_id, c.phone_number, c.service_id,
  coalesce(s.name, c.service_name), c.escalation_status, c.turn_count,
  (select coalesce(t.details #>> '{{state_transitions,-1,to_state}}', t.state) from turn t
   where t.workspace_id = %(workspace_id)s and t.call_id = c.id
     and t.seq >= c.turn_count - {LOOKED_BACK}
     and (t.state is not null or t.details ? 'state_transitions')
   order by t.seq desc limit 1),
  (select coalesce(json_agg(json_build_array(t.seq, t.speaker_role, t.text) order by t.seq), '[]')
   from turn t where t.workspace_id = %(workspace_id)s and t.call_id = c.id
     and t.seq >= c.turn_count - 2)
from (
  select * from call where workspace_id = %(workspace_id)s and status in {RUNNING}
  order by started_at desc, number desc limit {SHOWN + 1}) c
left join service s on s.workspace_id = %(workspace_id)s and s.id = c.service_id
order by c.started_at desc, c.number desc
"""


def version(workspace_id: uuid.UUID) -> int:
    """A number that grows whenever a call that is going on changes, begins or ends."""
    return int(database.value(_VERSION, {"workspace_id": workspace_id}) or 0)


def running(workspace_id: uuid.UUID) -> tuple[list[database.Row], bool]:
    """The newest calls that are going on, and whether there are more."""
    rows = database.rows(_RUNNING, {"workspace_id": workspace_id})
    return rows[:SHOWN], len(rows) > SHOWN
