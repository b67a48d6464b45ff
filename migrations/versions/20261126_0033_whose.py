"""The keys of a person are looked up by the person alone.

Until a table that grows quickly was analyzed, the planner took the index of persons for looking up
a key as well, and read all of a workspace for each. A key does not tell that there is a person, so
that this index is none for it.

Revision ID: 0033
"""

from alembic import op

revision = "0033"
down_revision = "0032"


def _index(condition: str) -> None:
    op.execute("drop index ix_match_key_entity_id")
    op.execute("create index ix_match_key_entity_id on match_key (workspace_id, entity_id)"
               f" {condition}")  # fmt: skip


def upgrade() -> None:
    _index("where entity_id is not null")


def downgrade() -> None:
    _index("")
