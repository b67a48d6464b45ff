"""Searching transcripts looks at fewer rows before it knows how common the words are.

Revision ID: 0034
"""

from pathlib import Path

from alembic import op

revision = "0034"
down_revision = "0033"

_FIND = (Path(__file__).parents[1] / "sql/find_whole_transcripts.sql").read_text()


def upgrade() -> None:
    op.execute("grant create on schema public to ward_maintenance")
    op.execute("set local role ward_maintenance")
    op.execute(_FIND)
    op.execute("reset role")
    op.execute("revoke create on schema public from ward_maintenance")


def downgrade() -> None:
    """The former found the same."""
