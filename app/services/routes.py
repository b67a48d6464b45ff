"""Services over HTTP: the collection, version sets, and how a service speaks."""

import contextlib
import json
import uuid
from collections.abc import Callable
from typing import Any

from flask import Response, flash, request, url_for

from app.core import collection_store as store
from app.core import pages
from app.core.access import who_can
from app.core.collection import Record, Stale
from app.core.collection_pages import Faces, register
from app.core.errors import Conflict, Invalid, NotFound
from app.core.feature import Feature, Nav
from app.core.identity import actor
from app.core.schema import form_for
from app.core.setting_pages import version_number
from app.core.spec import specs_of
from app.core.telling import worded

from . import layers
from .declaration import SERVICES, sets_of
from .schema import EDGE, RELEASE, SET_NAME, ServiceIn, VersionSet, VersionSetIn
from .voice import GROUPS, VoiceConfig

feature = Feature(
    "services", __name__,
    nav=[Nav("Services", "concierge-bell", "services.index", 22, "Service.view", "Answering")],
)  # fmt: skip
VOICE_SPECS = {spec.name: spec for spec in specs_of(VoiceConfig)}
VIEW, CHANGE = "Service.view", "Service.update"
TRIES = 5
FIXED = "The set “edge” always means the newest versions; it cannot be changed."
KEPT = "The set “release” always exists; it can be changed, not deleted."


class ServiceFaces(Faces):
    """The page of a service shows its version sets as well."""

    def extra(self, record: Record[Any]) -> dict[str, Any]:
        return {"sets": sets_of(record.value)}


register(SERVICES, feature, ServiceFaces)


def change_sets(ident: uuid.UUID, change: Callable[[dict[str, Any]], None]) -> Record[ServiceIn]:
    """Apply `change` to the stored version sets; what others store meanwhile is kept."""
    for _ in range(TRIES):
        service = store.one(SERVICES, actor(), ident)
        stored = {key: item for key, item in sets_of(service.value).items() if key != EDGE}
        change(stored)
        with contextlib.suppress(Stale):
            given = {"version_sets": stored}
            return store.update(SERVICES, actor(), ident, given, service.version)
    raise Conflict


def _plain(content: Any) -> str:
    """A stored set, or none, as text to compare."""
    return json.dumps(content, sort_keys=True)


def put_set(ident: uuid.UUID, name: str, content: VersionSet, was: str | None = None) -> None:
    """Store a version set; `was` is what stood when the change began.

    Raises Conflict for edge and for what changed meanwhile, NotFound for a pin on nothing.
    """
    if name == EDGE:
        raise Conflict(FIXED)
    new = content.model_dump(mode="json")

    def put(sets: dict[str, Any]) -> None:
        now = sets.get(name)
        if was is not None and was != _plain(now) and now != new:
            told = worded(SERVICES.specs["version_sets"], {name: now}) if now else "gone"
            raise Conflict(f"Somebody changed this set after you opened it. It is now: {told}.")
        sets[name] = new

    change_sets(ident, put)


def drop_set(ident: uuid.UUID, name: str) -> None:
    """Remove a version set. Raises Conflict for the two that always exist, NotFound."""
    if name in (EDGE, RELEASE):
        raise Conflict(FIXED if name == EDGE else KEPT)

    def remove(sets: dict[str, Any]) -> None:
        if sets.pop(name, None) is None:
            raise NotFound(f"There is no version set “{name}”.")

    change_sets(ident, remove)


@feature.api("PUT", "/services/<uuid:ident>/version-sets/<name>", permission=CHANGE,
             body=VersionSetIn, status=204, summary="Store a version set",
             also={409: "The set cannot be changed."})  # fmt: skip
def api_put_set(ident: uuid.UUID, name: str, body: VersionSetIn) -> None:
    """Pinned versions must exist."""
    put_set(ident, name, body.version_set)


@feature.api("DELETE", "/services/<uuid:ident>/version-sets/<name>", permission=CHANGE, status=204,
             summary="Delete a version set", also={409: "The set always exists."})  # fmt: skip
def api_drop_set(ident: uuid.UUID, name: str) -> None:
    """`edge` and `release` always exist."""
    drop_set(ident, name)


def _sets_page(
    ident: uuid.UUID, form: Any, name: str, status: int, problem: str = "", was: str | None = None
) -> Response:
    record = store.one(SERVICES, actor(), ident)
    if was is None:
        was = _plain(sets_of(record.value).get(name))
    return pages.render(
        "services/version_set.html", status, record=record, form=form, name=name, problem=problem,
        was=was, changed=status == Conflict.status and name != EDGE, fragment=False,
    )  # fmt: skip


