"""Who acts: a session cookie or an API key becomes one `Actor`."""

import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from flask import Response, current_app, g, has_request_context, request
from flask import session as cookie
from flask_login import LoginManager, UserMixin, current_user

from . import database, keys, tenancy
from .access import granted, lesser
from .errors import NotFound, Unauthenticated


@dataclass(frozen=True, slots=True)
class Workspace:
    """The workspace an actor works in."""

    id: uuid.UUID
    slug: str
    name: str
    environment: str
    region: str
    organization_id: uuid.UUID
    organization_name: str


class Place(NamedTuple):
    """One of my workspaces, for the switcher."""

    slug: str
    name: str
    environment: str
    role: str
    organization: str
    color: str = "teal"


@dataclass(frozen=True, eq=False)
class Actor(UserMixin):  # type: ignore[misc]  # flask_login ships no types
    """A signed-in person or an API key, with what it may do in `workspace`.

    Its identity is its hash: for the same content of a session there is one object.
    """

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    kind: str
    user_id: uuid.UUID
    name: str
    email: str
    workspace: Workspace | None = None
    account_id: uuid.UUID | None = None
    role: str | None = None
    permissions: frozenset[str] = frozenset()
    session_id: uuid.UUID | None = None
    key_id: str | None = None
    key_row_id: uuid.UUID | None = None
    key_name: str | None = None
    key_expires_at: datetime | None = None
    places: tuple[Place, ...] = ()

    def may(self, permission: str) -> bool:
        """Whether the permission is granted here."""
        return permission in self.permissions

    @property
    def label(self) -> str:
        """How pages and the audit log name the actor."""
        return (
            self.name if self.kind == "account" else f"{self.key_name or 'API key'} {self.key_id}"
        )

    @property
    def here(self) -> Workspace:
        """The workspace, where there must be one."""
        if self.workspace is None:
            raise NotFound
        return self.workspace

    @cached_property
    def scope(self) -> object:
        """Stands for the workspace and what may be done in it, and is compared at once."""
        return _scope(self.here, self.permissions)

    def get_id(self) -> str:
        """Flask-Login keeps nothing but the cookie's own content."""
        return str(cookie.get("_user_id", ""))


@lru_cache(4096)
def _scope(_here: Workspace, _permissions: frozenset[str]) -> object:
    return object()


class Login(LoginManager):  # type: ignore[misc]  # flask_login ships no types
    """Flask-Login, without its fingerprint of the browser: a session is as good as its token.
    Nor does it remember anybody beyond their session."""

    def _session_protection_failed(self) -> bool:
        return False

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


login = Login()


def signed_in() -> Actor | None:
    """The person of the session cookie, if they are signed in."""
    found = current_user._get_current_object()
    return found if isinstance(found, Actor) else None


def token_hash(token: str) -> str:
    """SHA-256 in hex, as stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def remember(user_id: uuid.UUID, token: str) -> None:
    """Put a new session's token into the (signed) cookie, dropping what was there."""
    cookie.clear()
    cookie["_user_id"] = f"{user_id}.{token}"


def forget() -> None:
    """Empty the cookie."""
    cookie.clear()
    g.pop("actor", None)


_BY_SESSION = """
select s.id, s.user_id, u.name, u.email, s.last_seen_at < now() - interval '1 minute',
  w.id, w.slug, coalesce(w.shown_name, w.name), w.environment, w.region, w.organization_id,
  o.name, a.id, a.role,
  (select coalesce(json_agg(json_build_array(m.slug, m.name, m.environment, m.role, m.org,
      m.mark_color))::text, '[]')
   from (select mw.slug, coalesce(mw.shown_name, mw.name) as name, mw.environment, ma.role,
           mo.name as org, mw.mark_color
         from account ma join workspace mw on mw.id = ma.workspace_id and mw.archived_at is null
         join organization mo on mo.id = mw.organization_id
         where ma.user_id = s.user_id order by mo.name, mw.name, mw.slug limit 100) m),
  a.last_seen_at is null or a.last_seen_at < now() - interval '1 minute'
from session s join users u on u.id = s.user_id
left join workspace w on w.slug = %(slug)s and w.archived_at is null
left join organization o on o.id = w.organization_id
left join account a on a.workspace_id = w.id and a.user_id = s.user_id
where s.token_hash = %(token)s and s.user_id = %(user_id)s
  and s.last_seen_at > now() - make_interval(mins => %(idle)s)
"""
_SEEN_HERE = """
update account set last_seen_at = now() where workspace_id = %(workspace_id)s and id = %(id)s
"""
_SEEN = "update session set last_seen_at = now(), ip = %(ip)s where id = %(id)s"


