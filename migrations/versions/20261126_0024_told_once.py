"""Rows that follow from an event or an entity name its workspace by that alone.

Their composite keys lead to a row that names a workspace already: a second check of each row
found nothing that the first had not, and cost the bulk path a tenth.

Revision ID: 0024
"""

from alembic import op

revision = "0024"
down_revision = "0023"

TABLES = ("event_entity", "source_record", "relationship", "entity_key", "entity_source")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"alter table {table} drop constraint fk_{table}_workspace_id")


def downgrade() -> None:
    for table in TABLES:
        op.execute(
            f"alter table {table} add constraint fk_{table}_workspace_id"
            " foreign key (workspace_id) references workspace (id)"
        )
