"""API keys: a credential of one workspace, never more than the account that made it."""

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Id, Json, Now, Time, Uuid
from app.core.tenancy import Tenant


class ApiKey(Tenant, Base):
    """`key_id` is the public handle; only the SHA-256 of the secret is kept.

    `account_id` has no foreign key: the key outlives a removed account, powerless, so that the
    list and the audit log still name it.
    """

    __tablename__ = "api_key"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        CheckConstraint("role in ('owner', 'admin', 'member', 'viewer')", "role"),
        Index("ix_api_key_workspace_id_created_at", "workspace_id", "created_at"),
    )

    id: Mapped[Id]
    key_id: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str | None] = mapped_column(Text)
    secret_hash: Mapped[str] = mapped_column(Text)
    previous_secret_hash: Mapped[str | None] = mapped_column(Text)
    previous_expires_at: Mapped[Time | None]
    role: Mapped[str] = mapped_column(Text)
    permissions: Mapped[Json] = mapped_column(server_default="[]")
    environment: Mapped[str] = mapped_column(Text)
    account_id: Mapped[Uuid]
    user_id: Mapped[Uuid] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
    expires_at: Mapped[Time]
    last_used_at: Mapped[Time | None]
    last_used_ip: Mapped[str | None] = mapped_column(Text)
    revoked_at: Mapped[Time | None]
