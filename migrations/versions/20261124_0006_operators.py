"""Operators: the people who take over calls.

Revision ID: 0006
"""

from alembic import op

from app.core import policies

revision = "0006"
down_revision = "0005"

_OPERATOR = """
create table operator (
  workspace_id uuid not null constraint fk_operator_workspace_id references workspace (id),
  id uuid not null default uuidv7(),
  number bigint not null,
  version integer not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  updated_by text not null,
  name text not null,
  email text not null,
  type text not null,
  role text not null,
  skills jsonb not null,
  connection_method text not null,
  phone_number text,
  status text not null,
  constraint pk_operator primary key (workspace_id, id),
  constraint uq_operator_workspace_id_number unique (workspace_id, number),
  constraint uq_operator_workspace_id_email unique (workspace_id, email),
  constraint ck_operator_type check (type in ('clinical', 'administrative', 'crisis_counselor')),
  constraint ck_operator_role check (role in ('operator', 'supervisor', 'admin')),
  constraint ck_operator_connection_method check (connection_method in ('browser', 'phone')),
  constraint ck_operator_status check (status in ('online', 'busy', 'offline'))
)
"""


def upgrade() -> None:
    op.execute(_OPERATOR)
    policies.protect(op, "operator")


def downgrade() -> None:
    op.drop_table("operator")
