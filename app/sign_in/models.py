"""People who sign in, and their sessions."""

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Id, Now, Uuid


class User(Base):
    """A person who signs in. `email` is kept lower-case."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email = lower(email)", "email"),)

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    password_changed_at: Mapped[Now]
    created_at: Mapped[Now]


class Session(Base):
    """One signed-in browser. Only the SHA-256 of its token is kept."""

    __tablename__ = "session"

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(Text, unique=True)
    user_id: Mapped[Uuid] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[Now]
    last_seen_at: Mapped[Now]
    ip: Mapped[str | None] = mapped_column(Text)
    user_agent: Mapped[str | None] = mapped_column(Text)
