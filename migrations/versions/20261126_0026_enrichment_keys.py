"""Enrichment keys: what may be said of entities beyond their records.

Revision ID: 0026
"""

from alembic import op

from app.core import policies

revision = "0026"
down_revision = "0025"

_KEY = """
create table enrichment_key (
  workspace_id uuid not null constraint fk_enrichment_key_workspace_id references workspace (id),
  id uuid not null default uuidv7(),
  number bigint not null,
  version integer not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  updated_by text not null,
  entity_type text not null,
  key text not null,
  value_type text not null,
  allowed_values jsonb not null,
  description text,
  source_hint text,
  min_confidence double precision not null,
  is_pii boolean not null,
  constraint pk_enrichment_key primary key (workspace_id, id),
  constraint uq_enrichment_key_workspace_id_number unique (workspace_id, number),
  constraint uq_enrichment_key_workspace_id_entity_type_key unique (workspace_id, entity_type, key),
  constraint ck_enrichment_key_value_type
    check (value_type in ('string', 'number', 'boolean', 'date', 'enum', 'json'))
)
"""


def upgrade() -> None:
    op.execute(_KEY)
    policies.protect(op, "enrichment_key")


def downgrade() -> None:
    op.drop_table("enrichment_key")
