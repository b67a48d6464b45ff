"""Indexes that every event paid for and nobody read, and one that was read too wide.

Events by type or by when they came in are figures of their own by now. The keys of an entity were
read by walking all keys of the workspace when the planner took it for empty. For the same reason
an index that leads from an event or entity to its rows begins with that: a workspace that is new
beside a big one is empty to the planner until it looks again, and then any index that begins with
the workspace seems as good as the one that was made for the question.

Revision ID: 0025
"""

from alembic import op

revision = "0025"
down_revision = "0024"

_UNREAD = {
    "ix_event_type": "event (workspace_id, event_type, seq desc)",
    "ix_event_ingested_at": "event (workspace_id, ingested_at desc)",
}
_LED_BY = {
    "ix_event_entity_event_id": ("event_entity", "event_id"),
    "ix_source_record_entity_id": ("source_record", "entity_id"),
    "ix_source_record_event_id": ("source_record", "event_id"),
}
_KEYS = "ix_entity_key_entity_id on entity_key (workspace_id, entity_id{0})"


def upgrade() -> None:
    for name in _UNREAD:
        op.execute(f"drop index {name}")
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
    for name, where in _UNREAD.items():
        op.execute(f"create index {name} on {where}")
