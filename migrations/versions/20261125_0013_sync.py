"""Reading data sources: where each stands, what its runs did, and what was set aside.

Revision ID: 0013
"""

from alembic import op

from app.core import policies

revision = "0013"
down_revision = "0012"

_PLACE = "workspace_id uuid not null constraint fk_{0}_workspace_id references workspace (id)"
_SOURCE = """
  constraint fk_{0}_data_source_id foreign key (workspace_id, data_source_id)
    references data_source (workspace_id, id) on delete cascade
"""
_TABLES = {
    # `cursor` is how far reading came; it is committed together with what was read.
    "sync_state": """
      data_source_id uuid not null,
      cursor jsonb not null default '{{}}',
      consecutive_errors integer not null default 0,
      next_run_at timestamptz,
      last_success_at timestamptz,
      last_run_at timestamptz,
      last_status text,
      last_count integer not null default 0,
      last_error text,
      stale_after timestamptz,
      constraint pk_sync_state primary key (workspace_id, data_source_id),
    """ + _SOURCE,
    "sync_run": """
      id uuid not null default uuidv7(),
      data_source_id uuid not null,
      started_at timestamptz not null default now(),
      finished_at timestamptz,
      status text not null,
      started_by text not null,
      pages integer not null default 0,
      created integer not null default 0,
      changed integer not null default 0,
      unchanged integer not null default 0,
      refused integer not null default 0,
      error text,
      constraint pk_sync_run primary key (workspace_id, id),
      constraint ck_sync_run_status check (status in ('running', 'success', 'error')),
    """ + _SOURCE,
    # Records that could not be understood, with the reason.
    "set_aside": """
      id uuid not null default uuidv7(),
      data_source_id uuid not null,
      place text not null,
      reason text not null,
      content jsonb,
      created_at timestamptz not null default now(),
      constraint pk_set_aside primary key (workspace_id, id),
    """ + _SOURCE,
}  # fmt: skip
_INDEXES = {
    "ix_sync_run_newest": "sync_run (workspace_id, data_source_id, started_at desc)",
    "ix_set_aside_newest": "set_aside (workspace_id, data_source_id, created_at desc)",
}


def upgrade() -> None:
    for table, columns in _TABLES.items():
        op.execute(f"create table {table} ({_PLACE.format(table)}, {columns.format(table)})")
        policies.protect(op, table)
    for name, where in _INDEXES.items():
        op.execute(f"create index {name} on {where}")


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
