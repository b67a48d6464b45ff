"""Calls as entities of the world: removing what they hold, and writing events with less.

Revision ID: 0024
"""

from pathlib import Path

from alembic import op

revision = "0024"
down_revision = "0023"

# What a row of these tables belongs to is in the workspace already: its key has the workspace.
_TWICE = ("event_entity", "entity_source", "entity_key", "relationship", "source_record")
# Nothing asks for events by these any more: the figures are kept by every write.
_UNUSED = {
    "ix_event_type": "event (workspace_id, event_type, seq desc)",
    "ix_event_ingested_at": "event (workspace_id, ingested_at desc)",
}
# Calls are found by other means than their names, and nothing about them is unsure.
_NOT_CALLS = {
    "ix_entity_name": ("entity (workspace_id, entity_type, display_name, id)", ""),
    "ix_entity_confidence": ("entity (workspace_id, confidence, id)", "has_projection"),
}
_FORGET = (Path(__file__).parents[1] / "sql/forget_calls.sql").read_text()
# What changed last, people and their records: calls come in all day.
_NEWEST = """
create index ix_entity_newest_known on entity (workspace_id, last_event_at desc, id desc)
where entity_type <> 'call'
"""


def _index(*conditions: str) -> None:
    for name, (columns, condition) in _NOT_CALLS.items():
        where = " and ".join(part for part in (condition, *conditions) if part)
        op.execute(f"drop index {name}")
        op.execute(f"create index {name} on {columns}" + (f" where {where}" if where else ""))


def upgrade() -> None:
    _index("entity_type <> 'call'")
    for table in _TWICE:
        op.execute(f"alter table {table} drop constraint fk_{table}_workspace_id")
    for name in _UNUSED:
        op.execute(f"drop index {name}")
    op.execute(_NEWEST)
    op.execute(_FORGET)


def downgrade() -> None:
    op.execute("drop function forget_calls")
    op.execute("drop index ix_entity_newest_known")
    _index()
    for name, columns in _UNUSED.items():
        op.execute(f"create index {name} on {columns}")
    for table in _TWICE:
        # Not looked through, which the owner, under row security too, could not do; it holds.
        op.execute(
            f"alter table {table} add constraint fk_{table}_workspace_id"
            " foreign key (workspace_id) references workspace (id) not valid"
        )
