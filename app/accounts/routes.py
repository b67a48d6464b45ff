"""Members, roles and invitations."""

import uuid
from typing import Any

from flask import Response, current_app, flash, request, url_for

from app.core.access import ABOUT, ROLES, capabilities, may_act_on, may_grant
from app.core.drawn import Part, drawn
from app.core.errors import Conflict, Invalid
from app.core.feature import Feature, Nav
from app.core.formats import ago
from app.core.identity import actor, maybe, remember
from app.core.pages import redirect_to, render
from app.core.schema import SchemaForm, form_for
from app.sign_in import actions as sign_in
from app.sign_in.actions import Client

from . import actions, invitations, queries
from .invitations import Sent
from .schema import LABELS, Invite, NewUser, RoleChange

feature = Feature(
    "accounts",
    __name__,
    nav=[
        Nav("Members", "users", "accounts.index", 60, "Account.view", "Workspace"),
    ],
)


def _grantable() -> list[tuple[str, str]]:
    mine = actor().role or ""
    return [(role, LABELS[role]) for role in ROLES if may_grant(mine, role)]


def _after() -> uuid.UUID | None:
    try:
        return uuid.UUID(request.args["after"])
    except (KeyError, ValueError):
        return None


def _page(
    form: SchemaForm[Invite] | None = None,
    sent: Sent | None = None,
    status: int = 200,
    problem: str = "",
) -> Response:
    me = actor()
    members, more = queries.members(me.here.id, _after())
    manages = me.may("Account.update")
    acts_on = {m.id for m in members if manages and may_act_on(me.role or "", m.role)}
    grantable = _grantable() if manages else []
    values: dict[str, Any] = {
        "invite": _invite(form, tuple(grantable)) if me.may("Account.create") else "",
        "list": _list(tuple(members), more, frozenset(acts_on), tuple(grantable)),
        "grantable": grantable,
        "pending": queries.pending(me.here.id) if me.may("Account.create") else [],
        "sent": sent,
        "sent_link": _link().replace("{token}", sent.token) if sent else "",
        "problem": problem,
        "days": invitations.DAYS,
    }
    return render("accounts/members.html", status, **values)


def _invite(form: SchemaForm[Invite] | None, grantable: tuple[tuple[str, str], ...]) -> Part:
    """The form of an invitation: as it was typed, or the empty one, which is kept."""
    return drawn(
        "accounts/invite.html",
        grantable,
        lambda: {"form": form or form_for(Invite)(formdata=None), "grantable": grantable,
                 "days": invitations.DAYS},
        keep=form is None,
    )  # fmt: skip


def _list(members: tuple[queries.Member, ...], more: bool, acts_on: frozenset[uuid.UUID],
          grantable: tuple[tuple[str, str], ...]) -> Part:  # fmt: skip
    me = actor()
    seen = tuple(ago(m.last_seen) if m.last_seen else None for m in members)
    shown = {"members": members, "more": more, "acts_on": acts_on, "grantable": grantable,
             "seen": seen, "me": me.account_id}  # fmt: skip
    return drawn("accounts/list.html", tuple(shown.values()), lambda: shown)


def _link() -> str:
    base = (current_app.config["WARD"].public_url or request.host_url).rstrip("/")
    return base + url_for("accounts.invitation", token="TOKEN").replace("TOKEN", "{token}")


@feature.page("/members", permission="Account.view")
def index() -> Response:
    """Who belongs to the workspace."""
    return _page()


@feature.page("/members/invite", methods=["POST"], permission="Account.create")
def invite() -> Response:
    """Invite somebody; the answer shows the link, once."""
    form = form_for(Invite)()
    entered = form.read()
    if entered is None:
        return _page(form, status=form.status)
    try:
        sent = invitations.invite(actor(), entered, _link())
    except Invalid as error:
        form.fail("email", error.messages["email"])
        return _page(form, status=form.status)
    return _page(sent=sent)


