"""Large files of records: sent, imported in the background, watched, cancelled."""

import uuid
from pathlib import Path

from flask import Response, flash, request

from app.core import audit, jobs
from app.core.errors import Conflict, NotFound
from app.core.feature import Feature
from app.core.identity import actor
from app.core.pages import is_fragment, redirect_to, render
from app.core.uploads import Upload

from . import folder, queries
from .jobs import RUN
from .queries import Import

feature = Feature("imports", __name__)
ONE = "/imports/<uuid:ident>"
RECORDS = Upload(
    "file", ("application/json", "application/x-ndjson", "application/gzip"), folder.MOST_BYTES,
    lambda expected: folder.Incoming(actor().here.id, expected),
)  # fmt: skip


@feature.page("/imports", permission="World.import")
def index() -> Response:
    """The imports so far, and the form for another."""
    return render("imports/index.html", imports=queries.last(actor().here.id), wrong="")


@feature.page("/imports", permission="World.import", methods=["POST"], upload=RECORDS)
def upload() -> Response:
    """Take a file and have it imported."""
    me = actor()
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return render("imports/index.html", 422, imports=queries.last(me.here.id),
                      wrong="Choose a file first.")  # fmt: skip
    incoming: folder.Incoming = sent.stream  # type: ignore[assignment]
    name = Path(sent.filename.replace("\\", "/")).name[:200] or "file"
    key = incoming.keep()
    ident = queries.add(me.here.id, name, key, incoming.bytes, me.label)
    jobs.defer(RUN, me.here.id, ident=str(ident))
    audit.record("import.begin", "import_file", ident, resource_name=name,
                 metadata={"bytes": incoming.bytes})  # fmt: skip
    return redirect_to("imports.show", ident=ident)


def _one(ident: uuid.UUID) -> Import:
    found = queries.one(actor().here.id, ident)
    if found is None:
        raise NotFound("There is no such import.")
    return found


@feature.page(ONE, permission="World.import")
def show(ident: uuid.UUID) -> Response:
    """How far an import came; 204 when it came no further than was seen."""
    found = _one(ident)
    seen = f"{found.status}-{found.records}"
    if is_fragment() and request.args.get("seen") == seen:
        return Response(status=204)
    name = "imports/progress.html" if is_fragment() else "imports/show.html"
    return render(name, one=found, seen=seen)


@feature.page(ONE + "/cancel", permission="World.import", methods=["POST"])
def cancel(ident: uuid.UUID) -> Response:
    """Stop an import; what came in stays."""
    me, found = actor(), _one(ident)
    if not queries.end(me.here.id, ident, "cancelled"):
        raise Conflict("This import is over already.")
    audit.record("import.cancel", "import_file", ident, resource_name=found.name)
    folder.remove(me.here.id, found.key)
    flash("Cancelled. What had come in is kept.")
    return redirect_to("imports.show", ident=ident)
