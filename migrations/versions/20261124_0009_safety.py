"""Safety policies: monitor concepts, and which regulation templates were applied.

Revision ID: 0009
"""

from alembic import op

from app.core import policies

revision = "0009"
down_revision = "0008"

_CONCEPT = """
create table monitor_concept (
  workspace_id uuid not null constraint fk_monitor_concept_workspace_id references workspace (id),
  id uuid not null default uuidv7(),
  number bigint not null,
  version integer not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  updated_by text not null,
  name text not null,
  description text not null,
  threshold double precision not null,
  standalone_threshold double precision not null,
  agent_config jsonb not null,
  escalation jsonb not null,
  tags jsonb not null,
  constraint pk_monitor_concept primary key (workspace_id, id),
  constraint uq_monitor_concept_workspace_id_number unique (workspace_id, number),
  constraint uq_monitor_concept_workspace_id_name unique (workspace_id, name)
)
"""
_APPLIED = """
create table safety_template (
  workspace_id uuid not null constraint fk_safety_template_workspace_id references workspace (id),
  template_id text not null,
  template_version text not null,
  applied_at timestamptz not null default now(),
  applied_by text not null,
  constraint pk_safety_template primary key (workspace_id, template_id)
)
"""


def upgrade() -> None:
    op.execute(_CONCEPT)
    op.execute(_APPLIED)
    policies.protect(op, "monitor_concept")
    policies.protect(op, "safety_template", "select, insert, update")


def downgrade() -> None:
    op.drop_table("safety_template")
    op.drop_table("monitor_concept")
