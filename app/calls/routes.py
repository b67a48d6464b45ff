"""Calls over HTTP: list, record, and the JSON that voice runtimes use."""

from flask import Response, redirect, request

from app.audit import looks as audit_looks
from app.core import audit, uploads
from app.core.addresses import url_for
from app.core.errors import NotFound
from app.core.feature import MIB, Feature, Nav
from app.core.identity import actor
from app.core.pages import framed, is_fragment, redirect_to, render
from app.recordings import actions as recordings
from app.reviews import panel as working

from . import actions, edges, filters, imports, listed, masking, page, queries, shown, zones
from .detail import CallDetail, detail
from .filters import CallQuery
from .schema import (
    RUNNING,
    CallIn,
    CallOut,
    CallPage,
    CallPatch,
    Imported,
)  # fmt: skip
from .spoken import MOST_TURNS, TurnsIn
from .stored import Call

MENU = Nav("Calls", "phone-call", "calls.index", 12, "Call.view")
feature = Feature("calls", __name__, nav=[MENU])


def _edge(sort: str) -> edges.Edge | None:
    """`?before=` or `?after=`: the sort's value and the number of the call at the page's edge."""
    for name in ("before", "after"):
        edge = edges.read(request.args.get(name, ""), sort, name == "after")
        if edge is not None:
            return edge
    return None


def _asked() -> filters.Asked:
    """The filter of the URL."""
    return filters.parse(request.args, actor().account_id)


def _number(name: str) -> int:
    """A number of turns in the URL; 0 for what is none."""
    given = request.args.get(name, "")
    return min(int(given[:9]), MOST_TURNS) if given.isascii() and given.isdigit() else 0


@feature.page("/calls", permission="Call.view")
def index() -> Response:
    """The calls that fit, newest first; with words, each with the sentence that fits best."""
    me, asked = actor(), _asked()
    if not asked.wrong and not is_fragment() and "" in request.args.values():
        return redirect(asked.filter.url(url_for("calls.index")))  # type: ignore[return-value]
    view = listed.of(me, asked, _edge(asked.filter.order), url_for("calls.index"))
    audit.record("call.list", "call", phi=True, metadata=view.told())
    status = 422 if view.wrong else 200
    if not is_fragment():
        return framed("Calls", view.above, view.bar(), view.whole, status=status)
    headers = {"HX-Push-Url": asked.filter.url(url_for("calls.index"))}
    if view.wrong or "mending" in request.args:
        headers |= {"HX-Retarget": "#calls", "HX-Reswap": "outerHTML"}
        return Response(view.whole, status, headers)
    return Response(view.found + view.bar(True), status, headers)


@feature.page("/calls/<ident>", permission="Call.view")
def show(ident: str) -> Response:
    """One call with its transcript; `turn` names a turn that a very long one should show."""
    me = actor()
    place, row = me.here.id, queries.find(me.here.id, ident)
    stored = shown.read(place, row, zones.zone_of(place), _asked().filter, _number("turn") or 1)
    call, zone = stored.call, stored.zone
    looks = audit_looks.looks(place, "call", call.id, tuple(page.LOOKED), page.SHOWN_LOOKS + 1)
    query = request.query_string.decode("ascii", "ignore")
    panel = working.shown(working.opened(me, call.id, zone), query)
    body = shown.body(stored, panel, shown.looked(call.id, looks, zone))
    found = framed(page.name(call), body)
    audit.record("call.read", "call", call.id, resource_name=call.call_sid, phi=True)
    return found


@feature.page("/calls/<ident>/turns", permission="Call.view")
def turns(ident: str) -> Response:
    """What was said since the turn `since` on a running call; a fragment that asks again."""
    me = actor()
    call = Call._make(queries.find(me.here.id, ident))
    known = _number("since")
    if not is_fragment():
        return redirect_to("calls.show", ident=call.id)
    if call.status not in RUNNING:
        return Response(status=204, headers={"HX-Refresh": "true"})
    if call.turn_count <= known:
        return Response(status=204)
    if not audit_looks.lately(me, "call", call.id, "call.read"):
        audit.record("call.read", "call", call.id, resource_name=call.call_sid, phi=True)
    rows = queries.turns(me.here.id, call.id)
    return render("calls/grown.html", call=call, count=len(rows),
                  items=page.grown(me.here.id, call, rows, zones.zone_of(me.here.id), known))  # fmt: skip


