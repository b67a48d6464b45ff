"""Signing in and out, passwords, sessions."""

import secrets
import time
import uuid
from dataclasses import dataclass
from typing import Any

from app.core import audit, database, tenancy, throttle
from app.core.errors import Invalid, NotFound, TooMany
from app.core.identity import Actor, token_hash

from . import passwords, queries
from .passwords import LONGEST, SHORTEST
from .queries import Found

__all__ = [
    "LONGEST", "SHORTEST", "Client", "change_password", "create_user", "end_others", "end_session",
    "guard_client", "open_session", "record_everywhere", "sign_in", "sign_out",
]  # fmt: skip

WINDOW = 15 * 60
PER_ADDRESS = 10
PER_CLIENT = 50
FLOOR_SECONDS = 0.25
"""No refusal is quicker: what is written for an address that exists must not show in the time."""

WRONG = "This e-mail and password do not belong together."
TAKEN = "Somebody already signs in with this address."

_INSERT_SESSION = """
insert into session (id, token_hash, user_id, ip, user_agent)
values (%(id)s, %(token_hash)s, %(user_id)s, %(ip)s, %(user_agent)s)
"""
_END_ONE = "delete from session where id = %(id)s and user_id = %(user_id)s"
_END_OTHERS = "delete from session where user_id = %(user_id)s and id is distinct from %(id)s"
_END_IDLE = """
delete from session where user_id = %(user_id)s
  and last_seen_at < now() - make_interval(mins => %(idle)s)
"""
_SET_HASH = "update users set password_hash = %(hash)s where id = %(id)s"
_SET_PASSWORD = """
update users set password_hash = %(hash)s, password_changed_at = now() where id = %(id)s
"""
_INSERT_USER = """
insert into users (id, email, name, password_hash)
values (%(id)s, %(email)s, %(name)s, %(hash)s)
on conflict (email) do nothing
"""


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from."""

    ip: str
    user_agent: str


def guard_client(client: Client, email: str | None = None) -> None:
    """Count one try by this client (and for this address). Raises TooMany."""
    counted = [(throttle.bucket("sign-in-client", client.ip), PER_CLIENT)]
    if email is not None:
        counted.append((throttle.bucket("sign-in-address", email), PER_ADDRESS))
    standings = [throttle.hit(bucket, limit, WINDOW) for bucket, limit in counted]
    refused = [standing.retry_after for standing in standings if not standing.allowed]
    if refused:
        wait = max(refused)
        minutes = -(-wait // 60)
        plural = "" if minutes == 1 else "s"
        raise TooMany(wait, f"Too many tries. Wait {minutes} minute{plural} and try again.")


def sign_in(email: str, password: str, client: Client, idle_minutes: int) -> tuple[uuid.UUID, str]:
    """(user id, new session token). Raises TooMany, or Invalid with one message for all causes."""
    started = time.monotonic()
    guard_client(client, email)
    found = queries.by_email(email)
    fits = passwords.verify(found.password_hash if found else None, password)
    if found is None or not fits:
        _refused(found)
        time.sleep(max(0.0, FLOOR_SECONDS - (time.monotonic() - started)))
        raise Invalid({"": WRONG})
    throttle.forget(throttle.bucket("sign-in-address", email))
    return found.id, _welcome(found, password, client, idle_minutes)


def _welcome(found: Found, password: str, client: Client, idle_minutes: int) -> str:
    tenancy.identify(user_id=found.id)
    if passwords.is_outdated(found.password_hash):
        database.execute(_SET_HASH, {"hash": passwords.make_hash(password), "id": found.id})
    database.execute(_END_IDLE, {"user_id": found.id, "idle": idle_minutes})
    token = open_session(found.id, client)
    record_everywhere(found, "session.sign_in", "session")
    return token


def _refused(found: Found | None) -> None:
    # The request answers 422 and is rolled back; the refusal must stay in the log.
    if found is None:
        return
    tenancy.identify(user_id=found.id)
    with database.transaction():
        record_everywhere(found, "session.sign_in", "session", outcome="denied")
    tenancy.leave()


def open_session(user_id: uuid.UUID, client: Client) -> str:
    """A new session of the user in the context; its token, of which only the hash is kept."""
    token = secrets.token_urlsafe(32)
    database.execute(
        _INSERT_SESSION,
        {
            "id": database.new_id(),
            "token_hash": token_hash(token),
            "user_id": user_id,
            "ip": client.ip,
            "user_agent": client.user_agent.replace("\0", "")[:400],
        },
    )
    return token


def record_everywhere(
    person: Found | Actor, action: str, resource_type: str, outcome: str = "ok", **event: Any
) -> None:
    """The event in the log of every workspace where the person has an account."""
    user_id = person.user_id if isinstance(person, Actor) else person.id
    for workspace_id, account_id in queries.places(user_id):
        who = Actor("account", user_id, person.name, person.email, account_id=account_id)
        with tenancy.inside(workspace_id):
            audit.record(
                action, resource_type, user_id, resource_name=person.name, outcome=outcome,
                actor=who, workspace_id=workspace_id, **event,
            )  # fmt: skip


def sign_out(actor: Actor) -> None:
    """End the session the actor came with."""
    record_everywhere(actor, "session.sign_out", "session")
    database.execute(_END_ONE, {"id": actor.session_id, "user_id": actor.user_id})


def end_session(actor: Actor, session_id: uuid.UUID) -> None:
    """End one of my sessions. Raises NotFound when it is not mine."""
    if not database.execute(_END_ONE, {"id": session_id, "user_id": actor.user_id}):
        raise NotFound
    record_everywhere(actor, "session.end", "session")


def end_others(actor: Actor) -> int:
    """End all my sessions but this one; how many."""
    ended = database.execute(_END_OTHERS, {"id": actor.session_id, "user_id": actor.user_id})
    if ended:
        record_everywhere(actor, "session.end", "session", metadata={"sessions": ended})
    return ended


def change_password(actor: Actor, current: str, new: str, client: Client) -> str:
    """Set my password, end every session and open a new one; its token.

    Raises Invalid when the current password is wrong, TooMany after too many tries.
    """
    standing = throttle.hit(throttle.bucket("password", str(actor.user_id)), PER_ADDRESS, WINDOW)
    if not standing.allowed:
        raise TooMany(standing.retry_after)
    found = queries.by_id(actor.user_id)
    if found is None or not passwords.verify(found.password_hash, current):
        with database.transaction():
            record_everywhere(actor, "password.change", "user", outcome="denied")
        raise Invalid({"current": "This is not your current password."})
    if current == new:
        raise Invalid({"new": "Choose a password that differs from the current one."})
    hashed = passwords.make_hash(new)
    database.execute(_SET_PASSWORD, {"hash": hashed, "id": actor.user_id})
    database.execute(_END_OTHERS, {"id": None, "user_id": actor.user_id})
    record_everywhere(actor, "password.change", "user")
    return open_session(actor.user_id, client)


def create_user(email: str, name: str, password: str) -> Found:
    """A new user, whom the context then names. Raises Invalid when the address is taken."""
    user_id = database.new_id()
    tenancy.identify(user_id=user_id)
    hashed = passwords.make_hash(password)
    made = database.execute(
        _INSERT_USER, {"id": user_id, "email": email.lower(), "name": name, "hash": hashed}
    )
    if not made:
        raise Invalid({"email": TAKEN})
    return Found(user_id, email.lower(), name, hashed)
