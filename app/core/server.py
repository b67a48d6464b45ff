"""The WSGI application: Flask, with what no request of Ward needs left out."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask.templating import Environment

from .uploads import Request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)
HEADERS = [
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
    ("Vary", "HX-Request, Cookie"),
]
"""What every answer carries, whatever made it."""


class Templates(Environment):
    """Flask's templates; what they all may use is set before the first is read, and then fixed."""

    def make_globals(self, d: Mapping[str, Any] | None) -> dict[str, Any]:
        """A template's globals as a plain dict: Jinja's own chain of two is slow to copy."""
        return {**self.globals, **(d or {})}


class Ward(Flask):
    """Flask, with the security headers on every answer."""

    request_class = Request
    jinja_environment = Templates

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view and no hook of Ward is a coroutine."""
        return func

    def wsgi_app(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> "Iterable[bytes]":
        """One request, with the headers of `HEADERS`."""

        def begin(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
            return start_response(status, headers + HEADERS, error)

        return super().wsgi_app(environ, begin)
