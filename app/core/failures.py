"""The one place that knows HTTP errors: domain errors become pages or JSON."""

import errno
import logging
from typing import Any
from urllib.parse import urlsplit

import psycopg
from flask import Flask, Response, g, has_request_context, request
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException, RequestedRangeNotSatisfiable, RequestEntityTooLarge

from . import audit, database, tenancy
from .api import answer
from .drawn import rendered
from .errors import (
    BadRequest,
    Conflict,
    Forbidden,
    Full,
    Invalid,
    LengthRequired,
    NotFound,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unsupported,
    WardError,
)  # fmt: skip

log = logging.getLogger("ward")
BY_STATUS: dict[int, type[WardError]] = {
    400: BadRequest, 401: Unauthenticated, 404: NotFound, 409: Conflict, 411: LengthRequired,
    413: TooLarge, 415: Unsupported, 503: Unavailable, 507: Full,
}  # fmt: skip


def install(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(WardError, _domain)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _domain(error: WardError) -> Response:
    database.rollback()
    if isinstance(error, Forbidden):
        _record_refusal(error)
    return respond(error)


def _http(error: HTTPException) -> Response:
    if error.code is not None and error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    failed = getattr(error, "original_exception", None)
    if isinstance(failed, Exception):
        # What went wrong as the answer was finished: the commit, and the audit log just before it.
        return _unexpected(failed)
    known = BY_STATUS.get(error.code or 500)
    if isinstance(error, RequestEntityTooLarge):
        known = TooLarge
    translated = known() if known else WardError(error.description)
    if known is None:
        translated.status = error.code or 500
        translated.code = (error.name or "error").lower().replace(" ", "_")
        translated.title = error.name or translated.title
    database.rollback()
    response = respond(translated)
    if error.code == 405:
        response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or []))
    if isinstance(error, RequestedRangeNotSatisfiable):
        response.headers["Content-Range"] = f"bytes */{error.length}"
    return response


def _unexpected(error: Exception) -> Response:
    database.rollback()
    if isinstance(error, UnicodeDecodeError):
        return respond(BadRequest())
    if _full(error):
        log.error("no room left on a disk: %s", type(error).__name__)
        return respond(Full())
    log.exception("unexpected error", exc_info=error)
    return respond(Unavailable() if _lost(error) else WardError())


def _full(error: Exception) -> bool:
    """Whether a disk, ours or the database's, or somebody's share of it, is full."""
    if isinstance(error, psycopg.Error):
        return error.sqlstate == "53100"
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def _lost(error: Exception) -> bool:
    """Whether the database cannot be reached: no connection, or one that was cut."""
    if isinstance(error, psycopg.OperationalError):
        return error.sqlstate is None or error.sqlstate[:2] in ("08", "57")
    return isinstance(error, OperationalError | InterfaceError)


def _record_refusal(error: Forbidden) -> None:
    actor = g.get("actor")
    if actor is None or actor.workspace is None:
        return
    try:
        tenancy.enter(actor.workspace.id)
        audit.record(
            "permission.refused", "route", g.route.rule if "route" in g else request.path,
            outcome="denied", metadata={"permission": error.permission, "method": request.method},
        )  # fmt: skip
        database.commit()
    except Exception:
        database.rollback()
        log.exception("a refusal could not be recorded")


def _wants_json() -> bool:
    return has_request_context() and request.path.startswith("/v1/")


def respond(error: WardError) -> Response:
    """The error as JSON below /v1, as a page elsewhere."""
    response = _as_json(error) if _wants_json() else _as_page(error)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthenticated) and _wants_json():
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _as_json(error: WardError) -> Response:
    detail: Any = error.errors if isinstance(error, Invalid) else error.sentence
    body = {"detail": detail, "error_code": error.code, "request_id": g.get("request_id")}
    return answer(body, error.status)


LOOKS = {
    403: ("warn", "ban", "Whoever manages the workspace can change your role under Members."),
    404: ("", "search", "Check the address, or choose a workspace from the list."),
    409: ("warn", "triangle-alert", "Nothing of yours was saved."),
    413: ("warn", "triangle-alert", "Nothing was saved. Send it in smaller parts."),
    415: ("warn", "triangle-alert", "Nothing was saved. Choose another file."),
    422: ("warn", "triangle-alert", "Nothing was saved. Go back: what you entered is still there."),
    429: ("warn", "clock", "Nothing was saved. The wait protects accounts against guessing."),
    503: ("danger", "octagon-alert", "Nothing was saved. It usually passes within a minute."),
    507: ("danger", "octagon-alert", "Nothing was half-saved. It needs whoever runs Ward."),
}
"""For each status its colour, icon and advice; another one is 400 or 500."""
REFUSED = ("warn", "triangle-alert", "Nothing was saved.")
BROKEN = ("danger", "octagon-alert", "Nothing was half-saved. The error has been written down.")


def _back() -> str | None:
    """The page the request came from, when it is one of ours and another."""
    came = urlsplit(request.referrer or "")
    path = came.path + (f"?{came.query}" if came.query else "")
    ours = came.netloc == request.host and path.startswith("/") and not path.startswith("//")
    return path if ours and path != request.full_path.rstrip("?") else None


def _as_page(error: WardError) -> Response:
    kind, shape, advice = LOOKS.get(error.status, BROKEN if error.status >= 500 else REFUSED)
    values = {
        "kind": kind,
        "shape": shape,
        "advice": advice,
        "back": _back(),
        "status": error.status,
        "title": error.title,
        "sentence": error.sentence,
        "messages": error.messages if isinstance(error, Invalid) else {},
        "request_id": g.get("request_id"),
        "theme": request.cookies.get("theme"),
    }
    return Response(rendered("errors/error.html", values), error.status)
