"""What looks past the policies looks at temporary tables last.

They come first where nobody says otherwise, and the app role may make some: a table of a caller
must not stand in for one of Ward's.

Revision ID: 0031
"""

from alembic import op

revision = "0031"
down_revision = "0030"

FUNCTIONS = ("find_transcripts", "find_whole_transcripts", "forget_calls")


def _search(path: str) -> None:
    op.execute("set local role ward_maintenance")
    for name in FUNCTIONS:
        op.execute(f"alter function {name} set search_path = {path}")
    op.execute("reset role")


def upgrade() -> None:
    _search("pg_catalog, public, pg_temp")


def downgrade() -> None:
    _search("pg_catalog, public")
