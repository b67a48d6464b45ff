"""API keys over HTTP: the pages beside their JSON."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import Response, flash, request

from app.core.access import PERMISSIONS, RANK, ROLES, granted
from app.core.drawn import Part, drawn
from app.core.errors import BadRequest, Invalid, NotFound
from app.core.feature import Feature, Nav
from app.core.formats import ago
from app.core.identity import Actor, actor
from app.core.pages import redirect_to, render
from app.core.schema import form_for

from . import actions, queries
from .schema import (
    Catalog,
    IssuedKey,
    KeyIn,
    KeyPage,
    KeyQuery,
    Me,
    RotateIn,
)  # fmt: skip

feature = Feature(
    "api_keys",
    __name__,
    nav=[Nav("API keys", "key-round", "api_keys.index", 62, "ApiKey.view_own", "Workspace")],
)
PAGE_SIZE = 50


@feature.page("/api-keys", permission="ApiKey.view_own")
def index() -> Response:
    """The keys that the actor may see."""
    who = actor()
    query = KeyQuery(
        mine_only=request.args.get("mine") == "1",
        limit=PAGE_SIZE,
        continuation_token=_token(request.args.get("before")),
    )
    found = queries.listing(who, query)
    soon = sum(key.expires_soon and key.owned_by(who) for key in found.keys)
    return render(
        "api_keys/index.html", found=found, query=query, soon=soon, list=_list(found, who)
    )


def _list(found: queries.Listing, who: Actor) -> Part:
    """The keys, drawn again when one of them or the words for its times change."""
    times = tuple(
        (ago(key.expires_at), ago(key.last_used_at), ago(key.overlap_ends_at), key.expires_soon)
        for key in found.keys
    )
    shown = {"keys": found.keys, "me": who}
    return drawn(
        "api_keys/list.html",
        (tuple(found.keys), times, who.kind, who.role, who.account_id),
        lambda: shown,
    )


def _token(given: str | None) -> int:
    if given is None:
        return 0
    if not given.isascii() or not given.isdigit() or len(given) > 16:
        raise BadRequest
    return int(given)


@feature.page("/api-keys/new", permission="ApiKey.create")
def new() -> Response:
    """The form for a new key."""
    form = form_for(KeyIn)(formdata=None, data={"duration_days": 30, "role": _usual(actor())})
    return _form(form, uuid4())


def _usual(who: Actor) -> str:
    return "member" if RANK[who.role or "viewer"] >= RANK["member"] else "viewer"


def _form(form: Any, once: UUID) -> Response:
    who = actor()
    reachable = [role for role in ROLES if RANK[role] <= RANK[who.role or "viewer"]]
    values = {
        "form": form,
        "once": once,
        "roles": reachable,
        "chosen": form.permissions.items,
        "permissions": _grouped(sorted(who.permissions & granted(reachable[-1]))),
    }
    return render("api_keys/new.html", form.status, **values)


def _grouped(names: list[str]) -> list[tuple[str, list[tuple[str, str, str]]]]:
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for name in names:
        grant = PERMISSIONS[name]
        groups.setdefault(grant.group, []).append((name, grant.sentence, grant.lowest))
    return list(groups.items())


@feature.page("/api-keys/new", permission="ApiKey.create", methods=["POST"])
def create() -> Response:
    """Make the key and show its secret, once, in this answer and nowhere else."""
    form = form_for(KeyIn)()
    once = _uuid(request.form.get("once"))
    entered = form.read()
    if entered is None:
        return _form(form, once)
    try:
        issued = actions.create(actor(), entered, once=once)
    except Invalid as refused:
        for name, sentence in refused.messages.items():
            form.fail(name, sentence)
        return _form(form, once)
    return render(
        "api_keys/secret.html",
        201,
        issued=issued,
        rotated=False,
        request_root=request.url_root.rstrip("/"),
    )


def _secret(issued: actions.Issued, rotated: bool) -> Response:
    root = request.url_root.rstrip("/")
    status = 200 if rotated else 201
    return render("api_keys/secret.html", status, issued=issued, rotated=rotated, root=root)


def _uuid(given: str | None) -> UUID:
    try:
        return UUID(given or "")
    except ValueError:
        raise BadRequest from None


@feature.page("/api-keys/<key_id>/rotate", permission="ApiKey.update_own")
def rotation(key_id: str) -> Response:
    """The form that asks how long the old secret shall go on working."""
    key = _key(key_id)
    if not key.rotatable_by(actor()):
        actions.refuse_rotation(key)
    form = form_for(RotateIn)(formdata=None, data={"duration_days": 30, "overlap": "24h"})
    return render("api_keys/rotate.html", form=form, key=key, version=key.version)


@feature.page("/api-keys/<key_id>/rotate", permission="ApiKey.update_own", methods=["POST"])
def rotate(key_id: str) -> Response:
    """Rotate, and show the new secret once."""
    form = form_for(RotateIn)()
    version = _token(request.form.get("version", ""))
    entered = form.read()
    if entered is None:
        key = _key(key_id)
        return render("api_keys/rotate.html", form.status, form=form, key=key, version=version)
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=version)
    issued = actions.rotate(actor(), key_id, entered, version=at)
    return render(
        "api_keys/secret.html",
        issued=issued,
        rotated=True,
        request_root=request.url_root.rstrip("/"),
    )


@feature.page("/api-keys/<key_id>/revoke", permission="ApiKey.delete_own")
def revocation(key_id: str) -> Response:
    """Ask before revoking, with what the key was last used for."""
    key = _key(key_id)
    if not key.revocable_by(actor()):
        actions.refuse_revocation(key)
    return render("api_keys/revoke.html", key=key, mine=key.owned_by(actor()))


@feature.page("/api-keys/<key_id>/revoke", permission="ApiKey.delete_own", methods=["POST"])
def revoke(key_id: str) -> Response:
    """The key stops at once."""
    actions.revoke(actor(), key_id)
    flash("The key is revoked and works nowhere any more.", "ok")
    return redirect_to("api_keys.index")


def _key(key_id: str) -> queries.Key:
    key = queries.find(actor(), key_id)
    if key is None:
        raise NotFound.of("API key")
    return key


@feature.personal_api("GET", "/v1/auth/me", response=Me, summary="The key that asks")
def me() -> Me:
    """Workspace, handle and expiry of the presented key."""
    who = actor()
    expires_at = who.key_expires_at
    if expires_at is None or who.key_id is None:
        raise NotFound
    left = (expires_at - datetime.now(UTC)).total_seconds()
    return Me(
        workspace_id=who.here.id, key_id=who.key_id, name=who.key_name, expires_at=expires_at,
        expires_in_seconds=max(0, int(left)),
    )  # fmt: skip


@feature.api(
    "GET", "/api-keys", permission="ApiKey.view_own", query=KeyQuery, response=KeyPage,
    summary="List API keys",
    description="Newest first, never a secret. Without ApiKey.view only the caller's own keys.",
)  # fmt: skip
def list_keys(query: KeyQuery) -> KeyPage:
    """One page of keys."""
    return queries.as_page(queries.listing(actor(), query))


@feature.api(
    "POST", "/api-keys", permission="ApiKey.create", body=KeyIn, response=IssuedKey, status=201,
    summary="Create an API key",
    description="The answer carries the secret, this once. A key never exceeds its creator.",
)  # fmt: skip
def create_key(body: KeyIn) -> IssuedKey:
    """A new key of the caller's account."""
    return actions.create(actor(), body).answer


@feature.api(
    "GET", "/api-keys/permission-catalog", permission="ApiKey.view", response=Catalog,
    summary="Roles and permissions",
    description="The table that is enforced, so that clients need not know it by heart.",
)  # fmt: skip
def permission_catalog() -> Catalog:
    """Roles and permissions."""
    return queries.catalog()


@feature.api(
    "DELETE", "/api-keys/<key_id>", permission="ApiKey.delete_own", status=204,
    summary="Revoke an API key",
    description="At once, both secrets of a rotation. Others' keys need ApiKey.delete.",
)  # fmt: skip
def revoke_key(key_id: str) -> None:
    """Revoke."""
    actions.revoke(actor(), key_id)


@feature.api(
    "POST", "/api-keys/<key_id>/rotate", permission="ApiKey.update_own", body=RotateIn,
    response=IssuedKey, summary="Rotate an API key",
    description="A new secret for an own key. With `overlap` the old one works a while longer.",
)  # fmt: skip
def rotate_key(key_id: str, body: RotateIn) -> IssuedKey:
    """Rotate."""
    return actions.rotate(actor(), key_id, body).answer
