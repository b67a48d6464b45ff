"""The faces of a `Collection` declaration: list, form, history, what was deleted, and JSON."""

import uuid
from typing import Any

from flask import Response, flash, request, url_for

from . import collection_store as store
from . import pages, revisions
from .access import who_can
from .api import answer, read_query
from .collection import Collection, Record, Stale, Taken
from .errors import Invalid
from .feature import Feature
from .identity import actor
from .schema import SchemaForm, form_for
from .setting_pages import shown, version_number

PAGE_SIZE = 50


class Faces:
    """Registers the routes of one declaration on a feature."""

    def __init__(self, of: Collection[Any], feature: Feature) -> None:
        self.of, self.name = of, feature.name
        rule, one = f"/{of.path}", f"/{of.path}/<uuid:ident>"
        view, add, change, drop = (
            f"{of.permission}.{verb}" for verb in ("view", "create", "update", "delete")
        )
        self.change_permission = change
        page = feature.page
        page(rule, permission=view, endpoint="index")(self.index)
        page(f"{rule}/new", permission=add, endpoint="new")(self.new)
        page(f"{rule}/new", permission=add, methods=["POST"], endpoint="create")(self.create)
        page(f"{rule}/deleted", permission=view, endpoint="deleted")(self.deleted)
        page(one, permission=view, endpoint="show")(self.show)
        page(one, permission=change, methods=["POST"], endpoint="save")(self.save)
        page(f"{one}/delete", permission=drop, methods=["POST"], endpoint="delete")(self.delete)
        page(f"{one}/history", permission=view, endpoint="history")(self.history)
        page(f"{one}/restore", permission=change, methods=["POST"], endpoint="restore")(
            self.restore
        )
        self._register_json(feature, rule, one)

    def _register_json(self, feature: Feature, rule: str, one: str) -> None:
        of = self.of
        permission = of.permission
        feature.api("GET", rule, permission=f"{permission}.view", query=of.query,
                    response=of.page_answer, endpoint="api_list",
                    summary=f"List {of.many.lower()}")(self.api_list)  # fmt: skip
        feature.api("POST", rule, permission=f"{permission}.create", body=of.schema,
                    response=of.answer, status=201, endpoint="api_create",
                    summary=f"Create a {of.one.lower()}",
                    also={409: "It exists already."})(self.api_create)  # fmt: skip
        feature.api("GET", one, permission=f"{permission}.view", response=of.answer,
                    endpoint="api_get", summary=f"Read a {of.one.lower()}")(self.api_get)  # fmt: skip
        feature.api("PATCH", one, permission=f"{permission}.update",
                    body=of.partial, response=of.answer, endpoint="api_update",
                    summary=f"Change a {of.one.lower()}",
                    also={409: "Somebody else saved first, or the value is taken."},
                    )(self.api_update)  # fmt: skip
        feature.api("DELETE", one, permission=f"{permission}.delete", status=204,
                    endpoint="api_delete", summary=f"Delete a {of.one.lower()}")(self.api_delete)  # fmt: skip

    def url(self, endpoint: str, **params: Any) -> str:
        """The address of one of these pages."""
        return url_for(f"{self.name}.{endpoint}", **params)

    def _render(self, template: str, status: int = 200, **values: Any) -> Response:
        return pages.render(
            f"collections/{template}.html", status, of=self.of, url=self.url, shown=self.shown,
            fragment=False, who=who_can(self.change_permission), **values,
        )  # fmt: skip

    def shown(self, name: str, value: Any) -> str:
        """A field's value in the words of its form."""
        options = self.of.specs[name].ui.options
        if isinstance(value, list):
            return ", ".join(options.get(str(item), str(item)) for item in value) or "None"
        if value in (None, ""):
            return "None"
        return options.get(value) or shown(value) if isinstance(value, str) else shown(value)

    def index(self) -> Response:
        """The list."""
        query: Any = read_query(self.of.query)
        found = store.listing(self.of, actor(), query, PAGE_SIZE)
        given = {n: v for n, v in request.args.items() if v and n in self.of.query.model_fields}
        given.pop("continuation_token", None)
        more = self.url("index", **given, continuation_token=found.token) if found.token else None
        return self._render("index", found=found, given=given, more=more)

    def deleted(self) -> Response:
        """What was deleted and can come back."""
        return self._render("deleted", gone=store.deleted(self.of, actor()))

    def _form(self, record: Record[Any] | None, form: SchemaForm[Any], status: int,
              **more: Any) -> Response:  # fmt: skip
        version = more.pop("version", record.version if record else 0)
        ident = record.id if record else more.pop("ident", None) or uuid.uuid4()
        more.pop("ident", None)
        return self._render("form", status, record=record, form=form, version=version,
                            ident=ident, **more)  # fmt: skip

    def new(self) -> Response:
        """A form with the defaults in it."""
        defaults = {spec.name: spec.default for spec in self.of.specs.values()}
        return self._form(None, form_for(self.of.schema)(formdata=None, data=defaults), 200)

    def create(self) -> Response:
        """Store a new member; pressing twice stores one."""
        form = form_for(self.of.schema)()
        try:
            ident = uuid.UUID(request.form.get("ident", ""))
        except ValueError:
            ident = uuid.uuid4()
        entered = form.read()
        if entered is not None:
            try:
                made, _ = store.create(self.of, actor(), entered, ident)
            except (Invalid, Taken) as refused:
                _place(form, refused)
            else:
                flash(f"{self.of.named(made)} is stored.", "ok")
                return pages.redirect_to(f"{self.name}.show", ident=made.id)
        return self._form(None, form, form.status, ident=ident)

    def show(self, ident: uuid.UUID) -> Response:
        """A form for those who may change it, text for the others."""
        record = store.one(self.of, actor(), ident)
        if not actor().may(self.change_permission):
            return self._render("read", record=record)
        form = form_for(self.of.schema)(formdata=None, data=record.value)
        return self._form(record, form, 200)

    def save(self, ident: uuid.UUID) -> Response:
        """Save the form."""
        version = version_number(request.form.get("version"), "version") or 0
        record = store.one(self.of, actor(), ident)
        form = form_for(self.of.schema)()
        entered = form.read()
        if entered is None:
            return self._form(record, form, form.status, version=version)
        content = entered.model_dump(mode="json")
        given = {name: content[name] for name in form.touched}
        try:
            saved = store.update(self.of, actor(), ident, given, version)
        except (Invalid, Taken) as refused:
            _place(form, refused)
            return self._form(record, form, form.status, version=version)
        except Stale as stale:
            return self._conflict(form, stale.current, given)
        done = "Saved." if saved.version != record.version else "Nothing had changed."
        flash(done, "ok")
        return pages.redirect_to(f"{self.name}.show", ident=ident)

    def _conflict(
        self, form: SchemaForm[Any], current: Record[Any], given: dict[str, Any]
    ) -> Response:
        theirs = current.value.model_dump(mode="json")
        both = [
            {"label": self.of.specs[name].ui.label, "mine": self.shown(name, mine),
             "theirs": self.shown(name, theirs[name])}
            for name, mine in given.items() if mine != theirs[name]
        ]  # fmt: skip
        return self._form(current, form, 409, conflict=both, current=current,
                          urls={"page": self.url("show", ident=current.id)})  # fmt: skip

    def delete(self, ident: uuid.UUID) -> Response:
        """Remove it; it can be brought back."""
        gone = store.delete(self.of, actor(), ident)
        flash(f"{self.of.named(gone)} is deleted. It can be brought back under “Deleted”.", "ok")
        return pages.redirect_to(f"{self.name}.index")

    def history(self, ident: uuid.UUID) -> Response:
        """Who changed what and when, newest first."""
        before = version_number(request.args.get("before"), "before")
        changes, older = revisions.history(actor(), self.of.table, str(ident), before)
        record = store.one(self.of, actor(), ident)
        return self._render("history", record=record, changes=changes, older=older)

    def restore(self, ident: uuid.UUID) -> Response:
        """Make a new version of an old one."""
        number = version_number(request.form.get("number"), "number")
        if number is None:
            raise Invalid({"number": "Enter the number of a version."})
        saved = store.restore(self.of, actor(), ident, number)
        flash(f"Version {number} is back, as version {saved.version}.", "ok")
        return pages.redirect_to(f"{self.name}.show", ident=ident)

    def _out(self, record: Record[Any], status: int = 200) -> Response:
        response = answer(self.of.out(record, actor().here.id), status)
        response.set_etag(str(record.version))
        return response

    def api_list(self, query: Any) -> Response:
        """One page."""
        found = store.listing(self.of, actor(), query)
        here = actor().here.id
        return answer({
            "items": [self.of.out(record, here) for record in found.items], "total": found.total,
            "has_more": found.token is not None, "continuation_token": found.token,
        })  # fmt: skip

    def api_create(self, body: Any) -> Response:
        """A new member."""
        made, _ = store.create(self.of, actor(), body)
        return self._out(made, 201)

    def api_get(self, ident: uuid.UUID) -> Response:
        """One member."""
        return self._out(store.one(self.of, actor(), ident))

    def api_update(self, ident: uuid.UUID, body: Any) -> Response:
        """Partial: what is left out stays."""
        given = body.model_dump(mode="json", include=body.model_fields_set)
        version = given.pop("version", None)
        if version is None:
            named = request.headers.get("If-Match", "").removeprefix("W/").strip('" ')
            version = None if named == "*" else version_number(named, "If-Match")
        return self._out(store.update(self.of, actor(), ident, given, version))

    def api_delete(self, ident: uuid.UUID) -> None:
        """Delete."""
        store.delete(self.of, actor(), ident)


def _place(form: SchemaForm[Any], refused: Invalid | Taken) -> None:
    if isinstance(refused, Taken):
        form.fail(refused.field, refused.sentence)
        form.status = 409
        return
    for name, sentence in refused.messages.items():
        form.fail(name, sentence)


def register(of: Collection[Any], feature: Feature) -> None:
    """Give a declaration its routes: the one line another resource needs."""
    Faces(of, feature)
