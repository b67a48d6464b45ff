"""The people who take over calls."""

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.core.database import Base, Id, Json, Now
from app.core.tenancy import Tenant


class Operator(Tenant, Base):
    """Somebody a call can be handed to."""

    __tablename__ = "operator"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        UniqueConstraint("workspace_id", "number"),
        UniqueConstraint("workspace_id", "email"),
        CheckConstraint("type in ('clinical', 'administrative', 'crisis_counselor')", "type"),
        CheckConstraint("role in ('operator', 'supervisor', 'admin')", "role"),
        CheckConstraint("connection_method in ('browser', 'phone')", "connection_method"),
        CheckConstraint("status in ('online', 'busy', 'offline')", "status"),
    )

    id: Mapped[Id]
    number: Mapped[int]
    version: Mapped[int]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
    updated_by: Mapped[str]
    name: Mapped[str]
    email: Mapped[str]
    type: Mapped[str]
    role: Mapped[str]
    skills: Mapped[Json]
    connection_method: Mapped[str]
    phone_number: Mapped[str | None]
    status: Mapped[str]
