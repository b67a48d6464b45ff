"""Settings of a workspace, and the revisions of everything configured.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

from app.core import policies

revision = "0002"
down_revision = "0001"


def _workspace(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id"], ["workspace.id"], name=f"fk_{table}_workspace_id", ondelete="CASCADE"
    )


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def _setting() -> None:
    op.create_table(
        "setting",
        sa.Column("workspace_id", UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", JSONB(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_by", sa.Text(), nullable=False),
        _now("updated_at"),
        sa.PrimaryKeyConstraint("workspace_id", "name", name="pk_setting"),
        _workspace("setting"),
        sa.CheckConstraint("version > 0", name="ck_setting_version"),
    )
    policies.protect(op, "setting", "select, insert, update")


def _revision() -> None:
    op.create_table(
        "revision",
        sa.Column("workspace_id", UUID(), nullable=False),
        sa.Column("id", UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("resource_type", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("value", JSONB(), nullable=False),
        sa.Column("changed", JSONB(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_account_id", UUID(), nullable=True),
        sa.Column("actor_key_id", sa.Text(), nullable=True),
        sa.Column("actor_label", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("restored_from", sa.Integer(), nullable=True),
        _now("created_at"),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_revision"),
        sa.UniqueConstraint(
            "workspace_id", "resource_type", "resource_id", "number",
            name="uq_revision_workspace_id_resource_type_resource_id_number",
        ),
        _workspace("revision"),
    )  # fmt: skip
    policies.protect(op, "revision", "select, insert")


def upgrade() -> None:
    _setting()
    _revision()


def downgrade() -> None:
    for table in ("revision", "setting"):
        policies.unprotect(op, table)
        op.drop_table(table)
