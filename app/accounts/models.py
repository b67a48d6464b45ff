"""A user's place in a workspace, and the invitations that lead to one."""

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Id, Now, Time, Uuid
from app.core.tenancy import Tenant

ROLE_CHECK = "role in ('owner', 'admin', 'member', 'viewer')"


class Account(Tenant, Base):
    """One user in one workspace, with a role."""

    __tablename__ = "account"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        Unique("workspace_id", "user_id"),
        CheckConstraint(ROLE_CHECK, "role"),
        Index("ix_account_user_id", "user_id"),
    )

    id: Mapped[Id]
    user_id: Mapped[Uuid] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
    last_seen_at: Mapped[Time | None]


class Invitation(Tenant, Base):
    """An invitation by link; only the SHA-256 of its token is kept."""

    __tablename__ = "invitation"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        CheckConstraint(ROLE_CHECK, "role"),
    )

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    invited_by_account_id: Mapped[Uuid | None]
    created_at: Mapped[Now]
    expires_at: Mapped[Time]
    accepted_at: Mapped[Time | None]
    revoked_at: Mapped[Time | None]
