"""Context graphs and their versions over HTTP."""

import json
import uuid
from typing import Any

from flask import Response, flash, request

from app.core import collection_store, pages, versions
from app.core.collection_pages import register
from app.core.drawn import drawn
from app.core.errors import Invalid
from app.core.feature import MIB, Feature, Nav
from app.core.identity import actor
from app.core.version_pages import VersionedFaces, VersionFaces
from app.core.versions import Version

from . import texts
from .declaration import GRAPH_VERSIONS, GRAPHS
from .picture import listed, picture, state_changes

feature = Feature(
    "graphs", __name__,
    nav=[Nav("Context graphs", "workflow", "graphs.index", 26, "ContextGraph.view", "Answering")],
)  # fmt: skip


class GraphFaces(VersionedFaces):
    """The page of a graph lists its versions."""

    versions = GRAPH_VERSIONS


class GraphVersionFaces(VersionFaces):
    """A version of a graph is drawn, told in words, and given as JSON."""

    template = "graphs/version.html"

    def changes(self, before: Any, after: Any) -> list[tuple[str, str, str]]:
        found = [row for row in super().changes(before, after) if row[0] != "States"]
        return found + state_changes(before.states or [], after.states or [])

    def picture(self, found: Version[Any]) -> dict[str, Any]:
        # A version never changes: its id says all that is shown.
        body = drawn("graphs/drawn.html", found.id, lambda: _shown(found))
        return {"count": len(found.value.states or []), "drawn": body}


def _shown(found: Version[Any]) -> dict[str, Any]:
    """Picture, words and JSON of a version."""
    content = found.value.model_dump(mode="json", warnings=False)
    return {
        "drawing": picture(content), "listed": listed(content),
        "json": json.dumps(content.get("states"), indent=2, ensure_ascii=False),
    }  # fmt: skip


register(GRAPHS, feature, GraphFaces)
faces = GraphVersionFaces(GRAPH_VERSIONS, feature, max_body=4 * MIB)


def _texts(ident: uuid.UUID, base: str, status: int, entered: Any, error: str = "") -> Response:
    record = collection_store.one(GRAPHS, actor(), ident)
    found = versions.get(GRAPH_VERSIONS, actor(), ident, base)
    states = texts.fields_of(found.value.states, entered)
    return pages.render("graphs/texts.html", status, record=record, base=found.number,
                        states=states, error=error, ident=uuid.uuid4())  # fmt: skip


@feature.page("/context-graphs/<uuid:ident>/versions/texts", permission="ContextGraph.update")
def edit_texts(ident: uuid.UUID) -> Response:
    """The sentences of every state as a form."""
    return _texts(ident, request.args.get("from", versions.LATEST), 200, {})


@feature.page("/context-graphs/<uuid:ident>/versions/texts", permission="ContextGraph.update",
              methods=["POST"])  # fmt: skip
def save_texts(ident: uuid.UUID) -> Response:
    """Store the next version with these sentences."""
    base = request.form.get("base", versions.LATEST)
    found = versions.get(GRAPH_VERSIONS, actor(), ident, base)
    content = found.value.model_dump(mode="json", warnings=False)
    content["states"] = texts.merged(content["states"], request.form)
    content["description"] = request.form.get("description", "")
    try:
        value = GRAPH_VERSIONS.parse(content)
    except Invalid as error:
        sentences = " ".join(str(item["msg"]) for item in error.errors)
        return _texts(ident, base, 422, request.form, sentences)
    made = versions.create(GRAPH_VERSIONS, actor(), ident, value)
    flash(f"Version {made.number} is stored.", "ok")
    return pages.redirect_to("graphs.version", ident=ident, version=made.number)
