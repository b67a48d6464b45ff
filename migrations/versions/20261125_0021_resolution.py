"""Who is who: what records can be matched by, the pairs that may be one person, and decisions.

Revision ID: 0021
"""

from alembic import op

from app.core import policies

revision = "0021"
down_revision = "0020"

_PLACE = "workspace_id uuid not null constraint fk_{0}_workspace_id references workspace (id)"
_OF_ENTITY = """
  constraint fk_{0}_{1}_id foreign key (workspace_id, {1}_id)
    references entity (workspace_id, id)
"""
_TABLES = {
    # A key is a kind and a digest.
    "match_key": """
      key text not null,
      entity_id uuid not null,
      constraint pk_match_key primary key (workspace_id, key, entity_id),
    """ + _OF_ENTITY.replace("{1}", "entity"),
    # A pair without a decision goes when its records no longer match; one with a decision stays.
    "duplicate": """
      first_id uuid not null,
      second_id uuid not null,
      confidence double precision not null,
      matched_on text[] not null,
      status text not null,
      decision text,
      decided_by text,
      decided_at timestamptz,
      linked_at timestamptz,
      constraint pk_duplicate primary key (workspace_id, first_id, second_id),
      constraint ck_duplicate_order check (first_id <= second_id),
      constraint ck_duplicate_status check (status in ('suspected', 'linked', 'apart')),
      constraint ck_duplicate_decision check (decision in ('same', 'different')),
    """ + _OF_ENTITY.replace("{1}", "first") + "," + _OF_ENTITY.replace("{1}", "second"),
    # How far the workspace's events are looked at.
    "resolution": """
      last_seq bigint not null default 0,
      last_tick_at timestamptz,
      merges_last_tick integer not null default 0,
      next_at timestamptz,
      constraint pk_resolution primary key (workspace_id)
    """,
}  # fmt: skip
_INDEXES = {
    "ix_match_key_entity_id": "match_key (workspace_id, entity_id)",
    "ix_duplicate_status":
        "duplicate (workspace_id, status, confidence, first_id, second_id)",
    "ix_duplicate_second_id": "duplicate (workspace_id, second_id)",
    "ix_duplicate_linked_at": "duplicate (workspace_id, linked_at desc) where status = 'linked'",
}  # fmt: skip


def upgrade() -> None:
    for table, columns in _TABLES.items():
        op.execute(f"create table {table} ({_PLACE.format(table)}, {columns.format(table)})")
        policies.protect(op, table)
    for name, where in _INDEXES.items():
        op.execute(f"create index {name} on {where}")


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
