"""The workspaces of the bench, the people in them, and what two of them are configured with."""

import json
import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

import psycopg

from app.core import keys
from app.core.identity import token_hash
from tests.support import PASSWORD_HASH

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
select w.id, made.id, 'member' from made, workspace w where w.slug in ('bench-1', 'bench-2')
"""
_KEY = """
insert into api_key (workspace_id, key_id, name, secret_hash, role, environment, account_id,
  user_id, expires_at)
select a.workspace_id, %(key_id)s, 'Bench', %(hash)s, 'owner', 'production', a.id, a.user_id,
  now() + interval '30 days'
from account a join workspace w on w.id = a.workspace_id
where w.slug = 'bench-1' and a.user_id = %(user)s
"""
_OPERATORS = """
insert into operator (workspace_id, number, version, updated_by, name, email, type, role, skills,
  connection_method, status)
select w.id, n, 1, 'Olive Bench', 'Operator ' || n, 'op' || n || '@bench.example', 'clinical',
  'operator', '["Spanish"]', 'browser', 'online'
from workspace w, generate_series(1, 200) n where w.slug in ('bench-1', 'bench-2')
"""
# 40 agents and graphs, one of them of 200 states, 200 services, 500 numbers, 1,000 concepts.
_CONFIGURED = (
    """
    insert into agent (workspace_id, number, version, updated_by, name, description)
    select w.id, n, 1, 'Olive Bench', 'Agent ' || n, 'Speaks with callers.'
    from workspace w, generate_series(1, 40) n where w.slug in ('bench-1', 'bench-2')
    """,
    """
    insert into agent_version (workspace_id, agent_id, number, created_by, content)
    select workspace_id, id, 1, 'Olive Bench', '{"name": "First", "identity": {}}' from agent
    """,
    """
    insert into context_graph (workspace_id, number, version, updated_by, name, description)
    select w.id, n, 1, 'Olive Bench', 'Graph ' || n, 'How calls go.'
    from workspace w, generate_series(1, 40) n where w.slug in ('bench-1', 'bench-2')
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
    join context_graph g on g.workspace_id = a.workspace_id and g.number = n % 40 + 1
    """,
    """
    insert into phone_number (workspace_id, number, version, updated_by, phone_number,
      display_name, notes, capabilities, provider, status, inbound_service_id)
    select s.workspace_id, n, 1, 'Olive Bench',
      '+1' || case w.slug when 'bench-1' then 415 else 628 end || 5_550_000 + n, 'Line ' || n, '',
      '["inbound", "outbound"]', 'twilio', 'active', s.id
    from generate_series(1, 500) n join service s on s.number = n % 200 + 1
    join workspace w on w.id = s.workspace_id
    """,
    """
    insert into monitor_concept (workspace_id, number, version, updated_by, name, description,
      threshold, standalone_threshold, agent_config, escalation, tags)
    select w.id, n, 1, 'Olive Bench', 'Concept ' || n, 'Listens for topic ' || n, 0.4, 0.85, '{}',
      '{}', '["crisis"]'
    from workspace w, generate_series(1, 1000) n where w.slug in ('bench-1', 'bench-2')
    """,
)
_SPOTS = """
select w.slug, w.id::text as workspace_id, c.id::text as call_id,
  c.service_id::text as call_service_id,
  (select id::text from service s where s.workspace_id = w.id order by number limit 1)
    as service_id,
  (select id::text from context_graph x where x.workspace_id = w.id order by number limit 1)
    as graph_id,
  a.id::text as account_id, substr(c.phone_number, 2) as phone_number, c.caller_id as caller,
  (select id::text from entity n where n.workspace_id = w.id
    and n.canonical_id = 'fhir_import:Patient:b-100') as entity_id
from workspace w join account a on a.workspace_id = w.id and a.user_id = %(user)s
cross join lateral (
  select * from call c where c.workspace_id = w.id and c.status = 'completed'
    and c.direction = 'inbound' and c.turn_count = %(turns)s and c.caller_id is not null
    and c.service_id is not null and c.escalation_status = 'none'
  order by c.started_at desc limit 1
) c where w.slug in ('bench-1', 'bench-2') order by w.slug
"""


@dataclass(frozen=True, slots=True)
class Spot:
    """What addresses in one workspace are made of. `call_id` is a call of usual length."""

    slug: str
    workspace_id: str
    call_id: str
    call_service_id: str
    service_id: str
    graph_id: str
    account_id: str
    phone_number: str
    """Without its plus."""
    caller: str
    entity_id: str
    """A person of whom as much is known as of any other."""

    def fill(self, pattern: str) -> str:
        """An address with this workspace in it."""
        return pattern.format(**asdict(self), ending=self.caller[-7:], digits=self.caller[-3:])


@dataclass(frozen=True, slots=True)
class Place:
    """Where the bench looks, and who asks: a person and an API key of the biggest workspace."""

    user: str
    token: str
    key: str
    spots: list[Spot] = field(default_factory=list)

    @property
    def big(self) -> Spot:
        """The biggest workspace."""
        return self.spots[0]

    @property
    def small(self) -> Spot:
        """The same with far fewer calls."""
        return self.spots[1]

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> "Place":
        """The opposite of `text`."""
        found = json.loads(text)
        return cls(**{**found, "spots": [Spot(**spot) for spot in found["spots"]]})


def settle(connection: psycopg.Connection[Any], workspaces: int) -> Place:
    """Make the workspaces bench-1 … with people, and configure the first two alike."""
    token, key_id = secrets.token_urlsafe(16), keys.make_key_id()
    secret = keys.make_secret("production", "owner", key_id)

    def run(sql: str, **values: Any) -> psycopg.Cursor[Any]:
        return connection.execute(sql.encode(), values)

    run(_PLACES, count=workspaces)
    found = run(_PERSON, hash=PASSWORD_HASH).fetchone()
    assert found is not None
    user = found[0]
    run(_SESSION, token=token_hash(token), user=user)
    run(_ACCOUNT, user=user, slugs=["bench-1", "bench-2", "bench-3"])
    run(_MANY_PEOPLE, hash=PASSWORD_HASH)
    run(_KEY, key_id=key_id, hash=secret.hash, user=user)
    run(_OPERATORS)
    for statement in _CONFIGURED:
        connection.execute(statement.encode())
    return Place(str(user), token, secret.plaintext)


def spots(connection: psycopg.Connection[Any], user: str, turns: int) -> list[Spot]:
    """The two workspaces to look at, once they have calls."""
    cursor = connection.execute(_SPOTS.encode(), {"user": user, "turns": turns})
    names = [column.name for column in cursor.description or ()]
    return [Spot(**dict(zip(names, row, strict=True))) for row in cursor]
