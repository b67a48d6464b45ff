"""Notes on calls that their author changed, and what the list of calls is filtered by.

Revision ID: 0019
"""

from alembic import op

revision = "0019"
down_revision = "0013"


def upgrade() -> None:
    op.execute("alter table call_note add column edited_at timestamptz")
    op.execute(
        "create index ix_call_unrecorded on call (workspace_id, started_at desc, number desc)"
        " where not has_recording"
    )


def downgrade() -> None:
    op.execute("drop index ix_call_unrecorded")
    op.execute("alter table call_note drop column edited_at")
