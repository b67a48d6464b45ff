"""Data sources: connections to the systems a workspace's data comes from.

Revision ID: 0010
"""

from alembic import op

from app.core import policies

revision = "0010"
down_revision = "0009"

_SOURCE = """
create table data_source (
  workspace_id uuid not null constraint fk_data_source_workspace_id references workspace (id),
  id uuid not null default uuidv7(),
  number bigint not null,
  version integer not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  updated_by text not null,
  name text not null,
  display_name text,
  source_type text not null,
  connection_config jsonb not null,
  entity_types jsonb not null,
  field_mappings jsonb not null,
  sync_strategy text not null,
  sync_schedule text,
  is_active boolean not null,
  constraint pk_data_source primary key (workspace_id, id),
  constraint uq_data_source_workspace_id_number unique (workspace_id, number),
  constraint uq_data_source_workspace_id_name unique (workspace_id, name),
  constraint ck_data_source_source_type check (
    source_type in ('fhir_store', 'fhir', 'smart_fhir', 'webhook', 'file_drop', 'rest_api')),
  constraint ck_data_source_sync_strategy check (
    sync_strategy in ('manual', 'scheduled', 'webhook', 'continuous'))
)
"""


def upgrade() -> None:
    op.execute(_SOURCE)
    policies.protect(op, "data_source")


def downgrade() -> None:
    op.drop_table("data_source")
