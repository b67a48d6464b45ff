"""The session cookie: signed as Flask signs it, each cookie and token checked or made once.

Signatures are pure functions of the cookie and the secret, and people send the same cookie with
every request. What depends on the time, the age of the cookie, is looked at every time.
"""

import contextlib
import time
from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache
from typing import Any

from flask import Flask, Request, Response, current_app, g, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, URLSafeTimedSerializer
from markupsafe import Markup

KEPT = 4096
Serializer = URLSafeTimedSerializer


@lru_cache(KEPT)
def _checked(serializer: Serializer, cookie: str) -> tuple[tuple[tuple[str, Any], ...], float]:
    """What a genuine cookie holds, and when it was signed. Raises BadSignature."""
    content, signed_at = serializer.loads(cookie, return_timestamp=True)
    return tuple(content.items()), signed_at.timestamp()


class Cookies(SecureCookieSessionInterface):
    """Flask's own session, with the work of a cookie seen before left out."""

    def __init__(self) -> None:
        self.serializers: dict[Flask, Serializer | None] = {}

    def get_signing_serializer(self, app: Flask) -> Serializer | None:
        """The serializer of an app, made once."""
        if app not in self.serializers:
            self.serializers[app] = super().get_signing_serializer(app)
        return self.serializers[app]

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of the cookie; an empty one when it is missing, false or too old."""
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        cookie = request.cookies.get(self.get_cookie_name(app))
        if not cookie:
            return self.session_class()
        try:
            content, signed_at = _checked(serializer, cookie)
        except BadSignature:
            return self.session_class()
        if not 0 <= time.time() - signed_at <= app.permanent_session_lifetime.total_seconds():
            return self.session_class()
        # Each request has its own to change.
        own = {name: v if isinstance(v, str) else deepcopy(v) for name, v in content}
        return self.session_class(own)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send the cookie when it changed. Every answer says that it depends on the cookie."""
        if session.modified:
            super().save_session(app, session, response)


@lru_cache(KEPT)
def _token(secret: str, raw: str) -> str:
    signed = URLSafeTimedSerializer(secret, salt="wtf-csrf-token").dumps(raw)
    return signed if isinstance(signed, str) else signed.decode()


def csrf_token() -> str:
    """The token of the session's forms, as Flask-WTF makes and checks it, signed once."""
    known: str | None = g.get("csrf_token")
    raw = session.get("csrf_token")
    if known is None and raw:
        known = g.csrf_token = _token(str(current_app.secret_key), raw)
    return known or str(generate_csrf())


@contextlib.contextmanager
def kept_apart() -> Iterator[None]:
    """Draw something that others will see as well: no token of the visitor is given out."""
    outside, g.kept_apart = is_kept_apart(), True
    try:
        yield
    finally:
        g.kept_apart = outside


def is_kept_apart() -> bool:
    """Whether something is drawn that others will see as well."""
    return bool(g.get("kept_apart"))


def csrf_field(form: str | None = None) -> Markup:
    """The token's hidden field; with `form` it stands outside that form and belongs to it."""
    if is_kept_apart():
        raise RuntimeError("what is kept holds no token of a visitor; put csrf_later there")
    return _field(csrf_token(), form)


@lru_cache(KEPT)
def _field(token: str, form: str | None) -> Markup:
    owner = Markup(' form="{}"').format(form) if form else ""
    field = Markup('<input type="hidden" name="csrf_token" value="{}"{}>')
    return field.format(token, owner)
