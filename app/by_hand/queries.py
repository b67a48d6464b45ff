"""What the form of a call by hand offers, and what was chosen of it."""

import uuid

from app.core import database
from app.core.phones import local

OFFERED = 500
_OFFERS = f"""
(select 'service_id', id::text, name, '' from service where workspace_id = %(workspace_id)s
 order by lower(name), id limit {OFFERED})
union all
(select 'phone_number_id', id::text, phone_number, display_name from phone_number
 where workspace_id = %(workspace_id)s order by lower(display_name), number limit {OFFERED})
"""
_SERVICE = "select name from service where workspace_id = %(workspace_id)s and id = %(id)s"
_NUMBER = """
select phone_number from phone_number where workspace_id = %(workspace_id)s and id = %(id)s
"""


def offers(workspace_id: uuid.UUID) -> dict[str, list[tuple[str, str]]]:
    """Field -> (id, words) of the workspace's services and numbers."""
    found: dict[str, list[tuple[str, str]]] = {"service_id": [], "phone_number_id": []}
    for field, ident, name, more in database.rows(_OFFERS, {"workspace_id": workspace_id}):
        if field == "phone_number_id":
            name = f"{more}, {local(name)}" if more else local(name)
        found[field].append((ident, name))
    return found


def service(workspace_id: uuid.UUID, ident: uuid.UUID) -> str | None:
    """The name of a service of this workspace."""
    found = database.value(_SERVICE, {"workspace_id": workspace_id, "id": ident})
    return str(found) if found is not None else None


def number(workspace_id: uuid.UUID, ident: uuid.UUID) -> str | None:
    """One of the workspace's numbers, as E.164."""
    found = database.value(_NUMBER, {"workspace_id": workspace_id, "id": ident})
    return str(found) if found is not None else None
