"""Calls and their turns.

Revision ID: 0003
"""

from alembic import op

from app.core import policies

revision = "0003"
down_revision = "0002"

_CALL = """
create table call (
  workspace_id uuid not null constraint fk_call_workspace_id references workspace (id),
  id uuid not null default uuidv7(),
  number bigint not null,
  call_sid text not null,
  direction text not null,
  status text not null,
  source text not null default 'real',
  completion_reason text,
  escalation_status text not null default 'none',
  started_at timestamptz not null,
  ended_at timestamptz,
  duration_seconds double precision,
  caller_id text,
  phone_number text,
  service_id uuid,
  service_name text,
  configuration jsonb not null default '{}',
  final_state text,
  quality_score double precision,
  error text,
  turn_count integer not null default 0,
  has_recording boolean not null default false,
  run_id text,
  parent_session_id text,
  fork_turn_index integer,
  body_hash text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint pk_call primary key (workspace_id, id),
  constraint uq_call_workspace_id_call_sid unique (workspace_id, call_sid),
  constraint uq_call_workspace_id_number unique (workspace_id, number),
  constraint ck_call_direction check (
    direction in ('inbound', 'outbound', 'playground', 'simulated', 'test')),
  constraint ck_call_status check (status in ('initiated', 'ringing', 'in-progress', 'completed',
    'busy', 'no-answer', 'canceled', 'failed', 'unknown')),
  constraint ck_call_source check (source in ('real', 'simulated', 'playground', 'scribe')),
  constraint ck_call_escalation_status check (
    escalation_status in ('none', 'requested', 'connected', 'handback', 'completed'))
)
"""
_TURN = """
create table turn (
  workspace_id uuid not null constraint fk_turn_workspace_id references workspace (id),
  call_id uuid not null,
  seq integer not null,
  speaker_role text not null,
  text text not null,
  started_s double precision not null,
  ended_s double precision,
  engine_ms double precision,
  nav_ms double precision,
  render_ms double precision,
  ttfb_ms double precision,
  state text,
  interrupted boolean not null default false,
  constraint pk_turn primary key (workspace_id, call_id, seq),
  constraint fk_turn_call_id foreign key (workspace_id, call_id)
    references call (workspace_id, id) on delete cascade,
  constraint ck_turn_speaker_role check (speaker_role in ('caller', 'agent', 'operator'))
)
"""
_COUNTER = """
create table call_counter (
  workspace_id uuid not null constraint fk_call_counter_workspace_id references workspace (id),
  last_number bigint not null default 0,
  total bigint not null default 0,
  constraint pk_call_counter primary key (workspace_id)
)
"""
_INDEXES = {
    "started_at": "started_at desc, number desc",
    "phone_number": "phone_number, started_at desc, number desc",
    "service_id": "service_id, started_at desc, number desc",
    "status": "status, started_at desc, number desc",
    "direction": "direction, started_at desc, number desc",
}


def upgrade() -> None:
    for statement in (_CALL, _TURN, _COUNTER):
        op.execute(statement)
    for name, columns in _INDEXES.items():
        op.execute(f"create index ix_call_workspace_id_{name} on call (workspace_id, {columns})")
    for table in ("call", "turn", "call_counter"):
        policies.protect(op, table)


def downgrade() -> None:
    for table in ("turn", "call_counter", "call"):
        op.drop_table(table)
