"""The one gate before every view: who acts, where, and whether they may. Deny by default."""

import os
import time
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect

from . import identity, tenancy, uploads
from .errors import BadRequest, Forbidden, NotFound, TooMany, Unauthenticated
from .feature import ROUTES, UNSAFE, Route

csrf = CSRFProtect()
OPEN = frozenset({"static"})


def install(app: Flask) -> None:
    """Put the gate in front of every view of the app."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    csrf.init_app(app)
    identity.login.init_app(app, add_context_processor=False)
    app.before_request(_begin)
    app.before_request(_gate)


def _begin() -> None:
    here = g._get_current_object()
    here.request_id, here.started = os.urandom(16).hex(), time.perf_counter()


def _gate() -> Response | None:
    asked = request._get_current_object()  # type: ignore[attr-defined]
    if asked.endpoint is None or asked.endpoint in OPEN:
        return None
    route = ROUTES.get(asked.endpoint)
    if route is None:
        raise NotFound
    g.route = route
    if "\0" in asked.path or any("\0" in v for vs in asked.args.listvalues() for v in vs):
        raise BadRequest("The address contains a character that is not allowed.")
    uploads.limit(route.upload, route.max_body or 0)
    if route.json:
        _gate_json(route)
        return None
    return _gate_page(route)


def _gate_json(route: Route) -> None:
    if route.reach == "public":
        return
    found = identity.bearer()
    if found is None:
        raise Unauthenticated
    g.actor = found
    _limit(found)
    if route.reach == "workspace":
        named = (request.view_args or {}).pop("workspace_id", None)
        if found.workspace is None or named != found.workspace.id:
            raise NotFound
        _permit(route, found)


def _limit(actor: identity.Actor) -> None:
    from . import throttle

    allowed = current_app.config["WARD"].api_rate_per_minute
    g.standing = throttle.hit(f"api:{actor.key_id}", allowed, 60)
    g.rate_limit = allowed
    if not g.standing.allowed:
        raise TooMany(max(1, int(g.standing.reset_at.timestamp() - time.time()) + 1))


def _gate_page(route: Route) -> Response | None:
    found = identity.signed_in()
    if found is not None:
        g.actor = found
    elif route.reach != "public":
        return _to_sign_in()
    if found is not None and route.reach == "workspace":
        (request.view_args or {}).pop("slug", None)
        if found.workspace is None:
            tenancy.leave()
            raise NotFound
        _permit(route, found)
    if request.method in UNSAFE:
        _check_csrf()
    return None


def _check_csrf() -> None:
    try:
        csrf.protect()
    except CSRFError:
        raise BadRequest(
            "This form has expired or was sent twice. Go back, reload the page and try again."
        ) from None


def _permit(route: Route, actor: identity.Actor) -> None:
    if route.permission is None or not actor.may(route.permission):
        raise Forbidden(route.permission)


def _to_sign_in() -> Response:
    fragment = bool(request.headers.get("HX-Request"))
    if fragment and request.method in UNSAFE:
        raise Unauthenticated("You are no longer signed in.")  # What was typed stays on the page.
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    if fragment:
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = urlunsplit(("", "", page.path, page.query, ""))
    target = url_for("sign_in.form", next=back if back and back != "/" else None)
    if fragment:
        return Response(status=401, headers={"HX-Redirect": target})
    return redirect(target, 302)  # type: ignore[return-value]
