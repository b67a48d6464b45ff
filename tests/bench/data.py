"""The bench's installation: 200 workspaces with 200,000 calls, one of them with a quarter."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from app.core import keys
from app.core.identity import token_hash
from tests.support import PASSWORD_HASH

WORKSPACES = 200
CALLS = 200_000
TURNS = 8
_PLACES = """
with made as (
  insert into organization (name) select 'Bench ' || n from generate_series(1, %(count)s) n
  returning id, name
)
insert into workspace (organization_id, slug, name, environment)
select id, 'bench-' || substr(name, 7), name, 'production' from made
"""
_PERSON = """
insert into users (email, name, password_hash)
values ('owner@bench.example', 'Olive Bench', %(hash)s) returning id
"""
_SESSION = "insert into session (token_hash, user_id) values (%(token)s, %(user)s)"
_ACCOUNT = """
insert into account (workspace_id, user_id, role)
select id, %(user)s, 'owner' from workspace where slug = any(%(slugs)s)
"""
_MANY_PEOPLE = """
with made as (
  insert into users (email, name, password_hash)
  select 'p' || n || '@bench.example', 'Person ' || n, %(hash)s from generate_series(1, 40) n
  returning id
)
insert into account (workspace_id, user_id, role)
select w.id, made.id, 'member' from made, workspace w where w.slug = 'bench-1'
"""
_KEY = """
insert into api_key (workspace_id, key_id, name, secret_hash, role, environment, account_id,
  user_id, expires_at)
select a.workspace_id, %(key_id)s, 'Bench', %(hash)s, 'owner', 'production', a.id, a.user_id,
  now() + interval '30 days'
from account a join workspace w on w.id = a.workspace_id
where w.slug = 'bench-1' and a.user_id = %(user)s
"""
# A quarter of the calls lie in the first workspace; the others share the rest.
_CALLS = """
insert into call (workspace_id, number, call_sid, direction, status, completion_reason,
  started_at, ended_at, duration_seconds, caller_id, phone_number, service_id, service_name,
  turn_count, body_hash)
select w.id, n, 'bench-' || n, case when n %% 5 = 0 then 'outbound' else 'inbound' end,
  case when n %% 9 = 0 then 'no-answer' else 'completed' end,
  case when n %% 9 = 0 then null else 'completed' end,
  now() - n * interval '90 seconds', now() - n * interval '90 seconds' + interval '2 minutes', 120,
  '+1415555' || lpad((n %% 10000)::text, 4, '0'), '+1415555010' || n %% 4,
  md5('service' || n %% 3)::uuid, 'Service ' || n %% 3, %(turns)s, md5(n::text)
from workspace w, generate_series(1, case when w.slug = 'bench-1' then %(big)s
  else %(small)s end) n
"""
_TURNS = """
insert into turn (workspace_id, call_id, seq, speaker_role, text, started_s, ended_s, ttfb_ms)
select c.workspace_id, c.id, n, case when n %% 2 = 0 then 'agent' else 'caller' end,
  'I would like to move my appointment on the ' || n || 'th to a later day, please.',
  n * 10, n * 10 + 8, 300 + n * 20
from call c, generate_series(0, %(turns)s - 1) n
"""
_COUNTERS = """
insert into call_counter (workspace_id, last_number, total)
select workspace_id, count(*), count(*) from call group by workspace_id
"""
_OPERATORS = """
insert into operator (workspace_id, number, version, updated_by, name, email, type, role, skills,
  connection_method, status)
select w.id, n, 1, 'Olive Bench', 'Operator ' || n, 'op' || n || '@bench.example', 'clinical',
  'operator', '["Spanish"]', 'browser', 'online'
