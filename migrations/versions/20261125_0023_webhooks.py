"""Webhooks: which deliveries came in already, and the secret before the present one.

Revision ID: 0023
"""

from alembic import op

from app.core import policies

revision = "0023"
down_revision = "0022"

_PLACE = "workspace_id uuid not null constraint fk_{0}_workspace_id references workspace (id)"
_SOURCE = """
  constraint fk_{0}_data_source_id foreign key (workspace_id, data_source_id)
    references data_source (workspace_id, id) on delete cascade
"""
_TABLES = {
    # `key` is the hash of a signature or of a delivery's own id; a day later it is forgotten.
    "webhook_delivery": """
      data_source_id uuid not null,
      key text not null,
      received_at timestamptz not null default now(),
      constraint pk_webhook_delivery primary key (workspace_id, data_source_id, key),
    """ + _SOURCE,
    # Both secrets are sealed. The previous one counts while `current` is the one that is stored.
    "webhook_rotation": """
      data_source_id uuid not null,
      previous text not null,
      current text not null,
      expires_at timestamptz not null,
      constraint pk_webhook_rotation primary key (workspace_id, data_source_id),
    """ + _SOURCE,
}  # fmt: skip
_INDEX = "webhook_delivery (workspace_id, data_source_id, received_at)"


def upgrade() -> None:
    for table, columns in _TABLES.items():
        op.execute(f"create table {table} ({_PLACE.format(table)}, {columns.format(table)})")
        policies.protect(op, table)
    op.execute(f"create index ix_webhook_delivery_received_at on {_INDEX}")


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)
