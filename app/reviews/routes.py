"""Working on calls over HTTP: the panel of the call page, my calls, and their JSON."""

import uuid
from typing import Any

from flask import Response, current_app, flash, make_response, redirect, request, url_for
from pydantic import ValidationError

from app.calls import zones
from app.calls.words import DIRECTIONS, outcome
from app.core import audit
from app.core.errors import Conflict, Invalid, NotFound
from app.core.feature import Feature
from app.core.identity import actor
from app.core.pages import is_fragment, render
from app.core.schema import plain

from . import actions, amending, mine, notes, panel, queries
from .queries import Work, myself
from .schema import AssigneeIn, NoteIn, NoteOut, NotesOut, NoteText, ReviewOut, TagsIn

feature = Feature("reviews", __name__)
CALL = "/calls/<ident>"
MOST_TICKED = 100


def link(call_id: uuid.UUID) -> str:
    """The address of a call's page, for mails."""
    base = (current_app.config["WARD"].public_url or request.host_url).rstrip("/")
    return base + url_for("calls.show", ident=call_id)


def _shown(work: Work, status: int = 200, **more: Any) -> Response:
    values = panel.of(actor(), work, zones.zone_of(actor().here.id), **more)
    shown = panel.shown(values, _asked())
    if is_fragment():
        return make_response(shown, status)
    return render("reviews/page.html", status, work=work, panel=shown)


def _asked() -> str:
    """The filter that came along."""
    return request.query_string.decode("ascii", "ignore")


def _done(work: Work, focus: str) -> Response:
    """The panel anew, or for a browser without script the page of the call."""
    if is_fragment():
        return _shown(work, focus=focus)
    return _go(url_for("calls.show", ident=work.call_id), "#work")


def _go(page: str, part: str = "") -> Response:
    """To a page, with the filter that came along."""
    asked = _asked()
    return redirect(f"{page}?{asked}{part}" if asked else f"{page}{part}", 303)  # type: ignore[return-value]


def _refused(ident: str, error: ValidationError | Invalid, field: str, typed: Any) -> Response:
    problems = (
        error.errors if isinstance(error, Invalid) else plain(error.errors(include_url=False))
    )
    return _shown(
        queries.of_call(actor(), ident), 422, focus=field, problems={field: problems[0]["msg"]},
        typed=typed,
    )  # fmt: skip


@feature.page(f"{CALL}/review", methods=["POST"], permission="Call.review")
def review(ident: str) -> Response:
    """Mark as reviewed."""
    return _done(actions.review(actor(), ident), "review")


@feature.page(f"{CALL}/review/undo", methods=["POST"], permission="Call.review")
def undo_review(ident: str) -> Response:
    """Take the mark off again."""
    return _done(actions.undo_review(actor(), ident), "review")


@feature.page(f"{CALL}/assignee", methods=["POST"], permission="Call.review")
def assign(ident: str) -> Response:
    """Make it somebody's call: `me`, an account, or with nothing nobody's."""
    wanted, seen = request.form.get("account_id", ""), request.form.get("was") or None
    me = actor()
    try:
        account = myself(me) if wanted == "me" else uuid.UUID(wanted) if wanted else None
        before = uuid.UUID(seen) if seen and seen != "nobody" else seen
    except ValueError:
        raise NotFound from None
    try:
        return _done(actions.assign(me, ident, account, before, link), "assign")  # type: ignore[arg-type]
    except Conflict as error:
        work = queries.of_call(me, ident)
        return _shown(work, 409, focus="assign", problems={"assign": error.sentence})


@feature.page(f"{CALL}/tags", methods=["POST"], permission="Call.review")
def add_tags(ident: str) -> Response:
    """Put on the tags that were typed; commas separate them."""
    typed = request.form.get("tag", "")
    try:
        wanted = TagsIn(tags=[part for part in typed.split(",") if part.strip()] or [""])
        return _done(actions.tag(actor(), ident, wanted.tags), "tag")
    except (ValidationError, Invalid) as error:
        return _refused(ident, error, "tag", {"tag": typed})


@feature.page(f"{CALL}/tags/remove", methods=["POST"], permission="Call.review")
def remove_tag(ident: str) -> Response:
    """Take a tag off."""
    return _done(actions.tag(actor(), ident, (), [request.form.get("tag", "")]), "tag")


@feature.page(f"{CALL}/notes", methods=["POST"], permission="Call.review")
def add_note(ident: str) -> Response:
    """Add a note and tell those it mentions."""
    text = request.form.get("text", "").replace("\r\n", "\n")
    told = request.form.getlist("tell")
    try:
        entered = NoteIn.model_validate({"text": text, "mentions": told})
        return _done(notes.note(actor(), ident, entered, link)[0], "note")
    except (ValidationError, Invalid) as error:
        return _refused(ident, error, "note", {"text": text, "tell": told})


@feature.page(f"{CALL}/notes/<uuid:note>", methods=["POST"], permission="Call.review")
def change_note(ident: str, note: uuid.UUID) -> Response:
    """Change the text of a note of one's own."""
    text, part = request.form.get("text", "").replace("\r\n", "\n"), f"note-{note}"
    try:
        entered = NoteText(text=text)
        was = request.form.get("was", "")
        return _done(amending.change(actor(), ident, note, entered, was, link), part)
    except (ValidationError, Invalid) as error:
        return _refused(ident, error, part, {part: text})
    except Conflict as error:
        work = queries.of_call(actor(), ident)
        return _shown(work, 409, focus=part, problems={part: error.sentence}, typed={part: text})


