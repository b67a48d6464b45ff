"""Logging a call by hand."""

import uuid
from datetime import datetime

from flask import Response, flash, request

from app.calls import zones
from app.core.errors import Conflict, Invalid
from app.core.feature import Feature
from app.core.form_fields import RefField
from app.core.identity import actor
from app.core.pages import redirect_to, render
from app.core.schema import SchemaForm, form_for
from app.reviews.routes import link

from . import actions, queries
from .schema import HandIn

feature = Feature("by_hand", __name__)
TWICE = (
    "This call is stored already, with other content. Press the button again to store this as"
    " another call."
)


def _page(form: SchemaForm[HandIn], ident: uuid.UUID, status: int) -> Response:
    place = actor().here.id
    for name, members in queries.offers(place).items():
        field = form.field(name)
        assert isinstance(field, RefField)
        field.offer(members)
    return render(
        "by_hand/new.html",
        status,
        form=form,
        ident=ident,
        zone=zones.zone_of(place),
        fragment=False,
    )


@feature.page("/calls/new", permission="Call.create")
def new() -> Response:
    """An empty form, with the present time in it."""
    now = datetime.now(zones.zone_of(actor().here.id))
    form = form_for(HandIn)(formdata=None, data={"started_at": f"{now:%Y-%m-%dT%H:%M}"})
    return _page(form, uuid.uuid4(), 200)


@feature.page("/calls/new", methods=["POST"], permission="Call.create")
def create() -> Response:
    """Store the call; pressing twice stores one."""
    form = form_for(HandIn)()
    try:
        ident = uuid.UUID(request.form.get("ident", ""))
    except ValueError:
        ident = uuid.uuid4()
    entered = form.read()
    if entered is None:
        return _page(form, ident, form.status)
    try:
        stored = actions.log(actor(), entered, ident, link)
    except Invalid as error:
        for name, sentence in error.messages.items():
            form.fail(name, sentence)
        return _page(form, ident, form.status)
    except Conflict:
        form.fail("", TWICE)
        return _page(form, uuid.uuid4(), 409)
    flash("The call is logged.", "ok")
    return redirect_to("calls.show", ident=stored)
