"""Pages: rendering with the layout's values, filters, assets and security headers."""

import hashlib
import logging
import time
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import orjson
from flask import (
    Flask,
    Response,
    current_app,
    g,
    get_flashed_messages,
    has_request_context,
    redirect,
    request,
    url_for,
)  # fmt: skip
from markupsafe import Markup, escape

from . import addresses, database, formats, kit, shell
from .cookies import csrf_field, is_kept_apart
from .drawn import CSRF_LATER, Later, Part, drawn, once, rendered, slot
from .identity import Actor, actor, maybe
from .shell import Shell

access_log = logging.getLogger("ward.access")


@dataclass(slots=True)
class Page:
    """What every layout needs."""

    theme: str | None
    actor: Actor | None = None
    workspace: Any = None
    shell: Shell | None = None
    can: frozenset[str] = frozenset()


def _theme() -> str | None:
    theme = request.cookies.get("theme")
    return theme if theme in ("light", "dark") else None


def _page() -> Page:
    me = maybe()
    if me is None:
        return Page(_theme())
    return Page(_theme(), me, me.workspace, shell.of(me) if me.workspace else None, me.permissions)


def render(template: str, status: int = 200, **values: Any) -> Response:
    """The template as a response, with the layout's values when it is a full page."""
    return Response(rendered(template, {"page": _page(), **values}), status)


def framed(title: str | Part, *main: bytes, status: int = 200) -> Response:
    """A full page of a workspace out of parts, in the frame of all pages, which is drawn once."""
    told = get_flashed_messages(with_categories=True)
    later: Later = {
        "title": escape(title),
        "main": b"".join(main),
        "toasts": rendered("ui/toasts.html", {"told": told}) if told else b"",
    }
    key = (_theme(), shell.of(actor()))
    return Response([drawn("frame.html", key, lambda: {"page": _page()}, later=later)], status)


def is_fragment() -> bool:
    """htmx asks for a part of the page, and not to restore history."""
    headers = request.headers
    return "HX-Request" in headers and "HX-History-Restore-Request" not in headers


def redirect_to(endpoint: str, **params: Any) -> Response:
    """303 for a browser; for htmx the instruction to go there."""
    target = url_for(endpoint, **params)
    if is_fragment():
        return Response(status=204, headers={"HX-Redirect": target})
    return redirect(target, 303)  # type: ignore[return-value]


def _may(permission: str) -> bool:
    actor = maybe()
    return actor is not None and actor.may(permission)


def part(template: str, **values: Hashable) -> Markup:
    """A part of a page, drawn once for the values given: it may use nothing else.

    Within what is kept itself it is not kept once more.
    """
    if is_kept_apart():
        return Markup(rendered(template, values))
    return _part(template, tuple(values.items()))


@lru_cache(2048)
def _part(template: str, values: tuple[tuple[str, Any], ...]) -> Markup:
    return Markup(rendered(template, dict(values)))


@cache
def _digest(root: str, path: str) -> str:
    content = (Path(root) / path).read_bytes()
    return hashlib.sha256(content).hexdigest()[:12]


def asset(path: str) -> str:
    """The address of a static file, carrying a hash of its content."""
    folder = current_app.static_folder or ""
    return f"/static/{path}?v={_digest(folder, path)}"


@cache
def _of_workspaces(app: Flask) -> frozenset[str]:
    """The endpoints whose address names a workspace."""
    return frozenset(rule.endpoint for rule in app.url_map.iter_rules() if "slug" in rule.arguments)


def _workspace_in_url(endpoint: str, values: dict[str, Any]) -> None:
    actor = g.get("actor")
    if "slug" in values or actor is None or actor.workspace is None:
        return
    if endpoint in _of_workspaces(current_app._get_current_object()):  # type: ignore[attr-defined]
        values["slug"] = actor.workspace.slug


def _finish(response: Response) -> Response:
    headers, here = response.headers, g._get_current_object()
    if "Cache-Control" not in headers:
        headers.add("Cache-Control", "private, no-store")
    headers.add("X-Request-Id", here.get("request_id", "-"))
    if "standing" in here:
        _standing(response, here)
    _close(response)
    _log(response, here)
    return response


def _standing(response: Response, here: Any) -> None:
    response.headers["X-RateLimit-Limit"] = str(here.rate_limit)
    response.headers["X-RateLimit-Remaining"] = str(here.standing.remaining)
    response.headers["X-RateLimit-Reset"] = str(int(here.standing.reset_at.timestamp()))


@database.on_begin
def _plain_plans() -> str:
    """Pages and reads run the same statements for every workspace: planning them for the values
    at hand took longer than they do."""
    reading = has_request_context() and request.method == "GET"
    return "set local plan_cache_mode = force_generic_plan" if reading else ""


def _close(response: Response) -> None:
    """One transaction a request: kept when it went well, undone otherwise."""
    if response.status_code < 400:
        database.commit()
    else:
        database.rollback()


def _log(response: Response, here: Any) -> None:
    actor, asked = here.get("actor"), request._get_current_object()  # type: ignore[attr-defined]
    now = time.perf_counter()
    line = {
        "time": formats.stamp_now(),
        "request_id": here.get("request_id"),
        "workspace": str(actor.workspace.id) if actor and actor.workspace else None,
        "actor": str(actor.key_id or actor.account_id or actor.user_id) if actor else None,
        "method": asked.method,
        "route": asked.url_rule.rule if asked.url_rule else None,
        "status": response.status_code,
        "ms": round((now - here.get("started", now)) * 1000, 1),
    }
    access_log.info(orjson.dumps(line).decode())


def install(app: Flask) -> None:
    """Filters, globals, headers and the end of every request."""
    app.jinja_env.filters.update(formats.FILTERS)
    app.jinja_env.globals.update(
        can=_may,
        asset=asset,
        csrf_field=csrf_field,
        csrf_later=CSRF_LATER,
        slot=slot,
        once=once,
        part=part,
        url_for=addresses.url_for,
        **kit.GLOBALS,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.url_defaults(_workspace_in_url)
    app.after_request(_finish)
