"""Calls over HTTP: list, record, and the JSON that voice runtimes use."""

from typing import Any

from flask import Response, request, url_for

from app.core import audit
from app.core.feature import MIB, Feature, Nav
from app.core.identity import actor
from app.core.pages import is_fragment, part, render
from app.reviews import panel as working

from . import actions, edges, filters, imports, page, queries, views, zones
from .filters import CallQuery
from .schema import (
    CallIn,
    CallOut,
    CallPage,
    CallPatch,
    Imported,
)  # fmt: skip
from .spoken import TurnsIn

MENU = Nav("Calls", "phone-call", "calls.index", 12, "Call.view")
feature = Feature("calls", __name__, nav=[MENU])
SHOWN = 50


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


@feature.page("/calls", permission="Call.view")
def index() -> Response:
    """The calls, newest first."""
    place = actor().here
    asked = _asked()
    edge = _edge(asked.filter.sort)
    found = queries.short_page(place.id, asked.filter, edge, SHOWN)
    listing = views.listing(found, edge, SHOWN, url_for("calls.index"), asked.filter)
    filtered = {"shown": listing.count, "filters": sorted(asked.filter.query())}
    audit.record("call.list", "call", phi=True, metadata=filtered)
    status = 422 if asked.wrong else 200
    values: dict[str, Any] = {"listing": listing, "given": asked.given, "wrong": asked.wrong}
    if is_fragment():
        return render("calls/results.html", status, **values)
    values |= {
        "filter": part(
            "parts/call_filter.html",
            action=url_for("calls.index"),
            given=tuple(asked.given.items()),
            wrong=tuple(asked.wrong.items()),
            services=queries.services(place.id),
            numbers=queries.numbers(place.id),
        ),
        "chips": views.chips(asked.filter, url_for("calls.index")),
    }
    return render("calls/index.html", status, **values)


@feature.page("/calls/<ident>", permission="Call.view")
def show(ident: str) -> Response:
    """One call with its transcript."""
    place = actor().here
    row = queries.find(place.id, ident)
    turns = queries.turns(place.id, row[0])
    newer, older = queries.neighbours(place.id, _asked().filter, row)
    audit.record("call.read", "call", row[0], resource_name=row[1], phi=True)
    return render(
        "calls/show.html", call=page.call(row, turns), newer=newer, older=older,
        panel=working.opened(actor(), row[0], zones.zone_of(place.id)),
    )  # fmt: skip


@feature.api("GET", "/calls", permission="Call.view", query=CallQuery, response=CallPage,
             summary="List calls, newest first",
             description="Pages follow `continuation_token`; `offset` other than 0 is refused,"
             " because it would count through everything before it.")  # fmt: skip
def list_calls(query: CallQuery) -> CallPage:
    """List calls, newest first."""
    wanted = query.model_copy(update={"me": actor().account_id})
    found = queries.page(actor().here.id, wanted)
    audit.record("call.list", "call", phi=True, metadata={"shown": len(found.items)})
    return found


@feature.api("POST", "/calls", permission="Call.create", body=CallIn, response=CallOut,
             status=201, max_body=16 * MIB,
             summary="Store a finished or a running call with its turns",
             also={200: "The same call is stored already.",
                   409: "The call_sid is stored with other content."})  # fmt: skip
def create_call(body: CallIn) -> tuple[CallOut, int]:
    """Store a call; the same call again answers 200 with the stored one."""
    stored, new = actions.create(actor(), body)
    return stored, 201 if new else 200


@feature.api("POST", "/calls/import", permission="Call.create", response=Imported,
             max_body=None, summary="Import calls as NDJSON, one call a line",
             description="Stores the good lines in batches of up to 500 calls and says which lines"
             " were refused and why. Repeating an import is safe.")  # fmt: skip
def import_calls() -> Imported:
    """Import a stream of calls."""
    return imports.from_stream(actor().here.id, request.stream)


@feature.api("GET", "/calls/<ident>", permission="Call.view", response=CallOut,
             summary="One call by id or call_sid, with its turns")  # fmt: skip
def get_call(ident: str) -> CallOut:
    """One call in full."""
    found = queries.whole(actor().here.id, ident)
    audit.record("call.read", "call", found.id, resource_name=found.call_sid, phi=True)
    return found


@feature.api("PATCH", "/calls/<ident>", permission="Call.update", body=CallPatch,
             response=CallOut, summary="End a call or note how it goes",
             also={409: "The call has ended."})  # fmt: skip
def patch_call(ident: str, body: CallPatch) -> CallOut:
    """Change a call."""
    return actions.change(actor(), ident, body)


@feature.api("POST", "/calls/<ident>/turns", permission="Call.update", body=TurnsIn,
             response=CallOut, status=201, max_body=16 * MIB,
             summary="Add turns to a running call",
             also={409: "The call has ended, or other turns are stored there."})  # fmt: skip
def add_turns(ident: str, body: TurnsIn) -> CallOut:
    """Add turns."""
    return actions.append(actor(), ident, body)
