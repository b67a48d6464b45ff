"""Inviting people by link, and what becomes of an invitation."""

import secrets
import uuid
from dataclasses import dataclass

from app.core import audit, database, mail, tenancy
from app.core.access import may_grant
from app.core.errors import Forbidden, Gone, Invalid, NotFound
from app.core.identity import Actor, token_hash
from app.sign_in import actions as sign_in
from app.sign_in import queries as people
from app.sign_in.queries import Found

from . import actions, queries
from .queries import Invited
from .schema import NO_USER_YET, Invite

DAYS = 7
BELONGS = "This person already belongs to the workspace."
GONE = {
    "accepted": "This invitation has been accepted already. Sign in to open the workspace.",
    "revoked": "This invitation was taken back. Ask the person who invited you.",
    "expired": "This invitation has expired. Ask for a new one: it takes a minute.",
}

_MEMBER = """
select exists (select from account a join users u on u.id = a.user_id
where a.workspace_id = %(workspace_id)s and u.email = %(email)s)
"""
_LOCK_WORKSPACE = "select id from workspace where id = %(workspace_id)s for update"
_EARLIER = """
select id from invitation where workspace_id = %(workspace_id)s and email = %(email)s
  and accepted_at is null order by created_at desc, id desc limit 1 for update
"""
_REVIVE = """
update invitation set role = %(role)s, token_hash = %(token_hash)s, revoked_at = null,
  invited_by_account_id = %(by)s, created_at = now(),
  expires_at = now() + make_interval(days => %(days)s)
where workspace_id = %(workspace_id)s and id = %(id)s
"""
_INSERT = """
insert into invitation
  (workspace_id, id, email, role, token_hash, invited_by_account_id, expires_at)
values (%(workspace_id)s, %(id)s, %(email)s, %(role)s, %(token_hash)s, %(by)s,
  now() + make_interval(days => %(days)s))
"""
_ONE = """
select id, email, role from invitation where workspace_id = %(workspace_id)s and id = %(id)s
  and accepted_at is null and revoked_at is null for update
"""
_REVOKE = """
update invitation set revoked_at = now() where workspace_id = %(workspace_id)s and id = %(id)s
"""
_ACCEPT = """
update invitation set accepted_at = now()
where workspace_id = %(workspace_id)s and id = %(id)s and token_hash = %(token_hash)s
  and accepted_at is null and revoked_at is null and expires_at > now()
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """A new invitation: its token, to be shown once, and whether it was mailed as well."""

    id: uuid.UUID
    email: str
    role: str
    token: str
    mailed: bool


def invite(actor: Actor, wanted: Invite, link: str) -> Sent:
    """Invite an address; an earlier invitation to it is revived with a new token.

    `link` holds `{token}`. Raises Invalid for somebody who belongs here, Forbidden for a role
    out of one's reach.
    """
    if not actor.may("Account.create") or not may_grant(actor.role or "", wanted.role):
        raise Forbidden("Account.create", "You cannot invite to a role that is not below your own.")
    place = {"workspace_id": actor.here.id, "email": wanted.email}
    # Two invitations of one address at once would both find no earlier one.
    database.execute(_LOCK_WORKSPACE, place)
    if database.value(_MEMBER, place):
        raise Invalid({"email": BELONGS})
    earlier = database.value(_EARLIER, place)
    return _store(actor, wanted, earlier, link)


def _store(actor: Actor, wanted: Invite, earlier: uuid.UUID | None, link: str) -> Sent:
    token = secrets.token_urlsafe(32)
    invitation_id = earlier or database.new_id()
    database.execute(
        _REVIVE if earlier else _INSERT,
        {
            "workspace_id": actor.here.id, "id": invitation_id, "email": wanted.email,
            "role": wanted.role, "token_hash": token_hash(token), "by": actor.account_id,
            "days": DAYS,
        },
    )  # fmt: skip
    audit.record(
        "invitation.create", "invitation", invitation_id, resource_name=wanted.email,
        after={"email": wanted.email, "role": wanted.role}, metadata={"again": bool(earlier)},
    )  # fmt: skip
    mailed = mail.is_configured()
    if mailed:
        _mail(actor, wanted, link.replace("{token}", token))
    return Sent(invitation_id, wanted.email, wanted.role, token, mailed)


def _mail(actor: Actor, wanted: Invite, link: str) -> None:
    subject = f"{actor.name} invites you to {actor.here.name}"
    text = (
        f"{actor.name} invites you to the workspace {actor.here.name} as {wanted.role}.\n\n"
        f"Open this link within {DAYS} days to accept:\n{link}\n\n"
        "If you do not know what this is about, ignore this message.\n"
    )
    mail.send_later(actor.here.id, wanted.email, subject, text)


def _open(actor: Actor, invitation_id: uuid.UUID) -> tuple[str, str]:
    found = database.row(_ONE, {"workspace_id": actor.here.id, "id": invitation_id})
    if found is None:
        raise NotFound.of("invitation")
    if not may_grant(actor.role or "", found[2]):
        raise Forbidden("Account.create", "Only owners handle invitations of admins and owners.")
    return found[1], found[2]


def resend(actor: Actor, invitation_id: uuid.UUID, link: str) -> Sent:
    """A new token and seven new days for an invitation."""
    email, role = _open(actor, invitation_id)
    return invite(actor, Invite.model_validate({"email": email, "role": role}), link)


def revoke(actor: Actor, invitation_id: uuid.UUID) -> str:
    """Take an invitation back; the address it went to."""
    email, role = _open(actor, invitation_id)
    database.execute(_REVOKE, {"workspace_id": actor.here.id, "id": invitation_id})
    audit.record(
        "invitation.revoke", "invitation", invitation_id, resource_name=email,
        before={"email": email, "role": role},
    )  # fmt: skip
    return email


def find(token: str) -> Invited:
    """The invitation behind a link that still counts. Raises NotFound or Gone."""
    found = queries.invited(token_hash(token))
    if found is None:
        raise NotFound
    for state in ("accepted", "revoked", "expired"):
        if getattr(found, state):
            raise Gone(GONE[state])
    return found


def accept(found: Invited, token: str, person: Actor | Found) -> None:
    """Make the person a member with the invited role. Raises Forbidden for another address."""
    if person.email != found.email:
        raise Forbidden(sentence=f"This invitation is for {found.email}.")
    user_id = person.user_id if isinstance(person, Actor) else person.id
    tenancy.enter(found.workspace_id)
    place = {"workspace_id": found.workspace_id, "id": found.id, "token_hash": token_hash(token)}
    if not database.execute(_ACCEPT, place):
        raise Gone(GONE["accepted"])
    account_id = actions.add(found.workspace_id, user_id, found.role)
    audit.record(
        "invitation.accept", "invitation", found.id, resource_name=found.email,
        after={"role": found.role, "account_id": account_id}, workspace_id=found.workspace_id,
        actor=Actor("account", user_id, person.name, person.email, account_id=account_id),
    )  # fmt: skip


def accept_as_new(found: Invited, token: str, name: str, password: str) -> Found:
    """Create the invited user and accept. Raises Invalid when the address signs in already."""
    if people.by_email(found.email) is not None:
        raise Invalid({"": NO_USER_YET})
    person = sign_in.create_user(found.email, name, password)
    accept(found, token, person)
    return person
