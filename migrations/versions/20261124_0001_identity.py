"""Organizations, workspaces, people, accounts, keys and the audit log.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

from app.core import policies

revision = "0001"
down_revision = None

ROLES = "role in ('owner', 'admin', 'member', 'viewer')"
MINE = "user_id = (select ward_user_id())"


def _id() -> sa.Column[object]:
    return sa.Column("id", UUID(), server_default=sa.text("uuidv7()"), nullable=False)


def _uuid(name: str, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, UUID(), nullable=nullable)


def _text(name: str, nullable: bool = False, default: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), nullable=nullable, server_default=default)


def _time(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def _workspaces() -> None:
    op.create_table(
        "organization",
        _id(), _text("name"), _now("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_organization"),
    )  # fmt: skip
    op.create_table(
        "workspace",
        _id(), _uuid("organization_id"), _text("slug"), _text("name"), _text("environment"),
        _text("region", default="us-east-1"), _text("connector_type", True),
        _text("backend_org_id", True), _time("provisioned_at"), _time("archived_at"),
        _now("created_at"), _now("updated_at"),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workspace"),
        sa.UniqueConstraint("slug", name="uq_workspace_slug"),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organization.id"], name="fk_workspace_organization_id"
        ),
        sa.CheckConstraint(
            "environment in ('production', 'staging', 'development')",
            name="ck_workspace_environment",
        ),
        sa.CheckConstraint(
            "region in ('us-east-1', 'ap-southeast-2', 'eu-central-1', 'ca-central-1')",
            name="ck_workspace_region",
        ),
        sa.CheckConstraint(
            "slug ~ '^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$'", name="ck_workspace_slug"
        ),
        sa.CheckConstraint("btrim(name) <> ''", name="ck_workspace_name"),
    )  # fmt: skip
    op.create_index("ix_workspace_organization_id", "workspace", ["organization_id"])


def _people() -> None:
    op.create_table(
        "users",
        _id(), _text("email"), _text("name"), _text("password_hash"),
        _now("password_changed_at"), _now("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email", name="uq_users_email"),
        sa.CheckConstraint("email = lower(email)", name="ck_users_email"),
    )  # fmt: skip
    op.create_table(
        "session",
        _id(), _text("token_hash"), _uuid("user_id"), _now("created_at"), _now("last_seen_at"),
        _text("ip", True), _text("user_agent", True),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.UniqueConstraint("token_hash", name="uq_session_token_hash"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_session_user_id", ondelete="CASCADE"
        ),
    )  # fmt: skip
    op.create_index("ix_session_user_id", "session", ["user_id"])


def _tenant(table: str, *columns: object) -> None:
    op.create_table(
        table,
        _uuid("workspace_id"),
        *columns,
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=f"fk_{table}_workspace_id"
        ),
    )


def _accounts() -> None:
    _tenant(
        "account",
        _id(), _uuid("user_id"), _text("role"), _now("created_at"), _now("updated_at"),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_account"),
        sa.UniqueConstraint("workspace_id", "user_id", name="uq_account_workspace_id_user_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_account_user_id"),
        sa.CheckConstraint(ROLES, name="ck_account_role"),
    )  # fmt: skip
    op.create_index("ix_account_user_id", "account", ["user_id"])
    _tenant(
        "invitation",
        _id(), _text("email"), _text("role"), _text("token_hash"),
        _uuid("invited_by_account_id", True), _now("created_at"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        _time("accepted_at"), _time("revoked_at"),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_invitation"),
        sa.UniqueConstraint("token_hash", name="uq_invitation_token_hash"),
        sa.CheckConstraint(ROLES, name="ck_invitation_role"),
    )  # fmt: skip


def _keys() -> None:
    _tenant(
        "api_key",
        _id(), _text("key_id"), _text("name", True), _text("secret_hash"),
        _text("previous_secret_hash", True), _time("previous_expires_at"), _text("role"),
        sa.Column("permissions", JSONB(), server_default="[]", nullable=False),
        _text("environment"), _uuid("account_id"), _uuid("user_id"),
        _now("created_at"), _now("updated_at"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        _time("last_used_at"), _text("last_used_ip", True), _time("revoked_at"),
        sa.PrimaryKeyConstraint("workspace_id", "id", name="pk_api_key"),
        sa.UniqueConstraint("key_id", name="uq_api_key_key_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_api_key_user_id"),
        sa.CheckConstraint(ROLES, name="ck_api_key_role"),
    )  # fmt: skip
    op.create_index("ix_api_key_workspace_id_created_at", "api_key", ["workspace_id", "created_at"])


def _audit() -> None:
    _tenant(
        "audit_event",
        sa.Column("seq", sa.BigInteger(), nullable=False, autoincrement=False),
        _uuid("id"), sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _text("actor_kind"), _uuid("actor_account_id", True), _uuid("actor_user_id", True),
        _text("actor_key_id", True), _text("actor_label"), _text("action"),
        _text("resource_type"), _text("resource_id", True), _text("resource_name", True),
        _text("outcome"), sa.Column("phi_accessed", sa.Boolean(), nullable=False),
        sa.Column("before", JSONB()), sa.Column("after", JSONB()), sa.Column("metadata", JSONB()),
        _text("ip", True), _text("user_agent", True), _text("request_id", True),
        _text("hash"), _text("previous_hash"),
        sa.PrimaryKeyConstraint("workspace_id", "seq", name="pk_audit_event"),
        sa.CheckConstraint(
            "outcome in ('ok', 'denied', 'failed')", name="ck_audit_event_outcome"
        ),
        sa.CheckConstraint(
            "actor_kind in ('account', 'key', 'user', 'system')", name="ck_audit_event_actor_kind"
        ),
    )  # fmt: skip
    for name, columns in {
        "at": ["at"],
        "action": ["action"],
        "actor": ["actor_user_id"],
        "resource": ["resource_type", "resource_id"],
    }.items():
        op.create_index(
            f"ix_audit_event_workspace_id_{name}", "audit_event", ["workspace_id", *columns, "seq"]
        )
    _tenant(
        "audit_head",
        sa.Column("seq", sa.BigInteger(), nullable=False),
        _text("hash"),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_audit_head"),
    )


def _throttle() -> None:
    op.execute(
        "create unlogged table throttle (bucket text primary key,"
        " window_ends_at timestamptz not null, hits integer not null)"
    )
    op.execute("revoke all on throttle from public")
    op.execute("grant select, insert, update, delete on throttle to ward_app, ward_maintenance")


def _fence_identity() -> None:
    p = policies
    for table in ("organization", "workspace", "users", "session"):
        p.fence(op, table)
    p.policy(
        op, "workspace", "mine", "select",
        "id = (select ward_workspace_id())"
        " or exists (select from account a where a.workspace_id = workspace.id"
        " and a.user_id = (select ward_user_id()))"
        " or exists (select from invitation i where i.workspace_id = workspace.id"
        " and i.token_hash = (select ward_presented('invitation')))",
    )  # fmt: skip
    inside = "id = (select ward_workspace_id())"
    p.policy(op, "workspace", "create_one", "insert", check=inside)
    p.policy(op, "workspace", "change", "update", inside, inside)
    p.policy(
        op, "organization", "of_my_workspaces", "select",
        "exists (select from workspace w where w.organization_id = organization.id)",
    )  # fmt: skip
    p.policy(
        op, "organization", "create_one", "insert", check="(select ward_user_id()) is not null"
    )
    me = "id = (select ward_user_id())"
    p.policy(
        op, "users", "known", "select",
        f"{me} or email = (select ward_presented('sign_in'))"
        " or exists (select from account a where a.user_id = users.id"
        " and a.workspace_id = (select ward_workspace_id()))",
    )  # fmt: skip
    p.policy(op, "users", "join_up", "insert", check=me)
    p.policy(op, "users", "change", "update", me, me)
    presented = f"token_hash = (select ward_presented('session')) or {MINE}"
    p.policy(op, "session", "own", "all", presented, MINE)


def _fence_tenants() -> None:
    p = policies
    for table in ("account", "invitation", "api_key"):
        p.protect(op, table)
    p.policy(op, "account", "mine", "select", MINE)
    p.policy(
        op, "invitation", "presented", "select",
        "token_hash = (select ward_presented('invitation'))",
    )  # fmt: skip
    p.policy(op, "api_key", "presented", "select", "key_id = (select ward_presented('key_id'))")
    p.protect(op, "audit_event", "select, insert")
    p.protect(op, "audit_head", "select, insert, update")


def upgrade() -> None:
    op.execute(policies.FUNCTIONS)
    _workspaces()
    _people()
    _accounts()
    _keys()
    _audit()
    _throttle()
    _fence_identity()
    _fence_tenants()


def downgrade() -> None:
    op.execute("drop policy mine on workspace")
    op.execute("drop policy known on users")
    op.execute("drop policy of_my_workspaces on organization")
    for table in (
        "throttle", "audit_head", "audit_event", "api_key", "invitation", "account",
        "session", "users", "workspace", "organization",
    ):  # fmt: skip
        op.drop_table(table)
    op.execute(policies.DROP_FUNCTIONS)
