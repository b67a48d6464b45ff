"""Saved views over HTTP: their pages and their JSON."""

import uuid
from typing import Any
from urllib.parse import parse_qsl

from flask import Response, flash, request
from pydantic import ValidationError

from app.calls import chips, filters
from app.calls import queries as calls
from app.core.errors import Conflict, Invalid
from app.core.feature import Feature
from app.core.identity import actor
from app.core.pages import redirect_to, render
from app.core.schema import form_for, plain
from app.reviews import queries as reviews

from . import actions, queries
from .queries import View
from .schema import ViewIn, ViewName, ViewOut, ViewPatch, ViewsOut

feature = Feature("saved_views", __name__)
NAME_ONLY = frozenset({"name"})


def _words(*asked: str) -> list[list[str]]:
    """What each filter says."""
    place = actor().here.id
    people = {str(person.id): person.name for person in reviews.offers(place).people}
    names = chips.Names(dict(calls.lines(place).services), people)
    wanted = [filters.parse(dict(parse_qsl(query))).filter for query in asked]
    return [[words for _, words in chips.of(each, names)] for each in wanted]


@feature.page("/calls/views", permission="SavedView.view")
def index() -> Response:
    """One's own views and those of the workspace."""
    me, found = actor(), queries.of(actor())
    told = zip(found, _words(*(view.query for view in found)), strict=True)
    rows = [(view, words, view.changeable_by(me)) for view, words in told]
    return render("saved_views/index.html", rows=rows)


def _asked(query: str) -> tuple[str, str | None]:
    """The filter in its shortest form, or why there is none to save."""
    try:
        return ViewIn(name="-", query=query).query, None
    except ValidationError as error:
        return "", str(plain(error.errors(include_url=False))[0]["msg"])


@feature.page("/calls/views/new", permission="SavedView.create")
def new() -> Response:
    """The form that names the filter of the address."""
    form = form_for(ViewName)(formdata=None)
    return _new(form, request.query_string.decode("ascii", "ignore"))


def _new(form: Any, typed: str) -> Response:
    query, why = _asked(typed)
    if why:
        form.fail("", why)
    (words,) = _words(query)
    return render("saved_views/new.html", form.status, form=form, query=query, words=words)


@feature.page("/calls/views", permission="SavedView.create", methods=["POST"])
def save() -> Response:
    """Save the filter under the name."""
    form, typed = form_for(ViewName)(), request.form.get("query", "")
    entered = form.read()
    query, why = _asked(typed)
    if entered is None or why:
        return _new(form, typed)
    try:
        actions.save(actor(), ViewIn(name=entered.name, shared=entered.shared, query=query))
    except (Conflict, Invalid) as refused:
        form.fail("name", refused.sentence if isinstance(refused, Conflict) else
                  refused.messages["name"])  # fmt: skip
        return _new(form, typed)
    flash(f"The view “{entered.name}” is saved.", "ok")
    return redirect_to("calls.index", **dict(parse_qsl(query)))


def _edit(view: View, form: Any) -> Response:
    (words,) = _words(view.query)
    return render("saved_views/edit.html", form.status, view=view, form=form, words=words)


@feature.page("/calls/views/<uuid:ident>", permission="SavedView.update")
def edit(ident: uuid.UUID) -> Response:
    """The form for another name, and the way to delete the view."""
    view = actions.mine(actor(), ident)
    return _edit(view, form_for(ViewName, NAME_ONLY)(formdata=None, data={"name": view.name}))


@feature.page("/calls/views/<uuid:ident>", permission="SavedView.update", methods=["POST"])
def rename(ident: uuid.UUID) -> Response:
    """Give a view another name."""
    view = actions.mine(actor(), ident)
    form = form_for(ViewName, NAME_ONLY)()
    entered = form.read()
    if entered is None:
        return _edit(view, form)
    try:
        actions.change(actor(), ident, ViewPatch(name=entered.name))
    except Conflict as refused:
        form.fail("name", refused.sentence)
        return _edit(view, form)
    flash(f"The view is called “{entered.name}” now.", "ok")
    return redirect_to("saved_views.index")


@feature.page("/calls/views/<uuid:ident>/delete", permission="SavedView.delete", methods=["POST"])
def delete(ident: uuid.UUID) -> Response:
    """Delete a view."""
    gone = actions.delete(actor(), ident)
    flash(f"The view “{gone.name}” is deleted.", "ok")
    return redirect_to("saved_views.index")


def _out(view: View) -> ViewOut:
    return ViewOut(
        id=view.id, name=view.name, query=view.query, shared=view.shared,
        created_by=view.created_by, created_at=view.created_at,
        mine=view.changeable_by(actor()),
    )  # fmt: skip


@feature.api("GET", "/saved-views", permission="SavedView.view", response=ViewsOut,
             summary="Saved views of the call list: one's own, then the shared ones")  # fmt: skip
def api_list() -> ViewsOut:
    """All that one sees."""
    return ViewsOut(items=[_out(view) for view in queries.of(actor())])


@feature.api("POST", "/saved-views", permission="SavedView.create", body=ViewIn,
             response=ViewOut, status=201, summary="Save a filter of the call list",
             also={409: "There is a view of this name already."})  # fmt: skip
def api_save(body: ViewIn) -> ViewOut:
    """Save a view."""
    return _out(actions.save(actor(), body))


@feature.api("GET", "/saved-views/<uuid:ident>", permission="SavedView.view",
             response=ViewOut, summary="One saved view")  # fmt: skip
def api_get(ident: uuid.UUID) -> ViewOut:
    """One view."""
    return _out(queries.one(actor(), ident))


@feature.api("PATCH", "/saved-views/<uuid:ident>", permission="SavedView.update",
             body=ViewPatch, response=ViewOut, summary="Rename a view or change its filter",
             also={409: "There is a view of this name already."})  # fmt: skip
def api_change(ident: uuid.UUID, body: ViewPatch) -> ViewOut:
    """Change a view."""
    return _out(actions.change(actor(), ident, body))


@feature.api("DELETE", "/saved-views/<uuid:ident>", permission="SavedView.delete", status=204,
             summary="Delete a saved view")  # fmt: skip
def api_delete(ident: uuid.UUID) -> None:
    """Delete a view."""
    actions.delete(actor(), ident)
