"""The faces of a `Settings` declaration: its page, history and restore, and its JSON."""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from flask import Response, flash, request, url_for

from . import pages, revisions
from .access import who_can
from .api import answer
from .drawn import drawn
from .errors import Invalid
from .feature import Feature
from .identity import actor
from .schema import SchemaForm, form_for
from .settings import HIDDEN, Current, Settings, Stale, load, restore, save
from .telling import worded

UNCHANGED = "Nothing had changed, so nothing was saved."
DEFAULTS = {"number": 0, "title": "The defaults", "label": "Restore the defaults"}
LARGEST = 2**31 - 1
URLS = ("page", "history", "restore")
More = Callable[[], dict[str, Any]]


def version_number(text: str | None, name: str) -> int | None:
    """A version number; None when it is missing. Raises Invalid."""
    if not text:
        return None
    if text.isascii() and text.isdigit() and int(text) <= LARGEST:
        return int(text)
    raise Invalid({name: "Enter the number of a version."})


class Faces:
    """Registers the routes of one declaration on a feature."""

    def __init__(
        self, settings: Settings[Any], feature: Feature, template: str, more: More | None
    ) -> None:
        self.settings, self.template, self.more = settings, template, more
        self.urls_of = lru_cache(1024)(self._build_urls)
        self.home = f"{feature.name}.{settings.name}"
        place = settings.path or f"settings/{settings.name}"
        rule, view, update = f"/{place}", settings.view, settings.update
        name = settings.name
        feature.page(rule, permission=view, endpoint=name)(self.show)
        feature.page(rule, permission=update, methods=["POST"], endpoint=f"{name}_save")(self.post)
        feature.page(f"{rule}/history", permission=view, endpoint=f"{name}_history")(self.history)
        feature.page(
            f"{rule}/restore", permission=update, methods=["POST"], endpoint=f"{name}_restore"
        )(self.restore)
        feature.api(
            "GET", rule, absolute=settings.absolute or None, permission=view, response=settings.answer,
            endpoint=f"api_{name}", summary=f"Read the {settings.title.lower()} settings",
        )(self.api_get)  # fmt: skip
        feature.api(
            "PUT", rule, absolute=settings.absolute or None, permission=update, body=settings.partial, response=settings.answer,
            endpoint=f"api_{name}_save", summary=f"Change the {settings.title.lower()} settings",
            also={409: "Somebody else saved first."},
        )(self.api_put)  # fmt: skip

    def _form(self, current: Current[Any]) -> SchemaForm[Any]:
        return form_for(self.settings.schema)(formdata=None, data=current.value)

    def _render(
        self,
        form: SchemaForm[Any] | None,
        current: Current[Any],
        version: int,
        status: int,
        **more: Any,
    ) -> Response:
        values = {
            "settings": self.settings, "form": form, "current": current, "version": version,
            "editable": actor().may(self.settings.update), "who": who_can(self.settings.update),
            "fragment": pages.is_fragment(), "urls": self._urls(), "told": self.told, **more,
        }  # fmt: skip
        if pages.is_fragment():
            return pages.render("settings/body.html", status, **values)
        beside = self.more() if self.more else {}
        return pages.render(self.template, status, **values, **beside)

    def told(self, name: str, value: Any) -> str:
        """A field's value in words; a secret only says that it is set."""
        spec = self.settings.specs.get(name)
        if value == HIDDEN or (spec and spec.ui.secret and value):
            return "Set"
        return worded(spec, value, self.settings.unset.get(name) or "Default")

    def _shown(self, current: Current[Any]) -> dict[str, Any]:
        return {
            "settings": self.settings, "form": self._form(current), "current": current,
            "version": current.version, "who": who_can(self.settings.update), "fragment": False,
            "told": self.told, "urls": self._urls(),
        }  # fmt: skip

    def _urls(self) -> dict[str, str]:
        return self.urls_of(actor().here.slug)

    def _build_urls(self, slug: str) -> dict[str, str]:
        ends = ("", "_history", "_restore")
        return {
            name: url_for(self.home + end, slug=slug) for name, end in zip(URLS, ends, strict=True)
        }

    def show(self) -> Response:
        """The page: a form for those who may change it, text for the others."""
        current = load(self.settings, actor().here.id)
        stored = json.dumps(current.stored, sort_keys=True)
        key = (self.home, stored, current.version, current.updated_by, current.updated_at)
        may = actor().may(self.settings.update)
        body = drawn(
            f"settings/{'form' if may else 'read'}.html", key, lambda: self._shown(current)
        )
        return self._render(None, current, current.version, 200, drawn=body)

    def post(self) -> Response:
        """Save the form, or add to and remove from one of its lists."""
        version = version_number(request.form.get("version"), "version") or 0
        form = form_for(self.settings.schema)()
        entered = form.read()
        if entered is None:
            current = load(self.settings, actor().here.id)
            return self._render(form, current, version, form.status)
        content = entered.model_dump(mode="json")
        given = {name: content[name] for name in form.touched}
        before = load(self.settings, actor().here.id)
        try:
            saved = save(actor(), self.settings, given, version)
        except Stale as stale:
            return self._conflict(form, stale.current, given)
        changed = saved.version != before.version
        return self._saved(saved, self.settings.done if changed else UNCHANGED)

    def _saved(self, saved: Current[Any], sentence: str) -> Response:
        if not pages.is_fragment():
            flash(sentence, "ok")
            return pages.redirect_to(self.home)
        return self._render(self._form(saved), saved, saved.version, 200, toast=sentence)

    def _conflict(
        self, form: SchemaForm[Any], current: Current[Any], given: Mapping[str, Any]
    ) -> Response:
        """Both versions beside each other; what was typed stays in the form below."""
        defaults = self.settings.schema().model_dump(mode="json")
        theirs = {**defaults, **current.stored}
        ours = {**defaults, **self.settings.stored(self.settings.parse(given))}
        both = [
            {
                "label": self.settings.specs[name].ui.label,
                "mine": self.told(name, mine),
                "theirs": self.told(name, theirs[name]),
            }
            for name, mine in ours.items()
            if name in given and mine != theirs[name]
        ]
        return self._render(form, current, current.version, 409, conflict=both)

    def history(self) -> Response:
        """Who changed what and when, newest first."""
        before = version_number(request.args.get("before"), "before")
        changes, older = revisions.history(
            actor(), self.settings.resource, self.settings.name, before
        )
        current = load(self.settings, actor().here.id)
        return pages.render(
            "settings/history.html", settings=self.settings, changes=changes, older=older,
            current=current, editable=actor().may(self.settings.update), urls=self._urls(),
            who=who_can(self.settings.update), told=self.told, first_page=before is None,
            origin=DEFAULTS,
        )  # fmt: skip

    def restore(self) -> Response:
        """Make a new version of an old one."""
        number = version_number(request.form.get("number"), "number")
        if number is None:
            raise Invalid({"number": "Enter the number of a version."})
        version = version_number(request.form.get("version"), "version")
        before = load(self.settings, actor().here.id)
        saved = restore(actor(), self.settings, number, version)
        done = f"Version {number} is back, as version {saved.version}."
        flash(done if saved.version != before.version else UNCHANGED, "ok")
        return pages.redirect_to(self.home)

    def _answer(self, current: Current[Any]) -> Response:
        content = current.value.model_dump(mode="json")
        for name, spec in self.settings.specs.items():
            if spec.ui.secret:
                content[name] = "set" if content[name] else None
        if self.settings.figures:
            content |= self.settings.figures(actor().here.id)
        response = answer({**content, "version": current.version})
        response.set_etag(str(current.version))
        return response

    def api_get(self) -> Response:
        """Every field, and the version a save may name."""
        return self._answer(load(self.settings, actor().here.id))

    def api_put(self, body: Any) -> Response:
        """Partial: what is left out stays, null goes back to the default."""
        content = body.model_dump(mode="json", include=body.model_fields_set)
        version = content.pop("version", None)
        if version is None:
            named = request.headers.get("If-Match", "").removeprefix("W/").strip('" ')
            version = None if named == "*" else version_number(named, "If-Match")
        return self._answer(save(actor(), self.settings, content, version))


def register(
    settings: Settings[Any], feature: Feature, template: str = "settings/page.html",
    more: More | None = None,
) -> None:  # fmt: skip
    """Give a declaration its routes: the one line a second settings page needs.

    `more` gives what the template shows beside the settings.
    """
    Faces(settings, feature, template, more)
