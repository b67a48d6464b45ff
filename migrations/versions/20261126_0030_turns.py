"""A turn's call names the workspace: the second check of each turn cost an import 6 %.

Revision ID: 0030
"""

from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.execute("alter table turn drop constraint fk_turn_workspace_id")


def downgrade() -> None:
    # Not looked through, which the owner, under row security too, could not do; it holds.
    op.execute(
        "alter table turn add constraint fk_turn_workspace_id"
        " foreign key (workspace_id) references workspace (id) not valid"
    )
