"""Sign-in, sign-out, and my account."""

import re
import uuid
from typing import Any

from flask import Response, current_app, flash, redirect, request, url_for

from app.core.errors import Invalid
from app.core.feature import Feature
from app.core.identity import actor, forget, maybe, remember
from app.core.pages import redirect_to, render
from app.core.schema import SchemaForm, form_for

from . import actions, queries
from .actions import Client
from .schema import PasswordChange, SignIn

feature = Feature("sign_in", __name__)
LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x1f\x7f]*")


def client() -> Client:
    """Where this request comes from."""
    return Client(request.remote_addr or "unknown", request.headers.get("User-Agent", ""))


def local(target: str | None) -> str:
    """`target` when it is a path of ours, the start page otherwise."""
    safe = target and LOCAL.fullmatch(target) and not target.startswith("/sign-in")
    return target if safe and target else url_for("workspaces.start")


def idle_minutes() -> int:
    """After how many minutes without a request a session ends."""
    minutes: int = current_app.config["WARD"].session_idle_minutes
    return minutes


@feature.public("/sign-in")
def form() -> Response:
    """The sign-in page."""
    back = local(request.args.get("next"))
    if maybe() is not None:
        return redirect(back, 303)  # type: ignore[return-value]
    return _sign_in_page(form_for(SignIn)(), back)


def _sign_in_page(entered: SchemaForm[SignIn], back: str) -> Response:
    return render("sign_in/form.html", entered.status, form=entered, back=back)


@feature.public("/sign-in", methods=["POST"])
def enter() -> Response:
    """Sign in."""
    back = local(request.form.get("next"))
    page = form_for(SignIn)()
    entered = page.read()
    if entered is None:
        return _sign_in_page(page, back)
    try:
        user_id, token = actions.sign_in(entered.email, entered.password, client(), idle_minutes())
    except Invalid as error:
        for name, sentence in error.messages.items():
            page.fail(name, sentence)
        return _sign_in_page(page, back)
    remember(user_id, token)
    return redirect(back, 303)  # type: ignore[return-value]


@feature.public("/sign-out", methods=["POST"])
def leave() -> Response:
    """Sign out."""
    if maybe() is not None:
        actions.sign_out(actor())
    forget()
    return redirect_to("sign_in.form")


@feature.personal("/account")
def account() -> Response:
    """My account: password and sessions."""
    return _account_page(form_for(PasswordChange)())


def _account_page(page: SchemaForm[PasswordChange]) -> Response:
    me = actor()
    found: dict[str, Any] = {
        "form": page,
        "me": me,
        "sessions": queries.sessions(me.user_id, idle_minutes()),
        "idle_minutes": idle_minutes(),
    }
    return render("sign_in/account.html", page.status, **found)


@feature.personal("/account/password", methods=["POST"])
def password() -> Response:
    """Change my password."""
    page = form_for(PasswordChange)()
    entered = page.read()
    if entered is None:
        return _account_page(page)
    me = actor()
    try:
        token = actions.change_password(me, entered.current, entered.new, client())
    except Invalid as error:
        for name, sentence in error.messages.items():
            page.fail(name, sentence)
        return _account_page(page)
    remember(me.user_id, token)
    flash("Password changed. All your other sessions have ended.")
    return redirect_to("sign_in.account")


@feature.personal("/account/sessions/<uuid:session_id>/end", methods=["POST"])
def end_session(session_id: uuid.UUID) -> Response:
    """End one of my sessions."""
    me = actor()
    if session_id == me.session_id:
        actions.sign_out(me)
        forget()
        return redirect_to("sign_in.form")
    actions.end_session(me, session_id)
    flash("Session ended.")
    return redirect_to("sign_in.account")


@feature.personal("/account/sessions/end-others", methods=["POST"])
def end_others() -> Response:
    """End all my sessions but this one."""
    actions.end_others(actor())
    flash("All other sessions have ended.")
    return redirect_to("sign_in.account")
