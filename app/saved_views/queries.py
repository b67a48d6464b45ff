"""Reading saved views: one's own, and those of the workspace."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from app.calls.filters import SAYS_WHOM
from app.core import database
from app.core.access import RANK
from app.core.errors import NotFound
from app.core.identity import Actor

_VISIBLE = """
select id, name, query, account_id is null, created_by, created_by_account_id, created_at
from saved_view where workspace_id = %(workspace_id)s
and (account_id is null or account_id = %(me)s)
"""
_LIST = _VISIBLE + " order by account_id is null, lower(name), id limit 200"
_ONE = _VISIBLE + " and id = %(id)s"


@dataclass(frozen=True, slots=True)
class View:
    """A filter under a name. A shared one stays when who saved it has left."""

    id: uuid.UUID
    name: str
    query: str
    shared: bool
    created_by: str
    created_by_account_id: uuid.UUID
    created_at: datetime

    @property
    def says_whom(self) -> bool:
        """Whether it holds words or a number of a patient."""
        return any(part.partition("=")[0] in SAYS_WHOM for part in self.query.split("&"))

    def changeable_by(self, actor: Actor) -> bool:
        """Whoever saved it; a shared one also admins and owners."""
        own = self.created_by_account_id == actor.account_id
        high = RANK[actor.role or "viewer"] >= RANK["admin"]
        return actor.may("SavedView.update") and (own or (self.shared and high))


def of(actor: Actor) -> tuple[View, ...]:
    """What the actor sees: its own by name, then the shared ones."""
    params = {"workspace_id": actor.here.id, "me": actor.account_id}
    return tuple(View(*row) for row in database.rows(_LIST, params))


def one(actor: Actor, ident: uuid.UUID) -> View:
    """A view that the actor sees. Raises NotFound."""
    params = {"workspace_id": actor.here.id, "me": actor.account_id, "id": ident}
    found = database.row(_ONE, params)
    if found is None:
        raise NotFound.of("view")
    return View(*found)
