"""Phone numbers, and how a workspace is shown to its staff.

A number belongs to one workspace in the whole installation, so its key is global.

Revision ID: 0008
"""

from alembic import op

from app.core import policies

revision = "0008"
down_revision = "0007"

_NUMBER = """
create table phone_number (
  workspace_id uuid not null constraint fk_phone_number_workspace_id references workspace (id),
  id uuid not null default uuidv7(),
  number bigint not null,
  version integer not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  updated_by text not null,
  phone_number text not null,
  display_name text not null,
  notes text not null,
  capabilities jsonb not null,
  provider text not null,
  provider_phone_sid text,
  status text not null,
  inbound_service_id uuid,
  forwarding jsonb,
  constraint pk_phone_number primary key (workspace_id, id),
  constraint uq_phone_number_workspace_id_number unique (workspace_id, number),
  constraint uq_phone_number_phone_number unique (phone_number),
  constraint fk_phone_number_service foreign key (workspace_id, inbound_service_id)
    references service (workspace_id, id),
  constraint ck_phone_number_provider check (provider in ('twilio', 'livekit')),
  constraint ck_phone_number_status check (status in ('active', 'inactive'))
)
"""


def upgrade() -> None:
    op.execute(_NUMBER)
    op.execute(
        "create index ix_phone_number_service on phone_number (workspace_id, inbound_service_id)"
    )
    policies.protect(op, "phone_number")
    op.execute("alter table workspace add column shown_name text")
    op.execute("alter table workspace add column mark_color text not null default 'teal'")


def downgrade() -> None:
    op.execute("alter table workspace drop column mark_color")
    op.execute("alter table workspace drop column shown_name")
    op.drop_table("phone_number")
