"""The JSON of a `Collection` declaration."""

import uuid
from typing import Any

from flask import Response, request

from . import collection_store as store
from .api import answer
from .collection import Collection, Record, article
from .feature import Feature
from .identity import actor
from .setting_pages import version_number


class JsonFaces:
    """List, create, read, change and delete as JSON."""

    of: Collection[Any]

    def register_json(self, feature: Feature, rule: str, one: str) -> None:
        """Declare the routes."""
        of = self.of
        permission = of.permission
        feature.api("GET", rule, permission=f"{permission}.view", query=of.query,
                    response=of.page_answer, endpoint="api_list",
                    summary=f"List {of.many.lower()}")(self.api_list)  # fmt: skip
        feature.api("POST", rule, permission=f"{permission}.create", body=of.schema,
                    response=of.answer, status=201, endpoint="api_create",
                    summary=f"Create {article(of.one)}",
                    also={409: "It exists already."})(self.api_create)  # fmt: skip
        feature.api("GET", one, permission=f"{permission}.view", response=of.answer,
                    endpoint="api_get", summary=f"Read {article(of.one)}")(self.api_get)  # fmt: skip
        feature.api(of.method, one, permission=f"{permission}.update",
                    body=of.partial, response=of.answer, endpoint="api_update",
                    summary=f"Change {article(of.one)}",
                    also={409: "Somebody else saved first, or the value is taken."},
                    )(self.api_update)  # fmt: skip
        feature.api("DELETE", one, permission=f"{permission}.delete", status=204,
                    endpoint="api_delete", summary=f"Delete {article(of.one)}",
                    also={409: "Something still uses it."})(self.api_delete)  # fmt: skip

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
        given = body.model_dump(mode="json", exclude_unset=True)
        if self.of.null_keeps:
            given = {name: item for name, item in given.items() if item is not None}
        version = given.pop("version", None)
        if version is None:
            named = request.headers.get("If-Match", "").removeprefix("W/").strip('" ')
            version = None if named == "*" else version_number(named, "If-Match")
        return self._out(store.update(self.of, actor(), ident, given, version))

    def api_delete(self, ident: uuid.UUID) -> None:
        """Delete."""
        store.delete(self.of, actor(), ident)