@feature.page(f"{CALL}/notes/<uuid:note>/remove", methods=["POST"], permission="Call.review")
def remove_note(ident: str, note: uuid.UUID) -> Response:
    """Remove a note."""
    return _done(amending.remove(actor(), ident, note), "note")


@feature.page("/calls/ticked", methods=["POST"], permission="Call.review")
def review_ticked() -> Response:
    """Mark the calls that were ticked in the list, or take their mark off."""
    try:
        wanted = [uuid.UUID(ident) for ident in request.form.getlist("call")[:MOST_TICKED]]
    except ValueError:
        raise NotFound from None
    undo = request.form.get("do") == "undo"
    count = actions.review_all(actor(), wanted, undo)
    calls = "1 call is" if count == 1 else f"{count} calls are"
    if count:
        flash(f"{calls} {'no longer marked' if undo else 'marked'} as reviewed.", "ok")
    else:
        flash("No call was ticked.", "error")
    return _go(url_for("calls.index"))


@feature.page("/calls/mine", permission="Call.view")
def my_calls() -> Response:
    """What waits for me, and what I did lately."""
    me = actor()
    assert me.account_id is not None
    found = mine.lists(me.here.id, me.account_id)
    audit.record("call.list", "call", phi=True, metadata={"shown": found.count, "view": "mine"})
    return render(
        "reviews/mine.html",
        found=found,
        zone=zones.zone_of(me.here.id),
        outcome=outcome,
        directions=DIRECTIONS,
    )


def _read(ident: str) -> queries.Work:
    work = queries.of_call(actor(), ident)
    audit.record("call.read", "call", work.call_id, resource_name=work.call_sid, phi=True)
    return work


@feature.api("GET", f"{CALL}/review", permission="Call.view", response=ReviewOut,
             summary="Whether a call is reviewed, whose it is, and its tags")  # fmt: skip
def api_get_review(ident: str) -> ReviewOut:
    """How far people are with a call."""
    return panel.review_out(_read(ident))


@feature.api("PUT", f"{CALL}/review", permission="Call.review", response=ReviewOut,
             summary="Mark a call as reviewed",
             description="Whoever marked it first stays the one who did.")  # fmt: skip
def api_review(ident: str) -> ReviewOut:
    """Mark a call as reviewed."""
    return panel.review_out(actions.review(actor(), ident))


@feature.api("DELETE", f"{CALL}/review", permission="Call.review", status=204,
             summary="Take the mark of a reviewed call off again")  # fmt: skip
def api_undo_review(ident: str) -> None:
    """Undo."""
    actions.undo_review(actor(), ident)


@feature.api("PUT", f"{CALL}/assignee", permission="Call.review", body=AssigneeIn,
             response=ReviewOut, summary="Assign a call to an account of the workspace",
             description="It stands under their “My calls”, and they are mailed about it.")  # fmt: skip
def api_assign(ident: str, body: AssigneeIn) -> ReviewOut:
    """Assign a call."""
    return panel.review_out(actions.assign(actor(), ident, body.account_id, link=link))


@feature.api("DELETE", f"{CALL}/assignee", permission="Call.review", status=204,
             summary="Make a call nobody's")  # fmt: skip
def api_unassign(ident: str) -> None:
    """Take the assignment off."""
    actions.assign(actor(), ident, None)


@feature.api("PUT", f"{CALL}/tags", permission="Call.review", body=TagsIn, response=ReviewOut,
             summary="Set all tags of a call",
             description="Tags are kept in one form: lower case, single spaces, no leading #."
             " A call has at most 20 of 1 to 40 characters.")  # fmt: skip
def api_set_tags(ident: str, body: TagsIn) -> ReviewOut:
    """Set all tags."""
    return panel.review_out(actions.set_tags(actor(), ident, body.tags))


@feature.api("GET", f"{CALL}/notes", permission="Call.view", response=NotesOut,
             summary="The notes on a call, oldest first")  # fmt: skip
def api_notes(ident: str) -> NotesOut:
    """The notes on a call."""
    return NotesOut(items=[panel.note_out(note) for note in _read(ident).notes])


@feature.api("POST", f"{CALL}/notes", permission="Call.review", body=NoteIn, response=NoteOut,
             status=201, summary="Add a note to a call",
             description="Accounts in `mentions`, and people named in the text as @First Last (or"
             " @First, where one person is called so), find it under “My calls” and are mailed"
             " that there is a note, never what it says.")  # fmt: skip
def api_note(ident: str, body: NoteIn) -> NoteOut:
    """Add a note."""
    work, stored = notes.note(actor(), ident, body, link)
    return next(panel.note_out(note) for note in work.notes if note.id == stored)


@feature.api("DELETE", f"{CALL}/notes/<uuid:note>", permission="Call.review", status=204,
             summary="Remove a note from a call",
             description="A key is nobody's author: it needs Call.remove_notes (admins, owners).")  # fmt: skip
def api_remove_note(ident: str, note: uuid.UUID) -> None:
    """Remove a note."""
    amending.remove(actor(), ident, note)
