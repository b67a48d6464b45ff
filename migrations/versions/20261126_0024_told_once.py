"""Rows that follow from an event or an entity name its workspace by that alone.

Their composite keys lead to a row that names a workspace already: a second check of each row
found nothing that the first had not, and cost the bulk path a tenth. The links of an event to its
entities come from the same batch as the event, in the same transaction, and nobody changes either:
what is checked of them is the entity.

Revision ID: 0024
"""

from alembic import op

revision = "0024"
down_revision = "0023"

TABLES = ("event_entity", "source_record", "relationship", "entity_key", "entity_source")

_LINK = """
alter table event_entity add constraint fk_event_entity_event_id
  foreign key (workspace_id, event_id) references event (workspace_id, id)
"""


def upgrade() -> None:
    op.execute("alter table event_entity drop constraint fk_event_entity_event_id")
    for table in TABLES:
        op.execute(f"alter table {table} drop constraint fk_{table}_workspace_id")


def downgrade() -> None:
    op.execute(_LINK)
    for table in TABLES:
        op.execute(
            f"alter table {table} add constraint fk_{table}_workspace_id"
            " foreign key (workspace_id) references workspace (id)"
        )
