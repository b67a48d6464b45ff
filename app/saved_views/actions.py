"""Saving, changing and deleting views; each audited by its name, never by what it looks for."""

import uuid

import psycopg

from app.core import audit, database
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.identity import Actor

from . import queries
from .queries import View
from .schema import MOST, ViewIn, ViewPatch

_COUNT = """
select count(*) from saved_view where workspace_id = %(workspace_id)s
and account_id is not distinct from %(account)s
"""
_SAVE = """
insert into saved_view (workspace_id, account_id, name, query, created_by, created_by_account_id)
values (%(workspace_id)s, %(account)s, %(name)s, %(query)s, %(by)s, %(me)s)
on conflict do nothing returning id
"""
_CHANGE = """
update saved_view set name = %(name)s, query = %(query)s
where workspace_id = %(workspace_id)s and id = %(id)s
"""
_DELETE = "delete from saved_view where workspace_id = %(workspace_id)s and id = %(id)s"
TAKEN = "There is a view of this name already. Choose another name."


def save(actor: Actor, wanted: ViewIn) -> View:
    """Keep a filter. Raises Conflict (the name is taken) or Invalid (there are too many)."""
    params = {
        "workspace_id": actor.here.id, "me": actor.account_id, "by": actor.label,
        "account": None if wanted.shared else actor.account_id,
        "name": wanted.name, "query": wanted.query,
    }  # fmt: skip
    if database.value(_COUNT, params) >= MOST:
        raise Invalid({"name": f"There are {MOST} views already. Delete one that nobody needs."})
    ident = database.value(_SAVE, params)
    if ident is None:
        raise Conflict(TAKEN)
    audit.record("saved_view.create", "saved_view", ident, resource_name=wanted.name,
                 after={"name": wanted.name, "shared": wanted.shared})  # fmt: skip
    return queries.one(actor, ident)


def mine(actor: Actor, ident: uuid.UUID) -> View:
    """A view that the actor may change. Raises NotFound or Forbidden."""
    view = queries.one(actor, ident)
    if not view.changeable_by(actor):
        raise Forbidden(
            sentence=f"Only {view.created_by}, admins and owners can change this shared view."
        )
    return view


def change(actor: Actor, ident: uuid.UUID, patch: ViewPatch) -> View:
    """Rename a view, or let it look for something else.

    Raises NotFound, Forbidden, or Conflict (the name is taken).
    """
    view = mine(actor, ident)
    name, query = patch.name or view.name, patch.query or view.query
    if (name, query) == (view.name, view.query):
        return view
    params = {"workspace_id": actor.here.id, "id": ident, "name": name, "query": query}
    try:
        with database.driver().transaction():
            database.execute(_CHANGE, params)
    except psycopg.errors.UniqueViolation:
        raise Conflict(TAKEN) from None
    audit.record("saved_view.update", "saved_view", ident, resource_name=name,
                 before={"name": view.name}, after={"name": name, "filter": query != view.query})  # fmt: skip
    return queries.one(actor, ident)


def delete(actor: Actor, ident: uuid.UUID) -> View:
    """Delete a view for good. Raises NotFound or Forbidden."""
    view = mine(actor, ident)
    database.execute(_DELETE, {"workspace_id": actor.here.id, "id": ident})
    audit.record("saved_view.delete", "saved_view", ident, resource_name=view.name,
                 before={"name": view.name, "shared": view.shared})  # fmt: skip
    return view
