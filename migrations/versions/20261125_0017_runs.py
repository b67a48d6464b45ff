"""Runs that tell what they changed, and records set aside that can be tried again.

Revision ID: 0017
"""

from alembic import op

from app.core import policies

revision = "0017"
down_revision = "0013"

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


def downgrade() -> None:
    op.drop_table("sync_slot")
    op.execute("update sync_run set status = 'success' where status in ('continues', 'stopped')")
    op.execute("alter table sync_run drop constraint ck_sync_run_status")
    op.execute(f"alter table sync_run add constraint ck_sync_run_status {_BEFORE}")
    op.execute("drop index uq_set_aside_workspace_id_key")
    for table, columns in _COLUMNS.items():
        for name in columns:
            op.execute(f"alter table {table} drop column {name}")
