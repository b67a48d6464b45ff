"""Organizations and workspaces.

They, users, accounts, keys and invitations are small: on a distributed PostgreSQL they are
reference tables, so that "my workspaces" needs no question to every shard.
"""

from sqlalchemy import CheckConstraint, ForeignKey, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Id, Now, Time, Uuid

ENVIRONMENTS = ("production", "staging", "development")
REGIONS = ("us-east-1", "ap-southeast-2", "eu-central-1", "ca-central-1")


class Organization(Base):
    """The customer that workspaces belong to."""

    __tablename__ = "organization"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Now]


class Workspace(Base):
    """A clinic, department or environment; nothing crosses from one into another."""

    __tablename__ = "workspace"
    __table_args__ = (
        CheckConstraint("environment in ('production', 'staging', 'development')", "environment"),
        CheckConstraint(
            "region in ('us-east-1', 'ap-southeast-2', 'eu-central-1', 'ca-central-1')", "region"
        ),
        CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$'", "slug"),
        CheckConstraint("btrim(name) <> ''", "name"),
    )

    id: Mapped[Id]
    organization_id: Mapped[Uuid] = mapped_column(ForeignKey("organization.id"), index=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    environment: Mapped[str] = mapped_column(Text)
    region: Mapped[str] = mapped_column(Text, server_default="us-east-1")
    connector_type: Mapped[str | None] = mapped_column(Text)
    backend_org_id: Mapped[str | None] = mapped_column(Text)
    provisioned_at: Mapped[Time | None]
    archived_at: Mapped[Time | None]
    created_at: Mapped[Now]
    updated_at: Mapped[Now]
    version: Mapped[int] = mapped_column(Integer, server_default="1")