@feature.page(
    "/members/invitations/<uuid:invitation_id>/resend", methods=["POST"],
    permission="Account.create",
)  # fmt: skip
def resend(invitation_id: uuid.UUID) -> Response:
    """A new link for an invitation; the old one ends."""
    try:
        return _page(sent=invitations.resend(actor(), invitation_id, _link()))
    except Invalid as error:
        return _page(status=422, problem=next(iter(error.messages.values())))


@feature.page(
    "/members/invitations/<uuid:invitation_id>/revoke", methods=["POST"],
    permission="Account.create",
)  # fmt: skip
def revoke(invitation_id: uuid.UUID) -> Response:
    """Take an invitation back."""
    email = invitations.revoke(actor(), invitation_id)
    flash(f"The invitation of {email} no longer works.")
    return redirect_to("accounts.index")


@feature.page("/members/<uuid:account_id>/role", methods=["POST"], permission="Account.update")
def change_role(account_id: uuid.UUID) -> Response:
    """Give a member another role."""
    form = form_for(RoleChange)()
    entered = form.read()
    if entered is None:
        return _page(status=form.status, problem="Choose one of the roles in the list.")
    try:
        target = actions.change_role(actor(), account_id, entered.role, entered.from_role)
    except (Conflict, Invalid) as error:
        said = next(iter(error.messages.values())) if isinstance(error, Invalid) else str(error)
        return _page(status=error.status, problem=said)
    flash(f"{target.name} is {entered.role} now.")
    return redirect_to("accounts.index")


@feature.page("/members/<uuid:account_id>/remove", methods=["POST"], permission="Account.delete")
def remove(account_id: uuid.UUID) -> Response:
    """Take a member out of the workspace."""
    me = actor()
    try:
        target = actions.remove(me, account_id)
    except Invalid as error:
        return _page(status=error.status, problem=next(iter(error.messages.values())))
    flash(f"{target.name} no longer belongs to {me.here.name}.")
    if account_id == me.account_id:
        return redirect_to("workspaces.index")
    return redirect_to("accounts.index")


@feature.page("/roles", permission="Workspace.view")
def roles() -> Response:
    """Who can do what, from the table that is enforced."""
    return render("accounts/roles.html", rows=capabilities(), roles=ROLES, about=ABOUT)


def _client() -> Client:
    return Client(request.remote_addr or "unknown", request.headers.get("User-Agent", ""))


def _invitation_page(token: str, form: SchemaForm[NewUser] | None = None) -> Response:
    found = invitations.find(token)
    form = form or form_for(NewUser)(formdata=None)
    values = {"found": found, "form": form, "token": token, "me": maybe()}
    return render("accounts/invitation.html", form.status, **values)


@feature.public("/invitations/<token>")
def invitation(token: str) -> Response:
    """What the invitation is, before signing in."""
    return _invitation_page(token)


@feature.public("/invitations/<token>/join", methods=["POST"])
def join(token: str) -> Response:
    """Accept as somebody who has never signed in before."""
    sign_in.guard_client(_client())
    found = invitations.find(token)
    form = form_for(NewUser)()
    entered = form.read()
    if entered is None:
        return _invitation_page(token, form)
    try:
        person = invitations.accept_as_new(found, token, entered.name, entered.password)
    except Invalid as error:
        form.fail("", next(iter(error.messages.values())))
        return _invitation_page(token, form)
    remember(person.id, sign_in.open_session(person.id, _client()))
    return redirect_to("workspaces.overview", slug=found.slug)


@feature.personal("/invitations/<token>/accept", methods=["POST"])
def accept(token: str) -> Response:
    """Accept as the signed-in person."""
    found = invitations.find(token)
    invitations.accept(found, token, actor())
    flash(f"You belong to {found.workspace} now, as {found.role}.")
    return redirect_to("workspaces.overview", slug=found.slug)
