"""Reads about people and their sessions. Row security shows only what the context names."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from app.core import database, tenancy

from . import devices

_BY_EMAIL = "select id, email, name, password_hash from users where email = %(email)s"
_BY_ID = "select id, email, name, password_hash from users where id = %(id)s"
_SESSIONS = """
select id, created_at, last_seen_at, ip, user_agent from session
where user_id = %(user_id)s and last_seen_at > now() - make_interval(mins => %(idle)s)
order by last_seen_at desc, id desc limit 100
"""
_PLACES = """
select a.workspace_id, a.id from account a
join workspace w on w.id = a.workspace_id and w.archived_at is null
where a.user_id = %(user_id)s order by a.workspace_id
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A user as sign-in needs them."""

    id: uuid.UUID
    email: str
    name: str
    password_hash: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One signed-in browser of mine."""

    id: uuid.UUID
    created_at: datetime
    last_seen_at: datetime
    ip: str | None
    user_agent: str | None

    @property
    def device(self) -> str:
        """Browser and system in words."""
        return devices.describe(self.user_agent)

    @property
    def icon(self) -> str:
        """The drawing beside it."""
        return "smartphone" if devices.is_handheld(self.user_agent) else "monitor"


def by_email(email: str) -> Found | None:
    """The user with this address, which the context then names."""
    tenancy.identify(sign_in=email)
    found = database.row(_BY_EMAIL, {"email": email})
    return Found(*found) if found else None


def by_id(user_id: uuid.UUID) -> Found | None:
    """A user the context may see."""
    found = database.row(_BY_ID, {"id": user_id})
    return Found(*found) if found else None


def sessions(user_id: uuid.UUID, idle_minutes: int) -> list[SessionRow]:
    """My sessions that still live, the latest first (at most 100)."""
    found = database.rows(_SESSIONS, {"user_id": user_id, "idle": idle_minutes})
    return [SessionRow(*row) for row in found]


def places(user_id: uuid.UUID) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """(workspace id, account id) of every account of the user, in one fixed order."""
    return [(row[0], row[1]) for row in database.rows(_PLACES, {"user_id": user_id})]
