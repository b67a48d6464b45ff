"""The job queue's own tables.

Revision ID: 0004
"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0004"
down_revision = "0003"

_GRANTS = """
do $$ declare name text; begin
  for name in select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and relkind = 'r' and relname like 'procrastinate%%' loop
    execute format('revoke all on %I from public', name);
    execute format('grant select, insert, update, delete on %I to ward_app, ward_maintenance', name);
  end loop;
  for name in select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and relkind = 'S' and relname like 'procrastinate%%' loop
    execute format('grant usage, select on %I to ward_app, ward_maintenance', name);
  end loop;
end $$
"""
_DROP = """
do $$ declare name text; begin
  for name in select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and relkind = 'r' and relname like 'procrastinate%%' loop
    execute format('drop table if exists %I cascade', name);
  end loop;
  for name in select p.oid::regprocedure::text from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'public' and proname like 'procrastinate%%' loop
    execute 'drop function if exists ' || name || ' cascade';
  end loop;
  for name in select typname from pg_type t join pg_namespace n on n.oid = t.typnamespace
    where n.nspname = 'public' and typname like 'procrastinate%%' and typtype in ('e', 'c') loop
    execute format('drop type if exists %I cascade', name);
  end loop;
end $$
"""


def _run(statement: str) -> None:
    op.get_bind().connection.driver_connection.execute(statement)


def upgrade() -> None:
    _run(SchemaManager.get_schema())
    _run(_GRANTS.replace("%%", "%"))


def downgrade() -> None:
    _run(_DROP.replace("%%", "%"))
