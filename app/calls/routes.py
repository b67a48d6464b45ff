"""Calls over HTTP: list, record, and the JSON that voice runtimes use."""

from datetime import UTC, datetime
from typing import Any

from flask import Response, request, url_for
from pydantic import ValidationError

from app.core import audit
from app.core.feature import MIB, Feature, Nav
from app.core.identity import actor
from app.core.pages import is_fragment, part, render

from . import actions, imports, page, queries, views
from .schema import (
    CallFilter,
    CallIn,
    CallOut,
    CallPage,
    CallPatch,
    CallQuery,
    Imported,
)  # fmt: skip
from .spoken import TurnsIn

MENU = Nav("Calls", "phone-call", "calls.index", 12, "Call.view")
feature = Feature("calls", __name__, nav=[MENU])
SHOWN = 50


def _filter() -> tuple[CallFilter, dict[str, str], dict[str, str]]:
    """The filter of the URL, what was given, and a message for each value that was not valid."""
    given = {n: v for n in CallFilter.model_fields if (v := request.args.get(n, "").strip())}
    wrong: dict[str, str] = {}
    try:
        return CallFilter.model_validate(given), given, wrong
    except ValidationError as error:
        wrong = views.messages(error)
        good = {n: v for n, v in given.items() if n not in wrong}
        return CallFilter.model_validate(good), given, wrong


def _cursor() -> tuple[str, datetime, int] | None:
    """`?before=` or `?after=`: microseconds and number of the call at the page's edge."""
    for name in ("before", "after"):
        micros, _, number = request.args.get(name, "").partition(".")
        if micros.lstrip("-").isdigit() and number.isdigit() and len(micros) < 18:
            if len(number) > 18:
                return None
            return name, datetime.fromtimestamp(int(micros) / 1_000_000, UTC), int(number)
    return None


@feature.page("/calls", permission="Call.view")
def index() -> Response:
    """The calls, newest first."""
    place = actor().here
    wanted, given, wrong = _filter()
    cursor = _cursor()
    found = queries.short_page(place.id, wanted, cursor, SHOWN)
    listing = views.listing(found, cursor, SHOWN, url_for("calls.index"), given)
    audit.record("call.list", "call", phi=True, metadata={"shown": listing.count} | given)
    status = 422 if wrong else 200
    values: dict[str, Any] = {"listing": listing, "given": given, "wrong": wrong}
    if is_fragment():
        return render("calls/results.html", status, **values)
    values |= {
        "filter": part(
            "parts/call_filter.html",
            action=url_for("calls.index"),
            given=tuple(given.items()),
            wrong=tuple(wrong.items()),
            services=queries.services(place.id),
            numbers=queries.numbers(place.id),
        ),
        "chips": views.chips(given, url_for("calls.index")),
    }
    return render("calls/index.html", status, **values)


@feature.page("/calls/<ident>", permission="Call.view")
def show(ident: str) -> Response:
    """One call with its transcript."""
    place = actor().here
    row = queries.find(place.id, ident)
    turns = queries.turns(place.id, row[0])
    newer, older = queries.neighbours(place.id, row[4], row[20])
    audit.record("call.read", "call", row[0], resource_name=row[1], phi=True)
    return render(
        "calls/show.html", call=page.call(row, turns), newer=newer, older=older
    )  # fmt: skip


@feature.api("GET", "/calls", permission="Call.view", query=CallQuery, response=CallPage,
             summary="List calls, newest first",
             description="Pages follow `continuation_token`; `offset` other than 0 is refused,"
             " because it would count through everything before it.")  # fmt: skip
def list_calls(query: CallQuery) -> CallPage:
    """List calls, newest first."""
    found = queries.page(actor().here.id, query)
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
