"""A reading counts by themselves the records that it took out of the world.

Revision ID: 0035
"""

from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.execute("alter table sync_run add column removed integer not null default 0")


def downgrade() -> None:
    op.execute("alter table sync_run drop column removed")