@feature.page("/calls/<ident>/caller", permission="Call.reveal", methods=["POST"])
def reveal(ident: str) -> Response:
    """The caller's whole number; every look at it is noted."""
    call = Call._make(queries.find(actor().here.id, ident))
    if call.caller_id is None:
        raise NotFound
    audit.record("call.reveal", "call", call.id, resource_name=call.call_sid, phi=True)
    template = "calls/revealed.html" if is_fragment() else "calls/caller.html"
    return render(template, call=call)


@feature.api("GET", "/calls", permission="Call.view", query=CallQuery, response=CallPage,
             summary="List calls, newest first; filter and search them",
             description="The same filters as the page: days are those of the workspace's time"
             " zone, both inclusive; `caller` is any part of the caller's number; `q` searches"
             " what was said (words, \"exact phrases\", -without, or) and `who` limits it to a"
             " speaker. Pages follow `continuation_token`; `offset` other than 0 is refused,"
             " because it would count through everything before it." + masking.SAYS)  # fmt: skip
def list_calls(query: CallQuery) -> CallPage:
    """List calls, newest first."""
    wanted = query.model_copy(update={"me": actor().account_id})
    found = queries.page(actor().here.id, wanted)
    told = {"shown": len(found.items), "filters": sorted(query.query())}
    audit.record("call.list", "call", phi=True, metadata=told)
    for call in found.items:
        masking.fitting(actor(), call)
    return found


@feature.api("POST", "/calls", permission="Call.create", body=CallIn, response=CallOut,
             status=201, max_body=16 * MIB,
             upload=recordings.UPLOAD, summary="Store a finished or a running call with its turns",
             description="As a form, the JSON is the part `call` and the part `recording` may be"
             " its recording: both are stored or neither.",
             also={200: "The same call is stored already.", **recordings.REFUSALS,
                   409: "The call_sid is stored with other content, or with another recording."},
             )  # fmt: skip
def create_call(body: CallIn) -> tuple[CallOut, int]:
    """Store a call; the same call again answers 200 with the stored one."""
    me, sent = actor(), request.files.get("recording") if uploads.is_form() else None
    if sent is None:
        stored, new = actions.create(me, body)
        return masking.fitting(me, stored), 201 if new else 200
    incoming, sound = recordings.examined(me, sent.stream)
    stored, new = actions.create(me, body)
    _, added = recordings.store(me, stored.id, stored.call_sid, incoming, sound)
    found = queries.whole(me.here.id, str(stored.id))
    return masking.fitting(me, found), 201 if new or added else 200


@feature.api("POST", "/calls/import", permission="Call.create", response=Imported,
             max_body=None, summary="Import calls as NDJSON, one call a line",
             description="Stores the good lines in batches of up to 500 calls and says which lines"
             " were refused and why. Repeating an import is safe.",
             also={507: "The disk is full; the sentence says how many were stored."})  # fmt: skip
def import_calls() -> Imported:
    """Import a stream of calls."""
    return imports.from_stream(actor().here.id, request.stream)


@feature.api("GET", "/calls/<ident>", permission="Call.view", response=CallDetail,
             summary="One call by id or call_sid, with its turns and all that is known of it",
             description="What a runtime did not send and no configuration tells is null, never"
             " invented." + masking.SAYS)  # fmt: skip
def get_call(ident: str) -> CallDetail:
    """One call in full."""
    found = detail(actor().here.id, ident)
    audit.record("call.read", "call", found.id, resource_name=found.call_sid, phi=True)
    return masking.fitting(actor(), found)


@feature.api("PATCH", "/calls/<ident>", permission="Call.update", body=CallPatch,
             response=CallOut, summary="End a call or note how it goes",
             also={409: "The call has ended."})  # fmt: skip
def patch_call(ident: str, body: CallPatch) -> CallOut:
    """Change a call."""
    return masking.fitting(actor(), actions.change(actor(), ident, body))


@feature.api("POST", "/calls/<ident>/turns", permission="Call.update", body=TurnsIn,
             response=CallOut, status=201, max_body=16 * MIB,
             summary="Add turns to a running call",
             also={409: "The call has ended, or other turns are stored there."})  # fmt: skip
def add_turns(ident: str, body: TurnsIn) -> CallOut:
    """Add turns."""
    return masking.fitting(actor(), actions.append(actor(), ident, body))