@login.user_loader  # type: ignore[untyped-decorator]
def by_session(remembered: str) -> Actor | None:
    """The person behind the cookie, and their place in the workspace of the URL."""
    user, _, token = remembered.partition(".")
    try:
        user_id = uuid.UUID(user)
    except ValueError:
        return None
    hashed = token_hash(token)
    tenancy.identify(user_id=user_id, session=hashed)
    slug = (request.view_args or {}).get("slug") if has_request_context() else None
    idle = current_app.config["WARD"].session_idle_minutes
    found = database.row(
        _BY_SESSION, {"slug": slug, "token": hashed, "user_id": user_id, "idle": idle}
    )
    if found is None:
        tenancy.leave()
        return None
    if found[4] and not _by_itself():
        database.execute(_SEEN, {"id": found[0], "ip": request.remote_addr})
    return _person(found)


def _by_itself() -> bool:
    """Whether a page asked that renews itself: nobody need sit there, so the session may end."""
    return has_request_context() and "X-By-Itself" in request.headers


@lru_cache(4096)
def _places(text: str) -> tuple[Place, ...]:
    return tuple(Place(*place) for place in json.loads(text))


def _person(found: database.Row) -> Actor:
    person = _made(found[:4], found[5:15])
    if person.workspace:
        tenancy.enter(person.workspace.id)
        if found[15]:
            here = {"workspace_id": person.workspace.id, "id": person.account_id}
            database.execute(_SEEN_HERE, here)
    return person


@lru_cache(2048)
def _made(who: database.Row, where: database.Row) -> Actor:
    """One object for the same person with the same rights in the same place."""
    account_id, role, places = where[7:]
    return Actor(
        kind="account",
        session_id=who[0],
        user_id=who[1],
        name=who[2],
        email=who[3],
        workspace=Workspace(*where[:7]) if account_id else None,
        account_id=account_id,
        role=role,
        permissions=granted(role) if role else frozenset(),
        places=_places(places),
    )


_KEY = """
select k.workspace_id, k.id, k.account_id, k.secret_hash, k.previous_secret_hash,
  k.previous_expires_at > now(), k.role, k.permissions, k.name, k.expires_at,
  k.revoked_at is not null or k.expires_at <= now(),
  k.last_used_at is null or k.last_used_at < now() - interval '1 minute'
from api_key k where k.key_id = %(key_id)s
"""
_CREATOR = """
select a.user_id, u.name, u.email, a.role,
  w.id, w.slug, w.name, w.environment, w.region, w.organization_id, o.name
from account a join users u on u.id = a.user_id
join workspace w on w.id = a.workspace_id and w.archived_at is null
join organization o on o.id = w.organization_id
where a.workspace_id = %(workspace_id)s and a.id = %(account_id)s
"""
_USED = """
update api_key set last_used_at = now(), last_used_ip = %(ip)s
where workspace_id = %(workspace_id)s and id = %(id)s
"""


def _genuine(key: database.Row, secret: str) -> bool:
    hashed = keys.secret_hash(secret)
    now, before, before_lives = key[3:6]
    current = hmac.compare_digest(hashed, now)
    return current or bool(before_lives and before and hmac.compare_digest(hashed, before))


def by_key(presented: str) -> Actor | None:
    """The API key that was presented, with the lesser of its and its creator's rights."""
    parsed = keys.parse(presented)
    if parsed is None:
        return None
    key_id, secret = parsed
    tenancy.identify(key_id=key_id)
    key = database.row(_KEY, {"key_id": key_id})
    if key is None or not _genuine(key, secret) or key[10]:
        tenancy.leave()
        return None
    tenancy.enter(key[0])
    creator = database.row(_CREATOR, {"workspace_id": key[0], "account_id": key[2]})
    if creator is None:
        tenancy.leave()
        return None
    if key[11]:
        ip = request.remote_addr if has_request_context() else None
        database.execute(_USED, {"workspace_id": key[0], "id": key[1], "ip": ip})
    return _key_actor(key_id, key, creator)


def _key_actor(key_id: str, key: database.Row, creator: database.Row) -> Actor:
    role = lesser(creator[3], key[6])
    narrowed = frozenset(key[7])
    return Actor(
        kind="key",
        user_id=creator[0],
        name=creator[1],
        email=creator[2],
        workspace=Workspace(*creator[4:11]),
        account_id=key[2],
        role=role,
        permissions=granted(role) & narrowed if narrowed else granted(role),
        key_id=key_id,
        key_row_id=key[1],
        key_name=key[8],
        key_expires_at=key[9],
    )


def bearer() -> Actor | None:
    """The actor of the Authorization header."""
    scheme, _, presented = request.headers.get("Authorization", "").partition(" ")
    return by_key(presented.strip()) if scheme.lower() == "bearer" and presented else None


def actor() -> Actor:
    """Who acts in this request. Raises Unauthenticated."""
    found: Any = g.get("actor")
    if found is None:
        raise Unauthenticated
    return found  # type: ignore[no-any-return]


def maybe() -> Actor | None:
    """Who acts, or None for a visitor."""
    found: Actor | None = g.get("actor")
    return found
