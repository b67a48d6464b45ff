"""The way to an event: to the page of its entity's timeline on which it stands."""

import uuid

from flask import Response, request

from app.calls.zones import zone_of
from app.core.errors import NotFound
from app.core.feature import Feature
from app.core.identity import actor
from app.core.pages import redirect_to

from . import pages, queries
from .entity_page import EVENTS

feature = Feature("world_events", __name__)


@feature.page("/world/<uuid:ident>/events/<uuid:event>", permission="World.view")
def show(ident: uuid.UUID, event: uuid.UUID) -> Response:
    """Lead to the event, among those that were known at a moment where one is given."""
    place, given = actor().here.id, request.args.get("at", "")
    at, _wrong = pages.moment(given, zone_of(place)) if given else (None, "")
    before = queries.newer(place, ident, event, at)
    if before is None:
        raise NotFound.of("event")
    return redirect_to("world.show", ident=ident, page=before // EVENTS or None,
                       at=given if at else None, _anchor=f"e-{event}")  # fmt: skip
