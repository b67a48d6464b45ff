"""Runs that tell what they changed, records tried again, figures, and signing keys.

Revision ID: 0022
"""

from alembic import op

from app.core import policies

revision = "0022"
down_revision = "0021"

_COLUMNS = {
    # What a run wrote are the events of its source after `after_seq` up to `up_to_seq`.
    "sync_run": {
        "after_seq": "bigint not null default 0",
        "up_to_seq": "bigint not null default 0",
        "error_code": "text",
    },
    # `version` grows with whatever the page of all sources shows.
    "sync_state": {
        "error_code": "text",
        "last_event_at": "timestamptz",
        "version": "bigint not null default 0",
    },
    # `key` is what a record is known by: it is kept once, however often it is refused.
    "set_aside": {
        "key": "text not null default uuidv7()::text",
        "resource_type": "text",
        "external_id": "text",
        "kept": "bytea",
        "times": "integer not null default 1",
        "seen_at": "timestamptz not null default now()",
    },
}
# What came in, in slots of five minutes, kept for a day: figures are never a scan of the events.
_SLOTS = """
create table sync_slot (
  workspace_id uuid not null constraint fk_sync_slot_workspace_id references workspace (id),
  data_source_id uuid not null,
  starts_at timestamptz not null,
  events bigint not null default 0,
  seen bigint not null default 0,
  refused bigint not null default 0,
  constraint pk_sync_slot primary key (workspace_id, data_source_id, starts_at),
  constraint fk_sync_slot_data_source_id foreign key (workspace_id, data_source_id)
    references data_source (workspace_id, id) on delete cascade
)
"""
_PLACE = "workspace_id uuid not null constraint fk_{0}_workspace_id references workspace (id)"
_SOURCE = """
  constraint fk_{0}_data_source_id foreign key (workspace_id, data_source_id)
    references data_source (workspace_id, id) on delete cascade
"""
_KEYS = {
    # Where the public keys of a source are published: nobody guesses it.
    "signing_address": """
      data_source_id uuid not null,
      token text not null,
      created_at timestamptz not null default now(),
      constraint pk_signing_address primary key (workspace_id, data_source_id),
      constraint uq_signing_address_workspace_id_token unique (workspace_id, token),
    """ + _SOURCE,
    # Keys after the one of the configuration, which `follows` names by its thumbprint. The private
    # half stands sealed in `content`.
    "signing_key": """
      id uuid not null default uuidv7(),
      data_source_id uuid not null,
      kid text not null,
      algorithm text not null,
      content jsonb not null,
      follows text not null,
      used_from timestamptz not null,
      created_by text not null,
      created_at timestamptz not null default now(),
      constraint pk_signing_key primary key (workspace_id, id),
      constraint ck_signing_key_algorithm check (algorithm in ('RS384', 'ES384')),
    """ + _SOURCE,
}  # fmt: skip
# A file that is imported by the worker; `records` of it are stored already.
_IMPORTS = """
create table import_file (
  workspace_id uuid not null constraint fk_import_file_workspace_id references workspace (id),
  id uuid not null default uuidv7(),
  name text not null,
  key text not null,
  size bigint not null,
  status text not null default 'queued',
  position bigint not null default 0,
  records bigint not null default 0,
  created bigint not null default 0,
  changed bigint not null default 0,
  unchanged bigint not null default 0,
  refused bigint not null default 0,
  problems jsonb not null default '[]',
  error text,
  created_by text not null,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  constraint pk_import_file primary key (workspace_id, id),
  constraint uq_import_file_workspace_id_key unique (workspace_id, key),
  constraint ck_import_file_status
    check (status in ('queued', 'running', 'done', 'failed', 'cancelled'))
)
"""
_STATUS = "check (status in ('running', 'success', 'error', 'continues', 'stopped'))"
_BEFORE = "check (status in ('running', 'success', 'error'))"


def upgrade() -> None:
    for table, columns in _COLUMNS.items():
        for name, kind in columns.items():
            op.execute(f"alter table {table} add column {name} {kind}")
    op.execute("create unique index uq_set_aside_workspace_id_key"
               " on set_aside (workspace_id, data_source_id, key)")  # fmt: skip
    op.execute("alter table sync_run drop constraint ck_sync_run_status")
    op.execute(f"alter table sync_run add constraint ck_sync_run_status {_STATUS}")
    op.execute(_SLOTS)
    policies.protect(op, "sync_slot")
    op.execute(_IMPORTS)
    policies.protect(op, "import_file")
    op.execute("create index ix_import_file_newest on import_file (workspace_id, created_at desc)")
    for table, columns in _KEYS.items():
        op.execute(f"create table {table} ({_PLACE.format(table)}, {columns.format(table)})")
        policies.protect(op, table)
    op.execute("create index ix_signing_key_used_from"
               " on signing_key (workspace_id, data_source_id, used_from)")  # fmt: skip


def downgrade() -> None:
    for table in ("import_file", "signing_key", "signing_address", "sync_slot"):
        op.drop_table(table)
    # Row security would hide every row from the owner.
    op.execute("alter table sync_run no force row level security")
    op.execute("update sync_run set status = 'success' where status in ('continues', 'stopped')")
    op.execute("alter table sync_run force row level security")
    op.execute("alter table sync_run drop constraint ck_sync_run_status")
    op.execute(f"alter table sync_run add constraint ck_sync_run_status {_BEFORE}")
    op.execute("drop index uq_set_aside_workspace_id_key")
    for table, columns in _COLUMNS.items():
        for name in columns:
            op.execute(f"alter table {table} drop column {name}")
