"""The faces of a `Collection` declaration: list, form, history, what was deleted, and JSON."""

import uuid
from typing import Any

from flask import Response, flash, request, url_for
from pydantic import BaseModel

from . import collection_store as store
from . import pages, revisions
from .access import who_can
from .api import read_query
from .collection import Collection, InUse, Listing, Record, Stale, Taken
from .collection_json import JsonFaces
from .collection_links import know
from .drawn import CSRF_LATER, Part, drawn
from .errors import Invalid
from .feature import Feature
from .form_fields import RefField
from .formats import isolated
from .identity import actor
from .schema import SchemaForm, form_for
from .setting_pages import version_number
from .telling import worded

PAGE_SIZE = 50
HOMES: dict[str, str] = {}
"""Table -> the feature with its pages."""


class Faces(JsonFaces):
    """Registers the routes of one declaration on a feature."""

    keeps_form = True
    """Whether the form shows nothing but the member, so that it is drawn once a version."""

    def __init__(self, of: Collection[Any], feature: Feature) -> None:
        self.of, self.name = of, feature.name
        HOMES[of.table] = feature.name
        know(of)
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
        self.register_json(feature, rule, one)

    def url(self, endpoint: str, **params: Any) -> str:
        """The address of one of these pages."""
        return url_for(f"{self.name}.{endpoint}", **params)

    def _render(self, template: str, status: int = 200, **values: Any) -> Response:
        return pages.render(
            f"collections/{template}.html", status, of=self.of, url=self.url, shown=self.shown,
            cell=self.cell, link=self.link, lines=self.lines, fragment=False, who=who_can(self.change_permission), **values,
        )  # fmt: skip

    def shown(self, name: str, value: Any) -> str:
        """A field's value in the words of its form."""
        return worded(self.of.specs.get(name), value)

    def link(self, name: str, record: Record[Any]) -> str | None:
        """The address of what a field points at."""
        ref, ident = self.of.refs.get(name), record[name]
        home = HOMES.get(ref.target.table) if ref else None
        return url_for(f"{home}.show", ident=ident) if home and ident else None

    def cell(self, name: str, record: Record[Any]) -> str:
        """A field or figure of a member, in words."""
        ref = self.of.refs.get(name)
        return self.shown(name, record[ref.shown] if ref else record[name])

    def lines(self, name: str, record: Record[Any]) -> list[tuple[str, str]]:
        """(label, value) of a field where it is only read: one line, or one for each of its parts."""
        return [(self.of.specs[name].ui.label, self.cell(name, record))]

    def index(self) -> Response:
        """The list."""
        query: Any = read_query(self.of.query)
        found = store.listing(self.of, actor(), query, PAGE_SIZE)
        given = {n: v for n, v in request.args.items() if v and n in self.of.query.model_fields}
        given.pop("continuation_token", None)
        more = self.url("index", **given, continuation_token=found.token) if found.token else None
        return self._render("index", found=found, given=given, more=more, table=self.table)

    def table(self, found: Listing[Any]) -> Part:
        """The rows of a list, drawn once for what they show."""
        return drawn("parts/rows.html", (self.name, found.rows), lambda: self._rows(found))

    def _rows(self, found: Listing[Any]) -> dict[str, Any]:
        home = self.url("index")
        return {
            "heads": tuple(self.of.words(name) for name in (self.of.label, *self.of.columns)),
            "rows": tuple(
                (f"{home}/{record.id}",
                 (self.of.named(record), *(self.cell(name, record) for name in self.of.columns)))
                for record in found.items
            ),
        }  # fmt: skip

    def deleted(self) -> Response:
        """What was deleted and can come back."""
        return self._render("deleted", gone=store.deleted(self.of, actor()))

    def _form(self, record: Record[Any] | None, form: SchemaForm[Any], status: int,
              **more: Any) -> Response:  # fmt: skip
        version = more.pop("version", record.version if record else 0)
        ident = record.id if record else more.pop("ident", None) or uuid.uuid4()
        more.pop("ident", None)
        self._offer(form)
        extra = self.extra(record) if record else {}
        return self._render("form", status, record=record, form=form, version=version,
                            ident=ident, **{**extra, **more})  # fmt: skip

    def _offer(self, form: SchemaForm[Any]) -> None:
        """Fill the lists of fields that point at other collections."""
        fields = {name: form.field(name) for name in self.of.refs}
        chosen = {name: field.data for name, field in fields.items() if field is not None}
        self._put(form, store.offers(self.of, actor(), chosen))

    def _put(self, form: SchemaForm[Any], offers: dict[str, list[tuple[str, str]]]) -> None:
        for name, members in offers.items():
            field = form.field(name)
            if isinstance(field, RefField):
                field.offer(members)

    def extra(self, record: Record[Any]) -> dict[str, Any]:
        """What the collection's own template below needs."""
        return {}

    def made(self, record: Record[Any]) -> Response:
        """Where a new member leads."""
        return pages.redirect_to(f"{self.name}.show", ident=record.id)

    def blank_form(self, data: Any) -> SchemaForm[Any]:
        """The form showing `data`."""
        return form_for(self.of.schema, self.of.on_page)(formdata=None, data=data)

    def sent_form(self, record: Record[Any] | None) -> SchemaForm[Any]:
        """The form as it was sent, for a new member or for `record`."""
        return form_for(self.of.schema, self.of.on_page)()

    def content(self, entered: BaseModel) -> dict[str, Any]:
        """What was entered, as JSON values."""
        return entered.model_dump(mode="json")

    def new(self) -> Response:
        """A form with the defaults in it, and what the address already says."""
        defaults = {spec.name: spec.default for spec in self.of.specs.values()}
        given = {name: request.args[name] for name in self.of.refs if name in request.args}
        return self._form(None, self.blank_form({**defaults, **given}), 200)

    def create(self) -> Response:
        """Store a new member; pressing twice stores one."""
        form = self.sent_form(None)
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
                flash(f"{isolated(self.of.named(made))} is stored.", "ok")
                return self.made(made)
        return self._form(None, form, form.status, ident=ident)

    def show(self, ident: uuid.UUID) -> Response:
        """A form for those who may change it, text for the others."""
        record = store.one(self.of, actor(), ident)
        if not actor().may(self.change_permission):
            return self._render("read", record=record, **self.extra(record))
        if not self.keeps_form:
            return self._form(record, self.blank_form(record.value), 200)
        return self._render("form", record=record, body=self._kept_form(record),
                            **self.extra(record))  # fmt: skip

    def _kept_form(self, record: Record[Any]) -> Part:
        """The form as it stands, drawn once for the version and what its lists offer."""
        offers = store.offers(self.of, actor(), {name: record[name] for name in self.of.refs})
        offered = tuple((name, tuple(members)) for name, members in offers.items())
        key = (self.name, record.id, record.version, record.updated_at, offered)
        return drawn("collections/form_body.html", key, lambda: self._form_values(record, offers))

    def _form_values(
        self, record: Record[Any], offers: dict[str, list[tuple[str, str]]]
    ) -> dict[str, Any]:
        form = self.blank_form(record.value)
        self._put(form, offers)
        return {"of": self.of, "url": self.url, "record": record, "form": form, "ident": record.id,
                "version": record.version, "token": CSRF_LATER}  # fmt: skip

    def save(self, ident: uuid.UUID) -> Response:
        """Save the form."""
        version = version_number(request.form.get("version"), "version") or 0
        record = store.one(self.of, actor(), ident)
        form = self.sent_form(record)
        entered = form.read()
        if entered is None:
            return self._form(record, form, form.status, version=version)
        content = self.content(entered)
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
        try:
            gone = store.delete(self.of, actor(), ident)
        except InUse as used:
            record = store.one(self.of, actor(), ident)
            form = self.blank_form(record.value)
            form.form_errors.append(used.sentence)
            return self._form(record, form, 409)
        name = isolated(self.of.named(gone))
        flash(f"{name} is deleted. It can be brought back under “Deleted”.", "ok")
        return pages.redirect_to(f"{self.name}.index")

    def history(self, ident: uuid.UUID) -> Response:
        """Who changed what and when, newest first."""
        before = version_number(request.args.get("before"), "before")
        changes, older = revisions.history(actor(), self.of.table, str(ident), before)
        record = store.one(self.of, actor(), ident)
        return self._render("history", record=record, changes=self._worded(changes), older=older)

    def _worded(self, changes: list[revisions.Change]) -> list[revisions.Change]:
        """Ids of what was pointed at as names, also of what is gone by now."""
        for name, ref in self.of.refs.items():
            for change in changes:
                for side, ident in (change.changed.get(name) or {}).items():
                    if ident:
                        known = store.find(ref.target, actor(), uuid.UUID(ident))
                        text = ref.target.named(known) if known else "Deleted since"
                        change.changed[name][side] = text
        return changes

    def restore(self, ident: uuid.UUID) -> Response:
        """Make a new version of an old one."""
        number = version_number(request.form.get("number"), "number")
        if number is None:
            raise Invalid({"number": "Enter the number of a version."})
        saved = store.restore(self.of, actor(), ident, number)
        flash(f"Version {number} is back, as version {saved.version}.", "ok")
        return pages.redirect_to(f"{self.name}.show", ident=ident)


def _place(form: SchemaForm[Any], refused: Invalid | Taken) -> None:
    if isinstance(refused, Taken):
        form.fail(refused.field, refused.sentence)
        form.status = 409
        return
    for name, sentence in refused.messages.items():
        form.fail(name, sentence)


def register(of: Collection[Any], feature: Feature, faces: type[Faces] = Faces) -> None:
    """Give a declaration its routes: the one line another resource needs."""
    faces(of, feature)
