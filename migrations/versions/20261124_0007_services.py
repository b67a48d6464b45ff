"""Services and what they are made of: agents, context graphs, their versions.

Versions have no foreign key to their agent or graph: deleting one keeps its versions.

Revision ID: 0007
"""

from alembic import op

from app.core import policies

revision = "0007"
down_revision = "0006"

_MEMBER = """
create table {table} (
  workspace_id uuid not null constraint fk_{table}_workspace_id references workspace (id),
  id uuid not null default uuidv7(),
  number bigint not null,
  version integer not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  updated_by text not null,
  {columns},
  constraint pk_{table} primary key (workspace_id, id),
  constraint uq_{table}_workspace_id_number unique (workspace_id, number)
)
"""
_NAMED = """
  name text not null,
  description text not null,
  constraint uq_{table}_workspace_id_name unique (workspace_id, name)
"""
_VERSIONS = """
create table {table}_version (
  workspace_id uuid not null constraint fk_{table}_version_workspace_id references workspace (id),
  id uuid not null default uuidv7(),
  {table}_id uuid not null,
  number integer not null,
  created_at timestamptz not null default now(),
  created_by text not null,
  content jsonb not null{columns},
  constraint pk_{table}_version primary key (workspace_id, id),
  constraint uq_{table}_version_number unique (workspace_id, {table}_id, number)
)
"""
_SERVICE = """
  name text not null,
  description text not null,
  agent_id uuid not null,
  context_graph_id uuid not null,
  is_active boolean not null,
  is_system boolean not null,
  channel_type text not null,
  environment text not null,
  tags jsonb not null,
  keyterms jsonb not null,
  tool_capacity integer not null,
  safety_filters_enabled boolean not null,
  escalation_policy jsonb not null,
  version_sets jsonb not null,
  voice_config jsonb,
  constraint uq_service_workspace_id_name unique (workspace_id, name),
  constraint fk_service_agent_id foreign key (workspace_id, agent_id)
    references agent (workspace_id, id),
  constraint fk_service_context_graph_id foreign key (workspace_id, context_graph_id)
    references context_graph (workspace_id, id),
  constraint ck_service_channel_type check (channel_type in ('voice', 'text', 'scribe')),
  constraint ck_service_environment check (environment in ('sandbox', 'production'))
"""
TABLES = ("agent", "agent_version", "context_graph", "context_graph_version", "service")


def upgrade() -> None:
    for table, columns in (("agent", ""), ("context_graph", ",\n  state_count integer not null")):
        op.execute(_MEMBER.format(table=table, columns=_NAMED.format(table=table)))
        op.execute(_VERSIONS.format(table=table, columns=columns))
    op.execute(_MEMBER.format(table="service", columns=_SERVICE))
    op.execute("create index ix_service_agent_id on service (workspace_id, agent_id)")
    op.execute(
        "create index ix_service_context_graph_id on service (workspace_id, context_graph_id)"
    )
    for table in TABLES:
        grants = "select, insert" if table.endswith("_version") else policies.ALL
        policies.protect(op, table, grants)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
