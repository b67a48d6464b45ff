"""Calls that are going on, over HTTP: a page that keeps itself new, and its JSON twin."""

import time
from collections.abc import Sequence
from typing import Any

from flask import Response, request

from app.audit import looks
from app.calls import masking, zones
from app.core import audit
from app.core.api import answer
from app.core.database import Row
from app.core.feature import Feature
from app.core.identity import Actor, actor
from app.core.pages import is_fragment, render

from . import queries, views
from .schema import LiveOut, LivePage, LiveQuery, Words

feature = Feature("live", __name__)


FRESH_SECONDS = 300
"""So long a page may wait without a change before it is told anew: times pass on it as well."""


@feature.page("/calls/live", permission="Call.view")
def index() -> Response:
    """The calls that are going on; asked again every few seconds, 204 when nothing changed."""
    me = actor()
    seen = f"{queries.version(me.here.id)}-{int(time.time()) // FRESH_SECONDS}"
    if is_fragment() and request.args.get("seen") == seen:
        return Response(status=204)
    rows, more = queries.running(me.here.id)
    _note(me, rows)
    zone = zones.zone_of(me.here.id)
    going_on, forgotten = views.calls(rows, zone)
    values: dict[str, Any] = {
        "calls": going_on, "forgotten": forgotten, "more": more, "shown": queries.SHOWN,
        "seen": seen, "paused": request.args.get("paused") == "1", "zone": zone,
    }  # fmt: skip
    return render("live/list.html" if is_fragment() else "live/index.html", **values)


def _note(me: Actor, rows: Sequence[Row]) -> None:
    """Audit each call once an hour for whoever watches: a page that waits renews itself often."""
    if not rows:
        return
    noted = looks.lately_of(me, "call", [row[0] for row in rows], "call.live")
    for row in rows:
        if str(row[0]) not in noted:
            audit.record("call.live", "call", row[0], resource_name=row[2], phi=True)


@feature.api("GET", "/calls/live", permission="Call.view", query=LiveQuery, response=LivePage,
             summary="Calls that are going on, newest first",
             description="With `seen`, the version of the answer before, an unchanged state is"
             " 204 without a body." + masking.SAYS, also={204: "Nothing changed."})  # fmt: skip
def list_live(query: LiveQuery) -> LivePage | Response:
    """The calls that are going on."""
    me = actor()
    version = queries.version(me.here.id)
    if query.seen == version:
        return answer(None, 204)
    rows, more = queries.running(me.here.id)
    _note(me, rows)
    return LivePage(version=version, items=[_out(row) for row in rows], has_more=more)


def _out(row: Row) -> LiveOut:
    ident, _number, sid, started_at, updated_at, status, direction, source, channel = row[:9]
    caller, line, service_id, service, escalation, turns, state, said = row[9:]
    return LiveOut(
        id=ident, call_sid=sid, status=status, direction=direction, source=source,
        channel_kind=channel, started_at=started_at, updated_at=updated_at,
        caller_id=masking.number(actor(), caller),
        phone_number=line, service_id=service_id, service_name=service,
        escalation_status=escalation, turn_count=turns, state=state,
        last_turns=[Words(turn_index=n, speaker_role=r, text=t) for n, r, t in said],
    )  # fmt: skip
