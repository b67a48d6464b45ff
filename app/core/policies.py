"""Row security: how a migration puts a table inside the fence, and the check that all are.

Every table is either a tenant table (`protect`) or one of the few below that are looked up
before a workspace is known and have policies of their own.
"""

from typing import Any

from . import database

APP = "ward_app"
OWN_POLICIES = {"organization", "workspace", "users", "session", "account", "invitation", "api_key"}
INSTALLATION = {"throttle", "alembic_version"}
"""Tables that hold nothing of any workspace."""

FUNCTIONS = """
create function ward_workspace_id() returns uuid language sql stable parallel safe
  as $$ select nullif(current_setting('ward.workspace_id', true), '')::uuid $$;
create function ward_user_id() returns uuid language sql stable parallel safe
  as $$ select nullif(current_setting('ward.user_id', true), '')::uuid $$;
create function ward_presented(setting text) returns text language sql stable parallel safe
  as $$ select nullif(current_setting('ward.' || setting, true), '') $$;
"""
DROP_FUNCTIONS = """
drop function ward_presented(text);
drop function ward_user_id();
drop function ward_workspace_id();
"""

INSIDE = "workspace_id = (select ward_workspace_id())"
ALL = "select, insert, update, delete"


def fence(op: Any, table: str, grants: str = ALL) -> None:
    """Forced row security without a policy yet: nobody sees anything."""
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"revoke all on {table} from public")
    op.execute(f"grant {grants} on {table} to {APP}")
    op.execute(f"grant {ALL} on {table} to ward_maintenance")


def policy(
    op: Any, table: str, name: str, verb: str, using: str | None = None, check: str | None = None
) -> None:
    """One named policy for the app role; `verb` is all, select, insert, update or delete."""
    clauses = (f" using ({using})" if using else "") + (f" with check ({check})" if check else "")
    op.execute(f"create policy {name} on {table} for {verb} to {APP}{clauses}")


def protect(op: Any, table: str, grants: str = ALL) -> None:
    """Make `table` a tenant table: forced row security by the context's workspace, and grants."""
    fence(op, table, grants)
    policy(op, table, "tenant", "all", INSIDE, INSIDE)


def unprotect(op: Any, table: str) -> None:
    """Undo `protect` (downgrades)."""
    op.execute(f"drop policy if exists tenant on {table}")
    op.execute(f"alter table {table} no force row level security")
    op.execute(f"alter table {table} disable row level security")


_TABLES = """
select c.relname, c.relrowsecurity, c.relforcerowsecurity,
       exists (select from pg_policy p where p.polrelid = c.oid),
       exists (select from pg_attribute a where a.attrelid = c.oid
               and a.attname = 'workspace_id' and not a.attisdropped),
       coalesce((select a.attnotnull from pg_attribute a where a.attrelid = c.oid
               and a.attname = 'workspace_id' and not a.attisdropped), true),
       pg_get_userbyid(c.relowner)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p') order by c.relname
"""
_KEYS = """
select c.relname, i.relname,
       (select a.attname from pg_attribute a
        where a.attrelid = c.oid and a.attnum = x.indkey[0])
from pg_index x join pg_class c on c.oid = x.indrelid join pg_class i on i.oid = x.indexrelid
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and x.indisunique
"""
_VIEWS = """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('v', 'm')
  and not coalesce(c.reloptions::text like '%%security_invoker=true%%', false)
"""
_ROLE = """
select current_user, rolsuper, rolbypassrls, has_schema_privilege(current_user, 'public', 'create')
from pg_roles where rolname = current_user
"""


def _role_problems() -> list[str]:
    found = database.row(_ROLE)
    if found is None:
        return ["the database role could not be read"]
    name, superuser, bypass, creates = found
    problems = []
    if superuser or bypass:
        problems.append(f"the role {name} could bypass row security")
    if creates:
        problems.append(f"the role {name} may create tables")
    return problems


def _table_problems(
    name: str, enabled: bool, forced: bool, has: bool, tenant: bool, not_null: bool
) -> list[str]:
    known = name in OWN_POLICIES or name in INSTALLATION or name.startswith("procrastinate_")
    if name in INSTALLATION or name.startswith("procrastinate_"):
        return []
    problems = []
    if not (enabled and forced and has):
        problems.append(f"the table {name} has no forced row security policy")
    if not tenant and not known:
        problems.append(f"the table {name} is neither a tenant table nor a known other one")
    if not not_null:
        problems.append(f"the table {name} allows a row without a workspace")
    return problems


GLOBAL_KEYS = {
    "uq_invitation_token_hash",
    "uq_api_key_key_id",
    "uq_phone_number_phone_number",
}
"""Unique across workspaces on purpose: random values that say nothing about their workspace, and
phone numbers, which the telephone network gives to one owner only."""


def check() -> list[str]:
    """What stands in the way of isolation on the running database; empty when nothing does."""
    problems = _role_problems()
    tenant = set()
    for name, enabled, forced, has, is_tenant, not_null, owner in database.rows(_TABLES):
        problems += _table_problems(name, enabled, forced, has, is_tenant, not_null)
        if owner == database.value("select current_user"):
            problems.append(f"the app role owns the table {name}")
        if is_tenant:
            tenant.add(name)
    for table, key, first in database.rows(_KEYS):
        if table in tenant and first != "workspace_id" and key not in GLOBAL_KEYS:
            problems.append(f"the unique key {key} of {table} does not begin with workspace_id")
    for (view,) in database.rows(_VIEWS):
        problems.append(f"the view {view} runs with its owner's rights")
    return problems