from workspace w, generate_series(1, 200) n where w.slug = 'bench-1'
"""
# 40 agents and graphs, one of them of 200 states, 200 services, 500 numbers, 1,000 concepts.
_CONFIGURED = (
    """
    insert into agent (workspace_id, number, version, updated_by, name, description)
    select w.id, n, 1, 'Olive Bench', 'Agent ' || n, 'Speaks with callers.'
    from workspace w, generate_series(1, 40) n where w.slug = 'bench-1'
    """,
    """
    insert into agent_version (workspace_id, agent_id, number, created_by, content)
    select workspace_id, id, 1, 'Olive Bench', '{"name": "First", "identity": {}}' from agent
    """,
    """
    insert into context_graph (workspace_id, number, version, updated_by, name, description)
    select w.id, n, 1, 'Olive Bench', 'Graph ' || n, 'How calls go.'
    from workspace w, generate_series(1, 40) n where w.slug = 'bench-1'
    """,
    """
    insert into context_graph_version (workspace_id, context_graph_id, number, created_by,
      state_count, content)
    select workspace_id, id, 1, 'Olive Bench', 200, jsonb_build_object(
      'description', 'Two hundred states', 'new_user_initial_state', 'S1',
      'returning_user_initial_state', 'S2', 'terminal_state', 'S200', 'states', (
        select jsonb_agg(jsonb_build_object('type', 'action', 'name', 'S' || n, 'objective',
          'Do step ' || n || ' with the caller.', 'exit_conditions', jsonb_build_array(
            jsonb_build_object('description', 'Done', 'next_state', 'S' || least(n + 1, 200)),
            jsonb_build_object('description', 'Asked', 'next_state', 'S' || least(n + 3, 200))))
          order by n) from generate_series(1, 200) n))
    from context_graph
    """,
    """
    insert into service (workspace_id, number, version, updated_by, name, description, agent_id,
      context_graph_id, is_active, is_system, channel_type, environment, tags, keyterms,
      tool_capacity, safety_filters_enabled, escalation_policy, version_sets)
    select a.workspace_id, n, 1, 'Olive Bench', 'Service ' || n, 'Answers.', a.id, g.id, true, false,
      'voice', 'production', '[]', '["metformin"]', 3, true, '{}', '{}'
    from generate_series(1, 200) n join agent a on a.number = n % 40 + 1
    join context_graph g on g.number = n % 40 + 1
    """,
    """
    insert into phone_number (workspace_id, number, version, updated_by, phone_number,
      display_name, notes, capabilities, provider, status, inbound_service_id)
    select s.workspace_id, n, 1, 'Olive Bench', '+1415' || 5_550_000 + n, 'Line ' || n, '',
      '["inbound", "outbound"]', 'twilio', 'active', s.id
    from generate_series(1, 500) n join service s on s.number = n % 200 + 1
    """,
    """
    insert into monitor_concept (workspace_id, number, version, updated_by, name, description,
      threshold, standalone_threshold, agent_config, escalation, tags)
    select w.id, n, 1, 'Olive Bench', 'Concept ' || n, 'Listens for topic ' || n, 0.4, 0.85, '{}',
      '{}', '["crisis"]'
    from workspace w, generate_series(1, 1000) n where w.slug = 'bench-1'
    """,
)
_GRAPH = "select id from context_graph order by number limit 1"
_SERVICE = "select id from service order by number limit 1"
_CALL = """
select id from call where number = 7
  and workspace_id = (select id from workspace where slug = 'bench-1')
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the bench looks: the biggest workspace, a small one, and who asks."""

    workspace_id: str
    call_id: str
    cookie_user: str
    cookie_token: str
    key: str
    graph_id: str
    service_id: str
    big: str = "bench-1"
    small: str = "bench-2"


def fill(url: str, owner_url: str, workspaces: int = WORKSPACES, calls: int = CALLS) -> Place:
    """Write the installation as the maintenance role, and let the owner analyze it."""
    token, key_id = secrets.token_urlsafe(16), keys.make_key_id()
    secret = keys.make_secret("production", "owner", key_id)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:

        def run(sql: str, **values: Any) -> psycopg.Cursor[Any]:
            return connection.execute(sql.encode(), values)

        run(_PLACES, count=workspaces)
        user = _first(run(_PERSON, hash=PASSWORD_HASH))
        run(_SESSION, token=token_hash(token), user=user)
        run(_ACCOUNT, user=user, slugs=["bench-1", "bench-2", "bench-3"])
        run(_MANY_PEOPLE, hash=PASSWORD_HASH)
        run(_KEY, key_id=key_id, hash=secret.hash, user=user)
        small = calls * 3 // 4 // (workspaces - 1)
        run(_CALLS, big=calls // 4, small=small, turns=TURNS)
        run(_TURNS, turns=TURNS)
        run(_COUNTERS)
        run(_OPERATORS)
        for statement in _CONFIGURED:
            connection.execute(statement.encode())
        graph, service = (_first(connection.execute(s.encode())) for s in (_GRAPH, _SERVICE))
        place = _first(connection.execute("select id from workspace where slug = 'bench-1'"))
        call = _first(connection.execute(_CALL.encode()))
    analyze(owner_url)
    return Place(
        str(place), str(call), str(user), token, secret.plaintext, str(graph), str(service)
    )


def analyze(owner_url: str, table: str = "") -> None:
    """What autovacuum does within a minute or two, now."""
    with psycopg.connect(owner_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"vacuum analyze {table}".encode())


def _first(cursor: psycopg.Cursor[Any]) -> Any:
    found = cursor.fetchone()
    assert found is not None
    return found[0]


def lines(calls: int, turns: int, mark: str) -> bytes:
    """NDJSON for the import route."""
    import orjson

    start = datetime.now(UTC) - timedelta(days=1)
    spoken = [
        {"speaker_role": "agent" if n % 2 == 0 else "caller", "started_s": n * 10,
         "ended_s": n * 10 + 8, "ttfb_ms": 400 if n % 2 == 0 else None,
         "text": f"I would like to move my appointment on the {n}th to a later day, please."}
        for n in range(turns)
    ]  # fmt: skip
    return b"\n".join(
        orjson.dumps({
            "call_sid": f"{mark}-{n}", "started_at": (start + timedelta(seconds=n)).isoformat(),
            "caller_id": "+14155550123", "phone_number": "+14155550100", "turns": spoken,
        })
        for n in range(calls)
    )  # fmt: skip
