"""The SQL that makes the calls of the bench, as the maintenance role, a set at a time."""

from app.calls import rollups, storage
from app.calls.buckets import RESPONSES

from .words import ELSEWHERE, RARE

PIECES = 20_000
STAGE = """
create unlogged table bench.piece (n integer primary key, text text not null);
create unlogged table bench.call (
  workspace_id uuid, slug text, id uuid, number bigint, total bigint, started_at timestamptz,
  seconds double precision, said integer, direction text, source text, status text, reason text,
  escalation text, channel text, caller_id text, phone_number text, service_id uuid,
  service_name text, quality double precision, dice double precision, recorded boolean
);
"""
# Two years back from an hour ago, three in four between nine and six of a weekday; numbered by
# time. One service in twelve, one number in a hundred, one caller in a hundred is much busier.
CALLS = """
insert into bench.call
select workspace_id, slug, uuidv7(started_at - now()),
  row_number() over (partition by workspace_id order by started_at), total, started_at,
  case when status in ('no-answer', 'busy', 'canceled') then 3 + 25 * d2 else
    least(3600, greatest(8, exp(4.7 + 0.7 * normal))) end,
  case when status in ('no-answer', 'busy', 'canceled') then 0 else
    greatest(1, round(%(turns)s * (0.36 + 1.6 * d1)))::integer end,
  direction, case when direction in ('simulated', 'playground') then direction else 'real' end,
  status,
  case status when 'no-answer' then 'no_answer' when 'canceled' then 'cancelled'
    when 'failed' then 'error' when 'completed' then
    (array['completed', 'completed', 'completed', 'completed', 'completed', 'completed',
      'caller_hangup', 'terminal_state', 'transferred', 'forwarded', 'escalated', 'voicemail',
      'abandoned', 'completed', 'completed', 'completed'])[1 + floor(16 * d3)::integer] end,
  case when d4 > 0.95 then (array['requested', 'connected', 'handback', 'completed'])
    [1 + floor(4 * d5)::integer] else 'none' end,
  (array['sms', 'whatsapp', 'web', 'voice'])[least(4, 1 + floor(40 * d6)::integer)],
  case when d7 > 0.02 then '+1' || (2000000000 + floor(callers * power(d8, 1.5))::bigint
    * 53327 %% 7999999999)::text end,
  '+1' || area || 5550000 + 1 + floor(500 * power(d9, 1.7))::integer, null, null,
  case when d2 < 0.7 then 0.35 + 0.65 * sqrt(d5) end, d1, d3 < 0.3
from (
  select *,
    case when at < now() - interval '1 hour' then at else at - interval '1 day' end as started_at,
    case when d0 < 0.80 then 'inbound' when d0 < 0.97 then 'outbound' when d0 < 0.985 then
      'simulated' when d0 < 0.995 then 'playground' else 'test' end as direction,
    case when total - n < 5 then 'in-progress' when d10 < 0.85 then 'completed' when d10 < 0.93
      then 'no-answer' when d10 < 0.95 then 'busy' when d10 < 0.97 then 'failed' when d10 < 0.985
      then 'canceled' else 'unknown' end as status
  from (
    select p.id as workspace_id, p.slug, p.total, p.area, n,
      greatest(20, p.total * 3 / 20) as callers,
      date_trunc('day', now()) - floor(730 * power(random(), 1.1)) * interval '1 day'
        + interval '1 hour' * (case when random() < 0.75 then 16 + 4.5 * (random() + random())
          else 24 * random() end) as at,
      random_normal() as normal, random() as d0, random() as d1, random() as d2, random() as d3,
      random() as d4, random() as d5, random() as d6, random() as d7, random() as d8,
      random() as d9, random() as d10
    from (
      select id, slug, case slug when 'bench-1' then %(big)s when 'bench-2' then %(middle)s
          else %(rest)s end as total,
        case slug when 'bench-1' then '415' when 'bench-2' then '628' else '212' end as area
      from workspace where slug like 'bench-%%'
    ) p, generate_series(1, p.total) n offset 0
  ) thrown
) dated
order by workspace_id, started_at
"""
# The busiest of twelve services takes a third of the calls.
SERVICES = """
update bench.call c set service_id = s.id, service_name = s.name from service s
where s.workspace_id = c.workspace_id and s.number = 1 + floor(12 * power(c.dice, 2))
"""
_AGENT = "t.n %% 2 = 0 and not t.taken_over"
TURNS = f"""
insert into turn (workspace_id, call_id, seq, speaker_role, text, started_s, ended_s, engine_ms,
  nav_ms, render_ms, ttfb_ms, response_ms, state, interrupted, tool_calls)
select t.workspace_id, t.id, t.n,
  case when {_AGENT} then 'agent' when t.n %% 2 = 0 then 'operator' else 'caller' end,
  a.text || ' ' || b.text || case t.rare when 'here' then ' {RARE} {ELSEWHERE}' when 'there'
    then ' {ELSEWHERE}' else '' end,
  t.seconds * t.n / t.said, t.seconds * (t.n + 0.8) / t.said,
  case when {_AGENT} then t.waited * 0.5 end, case when {_AGENT} then t.waited * 0.1 end,
  case when {_AGENT} then t.waited * 0.2 end, case when {_AGENT} then t.waited end,
  case when {_AGENT} then t.waited end, 'S' || 1 + t.n / 2, t.d1 < 0.03,
  case when {_AGENT} and t.d2 < 0.08 then jsonb_build_array(jsonb_build_object(
    'tool_name', 'find_times', 'input', jsonb_build_object('day', 'Monday', 'doctor', 'Patel'),
    'output', jsonb_build_object('free', jsonb_build_array('09:00', '11:30', '15:45')),
    'started_s', t.seconds * t.n / t.said, 'duration_ms', 300)) end
from (
  select c.workspace_id, c.id, n, c.seconds, c.said,
    case when n <> 1 then '' when c.slug not in ('bench-1', 'bench-2') then
        case when c.number %% 10 = 1 then 'there' else '' end
      when c.number %% greatest(2, c.total / 30) = 1 then 'here' else '' end as rare,
    c.escalation <> 'none' and n > c.said - 4 as taken_over,
    round(exp(6.4 + 0.45 * random_normal()) + n) as waited, random() as d1, random() as d2,
    floor({PIECES} * random())::integer as first, floor({PIECES} * random())::integer as second
  from bench.call c, generate_series(0, c.said - 1) n
  where c.slug = any(%(slugs)s) and c.number %% %(of)s = %(share)s offset 0
) t join bench.piece a on a.n = t.first join bench.piece b on b.n = t.second
"""
_WAITS = ", ".join(
    f"count(*) filter (where width_bucket(response_ms, array{list(RESPONSES)}) = {n})"
    for n in range(len(RESPONSES) + 1)
)
STORED = f"""
insert into call (workspace_id, id, number, call_sid, direction, status, source, channel_kind,
  completion_reason, escalation_status, started_at, ended_at, duration_seconds, caller_id,
  phone_number, service_id, service_name, configuration, final_state, quality_score, turn_count,
  has_recording, body_hash, responses, slowest_ms, reviewed_at, reviewed_by, created_at)
select c.workspace_id, c.id, c.number, 'bench-' || c.number, c.direction, c.status, c.source,
  c.channel, c.reason, c.escalation, c.started_at,
  case when c.status <> 'in-progress' then c.started_at + c.seconds * interval '1 second' end,
  case when c.status <> 'in-progress' then c.seconds end, c.caller_id, c.phone_number,
  c.service_id, c.service_name, '{{}}', 'S' || 1 + c.said / 2, c.quality, c.said,
  c.recorded, md5(c.number::text), w.counts, w.slowest,
  case when c.dice < 0.6 then c.started_at + interval '1 day' end,
  case when c.dice < 0.6 then 'Olive Bench' end, c.started_at
from bench.call c left join (
  select call_id, array[{_WAITS}]::integer[] as counts, max(response_ms) as slowest
  from turn where workspace_id = %(workspace_id)s and response_ms is not null group by call_id
) w on w.call_id = c.id
where c.workspace_id = %(workspace_id)s
"""
WORDS = f"""
insert into transcript_part (workspace_id, call_id, first_seq, started_at, number, words)
select c.workspace_id, c.id, 0, c.started_at, c.number, said.words
from bench.call c cross join lateral (
  select {storage.SPOKEN} as words from turn t
  where t.workspace_id = c.workspace_id and t.call_id = c.id
) said
where c.slug = any(%(slugs)s) and c.said > 0 and c.number %% %(of)s = %(share)s
"""
PARTS = """
insert into caller_part (workspace_id, part, caller_id)
select distinct c.workspace_id, substr(c.caller_id, n), c.caller_id
from (select distinct workspace_id, caller_id from bench.call where caller_id is not null) c,
  generate_series(2, length(c.caller_id) - 2) n
"""
COUNTERS = """
insert into call_counter (workspace_id, last_number, total)
select workspace_id, count(*), count(*) from bench.call group by workspace_id
"""
ROLLUP = rollups.ADD_ALL
# A third is tagged, a fifth is somebody's, one in twelve has a note.
WORK = (
    """
    insert into call_tag (workspace_id, call_id, tag, started_at, number)
    select workspace_id, id, (array['refill', 'new patient', 'billing', 'complaint', 'call back',
      'translator'])[1 + floor(6 * power(dice, 2))::integer], started_at, number
    from bench.call where number % 3 = 0
    """,
    """
    insert into call_assignment (workspace_id, call_id, account_id, started_at, number,
      assigned_by)
    select c.workspace_id, c.id, a.id, c.started_at, c.number, 'Olive Bench'
    from bench.call c join (
      select workspace_id, id, row_number() over (partition by workspace_id order by id) - 1 as n,
        count(*) over (partition by workspace_id) as many from account
    ) a on a.workspace_id = c.workspace_id and a.n = c.number / 5 % a.many
    where c.number % 5 = 0
    """,
    """
    insert into call_note (workspace_id, call_id, text, author, created_at)
    select workspace_id, id, 'Called back, left a message.', 'Olive Bench', started_at
    from bench.call where number % 12 = 0
    """,
    """
    insert into recording (workspace_id, call_id, key, format, bytes, sha256, duration_seconds,
      channels, sample_rate, uploaded_by)
    select workspace_id, id, md5(id::text), 'ogg', 1000000, md5(id::text), seconds, 1, 16000,
      'Olive Bench' from bench.call where recorded
    """,
)
