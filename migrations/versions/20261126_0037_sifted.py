"""Real calls by time, with what thousands of them are looked through for.

Revision ID: 0037
"""

from alembic import op

revision = "0037"
down_revision = "0036"

REAL = "source not in ('simulated', 'playground') and direction not in ('simulated', 'test')"


def _index(more: str) -> None:
    op.execute("drop index ix_call_real")
    op.execute("create index ix_call_real on call (workspace_id, started_at desc, number desc)"
               f" {more} where {REAL}")  # fmt: skip


def upgrade() -> None:
    _index("include (caller_id, duration_seconds)")


def downgrade() -> None:
    _index("")
