"""The audit log: append-only, one hash chain a workspace."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Json, Time, Uuid
from app.core.tenancy import Tenant


class AuditEvent(Tenant, Base):
    """One thing that happened. The app role may insert and read, never change or remove."""

    __tablename__ = "audit_event"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        CheckConstraint("outcome in ('ok', 'denied', 'failed')", "outcome"),
        CheckConstraint("actor_kind in ('account', 'key', 'user', 'system')", "actor_kind"),
        Index("ix_audit_event_workspace_id_at", "workspace_id", "at", "seq"),
        Index("ix_audit_event_workspace_id_action", "workspace_id", "action", "seq"),
        Index("ix_audit_event_workspace_id_actor", "workspace_id", "actor_user_id", "seq"),
        Index(
            "ix_audit_event_workspace_id_resource",
            "workspace_id", "resource_type", "resource_id", "seq",
        ),
    )  # fmt: skip

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[Uuid]
    at: Mapped[Time]
    actor_kind: Mapped[str] = mapped_column(Text)
    actor_account_id: Mapped[Uuid | None]
    actor_user_id: Mapped[Uuid | None]
    actor_key_id: Mapped[str | None] = mapped_column(Text)
    actor_label: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    resource_type: Mapped[str] = mapped_column(Text)
    resource_id: Mapped[str | None] = mapped_column(Text)
    resource_name: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    phi_accessed: Mapped[bool]
    before: Mapped[Json | None]
    after: Mapped[Json | None]
    metadata_: Mapped[Json | None] = mapped_column("metadata")
    ip: Mapped[str | None] = mapped_column(Text)
    user_agent: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(Text)


class AuditHead(Tenant, Base):
    """The end of a workspace's chain: its lock, and what betrays a removed tail."""

    __tablename__ = "audit_head"
    __table_args__ = (ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),)

    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(Text)
