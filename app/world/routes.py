"""The world model's pages: what there is, and everything that is known of one entity."""

import uuid
from datetime import UTC
from tempfile import TemporaryFile
from typing import Any

from flask import Response, flash, make_response, request

from app.calls import entities
from app.calls.zones import zone_of
from app.core import audit
from app.core.errors import Invalid, NotFound
from app.core.feature import MIB, Feature, Nav
from app.core.identity import actor
from app.core.pages import framed, is_fragment, redirect_to, render
from app.core.schema import form_for
from app.core.uploads import Upload
from app.resolution import queries as who

from . import actions, found, listing, overview, pages, queries, shown, uploads
from .event_routes import feature as event_feature  # noqa: F401
from .fhir_routes import feature as fhir_feature  # noqa: F401  its routes come with this module
from .figure_routes import feature as figure_feature  # noqa: F401
from .graph_routes import feature as graph_feature  # noqa: F401
from .json_routes import feature as json_feature  # noqa: F401
from .schema import Correction, Note
from .view_routes import feature as view_feature  # noqa: F401

MENU = Nav("World", "network", "world.index", 14, "World.view")
feature = Feature("world", __name__, nav=[MENU])


@feature.page("/world", permission="World.view")
def index() -> Response:
    """What there is, by type, and a search."""
    place = actor().here.id
    asked = overview.asked(request.args)
    rows = listing.brief(place, asked.filters(), found.SHOWN)
    audit.record("entity.search" if asked.narrowed else "entity.list", "entity", phi=True,
                 metadata={"shown": len(rows)})  # fmt: skip
    # What is known of people is days: their list need not look for the zone.
    zone = zone_of(place) if any(row[1] != "person" for row in rows) else None
    if is_fragment():
        return make_response(found.body(rows, asked, zone))
    kept = queries.figures(place, "" if asked.narrowed else overview.SOURCE)
    kinds = kept.get("entity", {})
    nobody = not asked.narrowed and asked.kind == "person" and "person" not in kinds
    above = {} if asked.narrowed else overview.overview(kept)
    return render(
        "world/index.html", asked=asked, found=found.body(rows, asked, zone, nobody, above),
        counts=pages.types(kinds), waiting=who.suspected(place),
    )  # fmt: skip


@feature.page("/world/<uuid:ident>", permission="World.view")
def show(ident: uuid.UUID) -> Response:
    """Everything known of one entity, now or as it was known at a moment."""
    try:
        return _show(ident)
    except NotFound:
        if not entities.awaited(actor().here.id, ident):
            raise
    flash("This call was stored before calls had events here; it gets its own within hours.")
    return redirect_to("calls.show", ident=ident)


def _show(ident: uuid.UUID, **typed: Any) -> Response:
    """The page; with what was `typed` and refused, such as the form `note`."""
    place, given = actor().here.id, request.args.get("at", "")
    row, zone = queries.page(place, ident)
    at, wrong = pages.moment(given, zone)
    if wrong:
        typed |= {"at": given, "wrong": wrong}
    actions.looked(row, **{"at": at.isoformat()} if at else {})
    asked = shown.Asked(
        at and at.astimezone(UTC), request.args.get("event_type", "").strip()[:64] or None,
        pages.number(request.args.get("page", "")),
    )  # fmt: skip
    name, body = shown.page(shown.read(place, row, zone, asked), typed)
    return framed(name, body, status=422 if typed else 200)


@feature.page("/world/<uuid:ident>/notes", permission="World.update", methods=["POST"])
def add_note(ident: uuid.UUID) -> Response:
    """Keep a note."""
    form = form_for(Note)()
    entered = form.read()
    if entered is None:
        return _show(ident, note=form)
    actions.note(actor(), ident, entered.text)
    flash("Note kept.")
    return redirect_to("world.show", ident=ident)


@feature.page("/world/<uuid:ident>/corrections", permission="World.update", methods=["POST"])
def correct(ident: uuid.UUID) -> Response:
    """Correct fields of a person."""
    form = form_for(Correction)()
    entered = form.read()
    if entered is None:
        return _show(ident, correction=form)
    try:
        actions.correct(actor(), ident, entered.model_dump(exclude_none=True))
    except Invalid as refused:
        for name, sentence in refused.messages.items():
            form.fail(name, sentence)
        return _show(ident, correction=form)
    flash("Corrected.")
    return redirect_to("world.show", ident=ident)


@feature.page("/world/import", permission="World.import")
def import_form() -> Response:
    """Where records are uploaded."""
    return render("world/import.html", outcome=None, wrong="")


RECORDS = Upload(
    "files", ("application/json", "application/x-ndjson", "application/gzip"), 512 * MIB,
    lambda _: TemporaryFile(),  # noqa: SIM115  closed with the request
)  # fmt: skip


@feature.page("/world/import", permission="World.import", methods=["POST"], upload=RECORDS)
def import_files() -> Response:
    """Import the files that were sent, each by itself."""
    files = [file for file in request.files.getlist("files") if file.filename]
    if not files:
        return render("world/import.html", 422, outcome=None, wrong="Choose at least one file.")
    outcome = [uploads.take(actor(), file.filename or "file", file.stream) for file in files]
    return render("world/import.html", outcome=outcome, wrong="")