@feature.page("/services/<uuid:ident>/version-sets/edit", permission=CHANGE)
def edit_set(ident: uuid.UUID) -> Response:
    """A form for one version set; `copy` fills it from another."""
    name, copied = request.args.get("name", ""), request.args.get("copy", "")
    known = sets_of(store.one(SERVICES, actor(), ident).value)
    content = known.get(copied or name) or known[EDGE]
    form = form_for(VersionSet)(formdata=None, data=VersionSet.model_validate(content))
    return _sets_page(ident, form, name, 200)


@feature.page("/services/<uuid:ident>/version-sets/edit", permission=CHANGE, methods=["POST"])
def save_set(ident: uuid.UUID) -> Response:
    """Store the form's version set."""
    name = request.form.get("set_name", "").strip()
    was = request.form.get("was")
    form = form_for(VersionSet)()
    entered = form.read()
    if entered is None:
        return _sets_page(ident, form, name, form.status, was=was)
    try:
        put_set(ident, name, entered, was)
    except (Conflict, NotFound) as refused:
        if store.find(SERVICES, actor(), ident) is None:
            raise
        return _sets_page(ident, form, name, refused.status, refused.sentence)
    except Invalid:
        return _sets_page(ident, form, name, 422, SET_NAME, was)
    flash(f"The version set {name} is stored.", "ok")
    return pages.redirect_to("services.show", ident=ident)


@feature.page("/services/<uuid:ident>/version-sets/delete", permission=CHANGE, methods=["POST"])
def delete_set(ident: uuid.UUID) -> Response:
    """Remove a version set; it stays in the service's history."""
    name = request.form.get("set_name", "")
    drop_set(ident, name)
    flash(f"The version set {name} is deleted.", "ok")
    return pages.redirect_to("services.show", ident=ident)


def _voice_page(record: Record[ServiceIn], form: Any, status: int, **more: Any) -> Response:
    above = {
        name: f"{worded(VOICE_SPECS[name], value)}, from {layer}" if value is not None
        else f"as {layer} decides"
        for name, (value, layer) in layers.inherited(actor(), record.value).items()
    }  # fmt: skip
    return pages.render(
        "services/voice.html", status, record=record, form=form, above=above, specs=VOICE_SPECS, groups=GROUPS,
        heard=layers.voice_of(actor(), record.value), order=layers.LAYERS, worded=worded,
        editable=actor().may(CHANGE), who=who_can(CHANGE), fragment=False,
        **{"version": record.version, **more},
    )  # fmt: skip


def _voice_conflict(form: Any, now: Record[ServiceIn], content: dict[str, Any]) -> Response:
    """Both versions beside each other; what was typed stays in the form below."""
    theirs = (now.value.voice_config or VoiceConfig()).model_dump(mode="json", warnings=False)
    both = [
        {"label": VOICE_SPECS[name].ui.label, "mine": worded(VOICE_SPECS[name], mine, "Inherit"),
         "theirs": worded(VOICE_SPECS[name], theirs.get(name), "Inherit")}
        for name, mine in content.items() if mine != theirs.get(name)
    ]  # fmt: skip
    page = {"page": url_for("services.voice", ident=now.id)}
    return _voice_page(now, form, 409, conflict=both, current=now, urls=page)


@feature.page("/services/<uuid:ident>/voice", permission=VIEW)
def voice(ident: uuid.UUID) -> Response:
    """What the service sets differently, beside what it inherits."""
    record = store.one(SERVICES, actor(), ident)
    form = form_for(VoiceConfig)(formdata=None, data=record.value.voice_config or VoiceConfig())
    return _voice_page(record, form, 200)


@feature.page("/services/<uuid:ident>/voice", permission=CHANGE, methods=["POST"])
def save_voice(ident: uuid.UUID) -> Response:
    """Save what the service sets differently; all empty inherits everything."""
    record = store.one(SERVICES, actor(), ident)
    version = version_number(request.form.get("version"), "version") or 0
    form = form_for(VoiceConfig)()
    entered = form.read()
    if entered is None:
        return _voice_page(record, form, form.status, version=version)
    content = entered.model_dump(mode="json")
    empty = all(item in (None, [], {}) for item in content.values())
    try:
        store.update(
            SERVICES, actor(), ident, {"voice_config": None if empty else content}, version
        )
    except Stale as stale:
        return _voice_conflict(form, stale.current, content)
    flash("Saved. Calls that start from now on use it.", "ok")
    return pages.redirect_to("services.voice", ident=ident)
