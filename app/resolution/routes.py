"""Who is who over HTTP: the list of pairs, two records side by side, linked ones read together."""

import uuid

from flask import Response, flash, request

from app.calls.zones import zone_of
from app.core import audit
from app.core.errors import NotFound
from app.core.feature import Feature
from app.core.identity import actor
from app.core.pages import redirect_to, render
from app.world import pages as world_pages
from app.world import queries as world

from . import actions, jobs, pages, queries
from .json_routes import feature as json_feature  # noqa: F401  its routes come with this module
from .scoring import pair

feature = Feature("resolution", __name__)
PAIR = "/world/duplicates/<uuid:ident>/<uuid:other>"
SAID = {
    "same": "Kept: the same person. Both records stay as they are and are shown together.",
    "different": "Kept: not the same person. They are never linked by themselves again.",
    "": "Taken back.",
}


@feature.page("/world/duplicates", permission="World.view")
def index() -> Response:
    """The pairs that wait to be decided, that are linked, or that were set apart."""
    place = actor().here.id
    status = request.args.get("status", "suspected")
    status = status if status in pages.STATUSES else "suspected"
    number = world_pages.number(request.args.get("page", ""))
    rows = queries.duplicates(place, pages.SHOWN + 1, number * pages.SHOWN, status=status,
                              surest=True)  # fmt: skip
    shown = [pages.line(row) for row in rows[: pages.SHOWN]]
    audit.record("entity.list", "entity", phi=True, metadata={"shown": len(shown)})
    return render(
        "resolution/index.html", pairs=shown, view=status, statuses=pages.STATUSES,
        number=number, more=len(rows) > pages.SHOWN, metrics=queries.metrics(place),
    )  # fmt: skip


@feature.page("/world/duplicates/again", permission="World.rescan", methods=["POST"])
def again() -> Response:
    """Look at everybody again, in the background."""
    jobs.again(actor().here.id)
    audit.record("world.rescan", "world")
    flash("Everybody is looked at again in the background. What was decided here stays.", "ok")
    return redirect_to("resolution.index")


@feature.page(PAIR, permission="World.view")
def show(ident: uuid.UUID, other: uuid.UUID) -> Response:
    """Two records side by side."""
    place = actor().here.id
    both = pair(ident, other)
    row = queries.one(place, both)
    if row is None:
        raise NotFound
    first, second = (world.one(place, record) for record in both)
    audit.record("entity.read", "entity", ident, resource_name=first[1], phi=True,
                 metadata={"other": str(other)})  # fmt: skip
    return render(
        "resolution/pair.html", pair=pages.line(row), view=row[6],
        fields=pages.compare(first, second), first=first, second=second,
    )  # fmt: skip


@feature.page(PAIR, permission="World.update", methods=["POST"])
def decide(ident: uuid.UUID, other: uuid.UUID) -> Response:
    """Keep whether they are the same person; without an answer, take it back."""
    said = request.form.get("decision", "")
    if said not in SAID:
        flash("Choose “Same person” or “Not the same”.", "error")
        return redirect_to("resolution.show", ident=ident, other=other)
    after = actions.decide(actor(), ident, other, said or None)
    flash(SAID[said], "ok")
    if after is None:
        return redirect_to("resolution.index")
    return redirect_to("resolution.show", ident=ident, other=other)


@feature.page("/world/<uuid:ident>/together", permission="World.view")
def together(ident: uuid.UUID) -> Response:
    """An entity with all that is linked to it, read as one."""
    row, linked, records = actions.read_together(actor(), ident)
    one, _many, shape = world_pages.words(row[1])
    rows = [row, *(other.row for other in linked)]
    return render(
        "resolution/together.html", joint=pages.joint(row[1], records, rows, zone_of(actor().here.id)), ident=ident,
        name=world_pages.named(row[1], row[4]), title=one, shape=shape,
    )  # fmt: skip
