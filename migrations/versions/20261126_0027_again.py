"""How far a second look at everybody has come, when one was asked for.

Revision ID: 0027
"""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.execute("alter table resolution add column again_after uuid")


def downgrade() -> None:
    op.execute("alter table resolution drop column again_after")
