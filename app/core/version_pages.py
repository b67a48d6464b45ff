"""The faces of a `Versions` declaration: a version, a new one, what changed, and JSON."""

import uuid
from dataclasses import replace
from functools import cached_property
from typing import Any

from flask import Response, flash, request

from . import collection_store, pages, revisions, versions
from .access import who_can
from .api import answer
from .collection import Record, article
from .collection_pages import Faces
from .errors import NotFound
from .feature import MIB, Feature
from .identity import actor
from .schema import SchemaForm, form_for
from .settings import Card
from .telling import worded
from .versions import Version, VersionQuery, Versions

SHOWN = 10


class VersionFaces:
    """Registers the routes of one declaration, below its collection's."""

    template = "versions/show.html"

    def __init__(self, of: Versions[Any], feature: Feature, max_body: int = MIB) -> None:
        self.of, self.name = of, feature.name
        home = f"/{of.of.path}/<uuid:ident>/versions"
        view, change = f"{of.of.permission}.view", f"{of.of.permission}.update"
        self.change = change
        page = feature.page
        page(f"{home}/new", permission=change, endpoint="version_new")(self.new)
        page(f"{home}/new", permission=change, methods=["POST"], endpoint="version_create")(
            self.create
        )
        page(f"{home}/<version>", permission=view, endpoint="version")(self.show)
        feature.api("GET", home, permission=view, query=VersionQuery, response=of.page_answer,
                    endpoint="api_versions", summary=f"List the versions of {article(of.of.one)}",
                    )(self.api_list)  # fmt: skip
        feature.api("POST", home, permission=change, body=of.schema, response=of.answer,
                    status=201, endpoint="api_version_create", max_body=max_body,
                    summary=f"Store the next version of {article(of.of.one)}")(self.api_create)  # fmt: skip
        feature.api("GET", f"{home}/<version>", permission=view, response=of.answer,
                    endpoint="api_version", summary=f"Read a version of {article(of.of.one)}",
                    description="`latest` names the newest.")(self.api_get)  # fmt: skip

    def _render(self, template: str, record: Record[Any], status: int = 200,
                **more: Any) -> Response:  # fmt: skip
        return pages.render(
            template, status, of=self.of, cards=self.cards, record=record, who=who_can(self.change), shown=self.shown,
            home=self.name, **more,
        )  # fmt: skip

    @cached_property
    def cards(self) -> list[Card]:
        """The cards of the page that shows a version: JSON has a place of its own."""
        told = [
            (card, tuple(n for n in card.fields if self.of.specs[n].kind != "json"))
            for card in self.of.cards
        ]
        return [replace(card, fields=fields) for card, fields in told if fields]

    def shown(self, name: str, value: Any) -> str:
        """A field's value in words."""
        return worded(self.of.specs.get(name), value)

    def picture(self, found: Version[Any]) -> dict[str, Any]:
        """What the page of a version shows besides its fields."""
        return {}

    def changes(self, before: Any, after: Any) -> list[tuple[str, str, str]]:
        """(label, before, after) of what differs, in words."""
        was = before.model_dump(mode="json", warnings=False)
        now = after.model_dump(mode="json", warnings=False)
        found = revisions.difference(was, now)
        return [
            (self.of.specs[name].ui.label, self.shown(name, both["before"]),
             self.shown(name, both["after"]))
            for name, both in found.items()
        ]  # fmt: skip

    def show(self, ident: uuid.UUID, version: str) -> Response:
        """One version, and what it changed."""
        record = collection_store.one(self.of.of, actor(), ident)
        found = versions.get(self.of, actor(), ident, version)
        before: Version[Any] | None = None
        if found.number > 1:
            before = versions.get(self.of, actor(), ident, str(found.number - 1))
        changed = self.changes(before.value, found.value) if before else []
        return self._render(self.template, record, found=found, before=before, changed=changed,
                            **self.picture(found))  # fmt: skip

    def _form(self, record: Record[Any], form: SchemaForm[Any], status: int, ident: uuid.UUID,
              base: int) -> Response:  # fmt: skip
        return self._render("versions/form.html", record, status, form=form, ident=ident, base=base,
                            fragment=False)  # fmt: skip

    def new(self, ident: uuid.UUID) -> Response:
        """A form that starts from the newest version, or from the one named."""
        record = collection_store.one(self.of.of, actor(), ident)
        named = request.args.get("from")
        base = (
            versions.get(self.of, actor(), ident, named) if named
            else versions.newest(self.of, actor(), ident)
        )  # fmt: skip
        data = base.value if base else {n: s.default for n, s in self.of.specs.items()}
        form = form_for(self.of.schema)(formdata=None, data=data)
        return self._form(record, form, 200, uuid.uuid4(), base.number if base else 0)

    def create(self, ident: uuid.UUID) -> Response:
        """Store the next version; pressing twice stores one."""
        record = collection_store.one(self.of.of, actor(), ident)
        form = form_for(self.of.schema)()
        base = request.form.get("base", "0")
        newest = versions.newest(self.of, actor(), ident)
        try:
            new_id = uuid.UUID(request.form.get("ident", ""))
        except ValueError:
            new_id = uuid.uuid4()
        entered = form.read()
        number = int(base) if base.isdigit() and len(base) < 10 else 0
        if entered is None:
            return self._form(record, form, form.status, new_id, number)
        stale = newest is not None and newest.number > number and newest.id != new_id
        if stale and newest is not None:
            form.form_errors.append(
                f"{newest.created_by} stored version {newest.number} after you opened this page."
                " Look at it first, or press Store again: yours becomes the one after it."
            )
            return self._form(record, form, 409, new_id, newest.number)
        made = versions.create(self.of, actor(), ident, entered, new_id)
        flash(f"Version {made.number} is stored.", "ok")
        return pages.redirect_to(f"{self.name}.version", ident=ident, version=made.number)

    def api_list(self, ident: uuid.UUID, query: VersionQuery) -> Response:
        """The newest first."""
        if collection_store.find(self.of.of, actor(), ident) is None:
            raise NotFound.of(self.of.of.one.lower())
        found, token = versions.page(self.of, actor(), ident, query.continuation_token, query.limit)
        return answer({
            "items": [self.of.out(version, ident) for version in found],
            "total": versions.count(self.of, actor(), ident),
            "has_more": token is not None, "continuation_token": token,
        })  # fmt: skip

    def api_create(self, ident: uuid.UUID, body: Any) -> Response:
        """The next version."""
        return answer(self.of.out(versions.create(self.of, actor(), ident, body), ident), 201)

    def api_get(self, ident: uuid.UUID, version: str) -> Response:
        """One version, also of what was deleted."""
        return answer(self.of.out(versions.get(self.of, actor(), ident, version), ident))


class VersionedFaces(Faces):
    """A collection whose members have versions: the page lists the newest."""

    versions: Versions[Any]

    def extra(self, record: Record[Any]) -> dict[str, Any]:
        found, older = versions.page(self.versions, actor(), record.id, limit=SHOWN, what="brief")
        return {"stored_versions": found, "older_versions": older}

    def made(self, record: Record[Any]) -> Response:
        return pages.redirect_to(f"{self.name}.version_new", ident=record.id)
