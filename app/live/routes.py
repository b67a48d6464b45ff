"""Calls that are going on, over HTTP: a page that keeps itself new, and its JSON twin."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request

from app.calls import zones
from app.core import audit
from app.core.api import answer
from app.core.database import Row
from app.core.feature import Feature
from app.core.identity import actor
from app.core.pages import is_fragment, render

from . import queries, views
from .schema import LiveOut, LivePage, LiveQuery, Words
from .seen import Seen, opened

feature = Feature("live", __name__)


@feature.page("/calls/live", permission="Call.view")
def index() -> Response:
    """The calls that are going on; asked again every few seconds, 204 when nothing changed."""
    me = actor()
    who = str(me.account_id)
    before = opened(request.args.get("seen", ""), who) if is_fragment() else None
    state = Seen.now(queries.version(me.here.id), before.noted if before else 0)
    if before is not None and before.same_as(state):
        return Response(status=204)
    rows, more = queries.running(me.here.id)
    noted = _note(rows, state.noted, more)
    zone = zones.zone_of(me.here.id)
    going_on, forgotten = views.calls(rows, zone)
    values: dict[str, Any] = {
        "calls": going_on, "forgotten": forgotten, "more": more, "shown": queries.SHOWN,
        "seen": Seen(state.version, state.span, noted).sealed(who),
        "paused": request.args.get("paused") == "1", "zone": zone,
    }  # fmt: skip
    return render("live/list.html" if is_fragment() else "live/index.html", **values)


def _note(rows: Sequence[Row], noted: int, more: bool) -> int:
    """Audit the calls whose reading is not noted yet; the highest number noted now.

    A call begins with a higher number than those before it. Only where some were not shown can
    an older one turn up later: then everything shown is noted each time.
    """
    new = [row for row in rows if more or row[1] > noted]
    if new:
        read = {"shown": len(rows), "calls": [str(row[0]) for row in new]}
        audit.record("call.live", "call", phi=True, metadata=read)
    return max(noted, *(int(row[1]) for row in new), 0)


@feature.api("GET", "/calls/live", permission="Call.view", query=LiveQuery, response=LivePage,
             summary="Calls that are going on, newest first",
             description="With `seen`, the version of the answer before, an unchanged state is"
             " 204 without a body.", also={204: "Nothing changed."})  # fmt: skip
def list_live(query: LiveQuery) -> LivePage | Response:
    """The calls that are going on."""
    place = actor().here.id
    version = queries.version(place)
    if query.seen == version:
        return answer(None, 204)
    rows, more = queries.running(place)
    if rows:
        read = {"shown": len(rows), "calls": [str(row[0]) for row in rows]}
        audit.record("call.live", "call", phi=True, metadata=read)
    return LivePage(version=version, items=[_out(row) for row in rows], has_more=more)


def _out(row: Row) -> LiveOut:
    ident, _number, sid, started_at, updated_at, status, direction, source, channel = row[:9]
    caller, line, service_id, service, escalation, turns, state, said = row[9:]
    return LiveOut(
        id=ident, call_sid=sid, status=status, direction=direction, source=source,
        channel_kind=channel, started_at=started_at, updated_at=updated_at, caller_id=caller,
        phone_number=line, service_id=service_id, service_name=service,
        escalation_status=escalation, turn_count=turns, state=state,
        last_turns=[Words(turn_index=n, speaker_role=r, text=t) for n, r, t in said],
    )  # fmt: skip
