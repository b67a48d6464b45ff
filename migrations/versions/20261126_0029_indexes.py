"""Indexes that lead from an event or entity begin with it.

A workspace that is new beside a big one is empty to the planner until it looks again, and then any
index that begins with the workspace seems as good as the one that was made for the question. The
keys of an entity were read by walking all keys of the workspace.

Revision ID: 0029
"""

from alembic import op

revision = "0029"
down_revision = "0028"

_LED_BY = {
    "ix_event_entity_event_id": ("event_entity", "event_id"),
    "ix_source_record_entity_id": ("source_record", "entity_id"),
    "ix_source_record_event_id": ("source_record", "event_id"),
}
_KEYS = "ix_entity_key_entity_id on entity_key (workspace_id, entity_id{0})"


def upgrade() -> None:
    op.execute("drop index ix_entity_key_entity_id")
    op.execute(f"create index {_KEYS.format(', kind, value')}")
    for name, (table, column) in _LED_BY.items():
        op.execute(f"drop index {name}")
        op.execute(f"create index {name} on {table} ({column}, workspace_id)")


def downgrade() -> None:
    for name, (table, column) in _LED_BY.items():
        op.execute(f"drop index {name}")
        op.execute(f"create index {name} on {table} (workspace_id, {column})")
    op.execute("drop index ix_entity_key_entity_id")
    op.execute(f"create index {_KEYS.format('')}")
