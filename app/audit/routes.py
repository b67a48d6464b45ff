"""The audit log over HTTP: page, JSON and export, all with one filter. Looking is audited too."""

import json
from collections.abc import Hashable
from typing import Any

from flask import Response, request, stream_with_context, url_for

from app.core import audit, database
from app.core.api import read_query
from app.core.drawn import Part, Values, drawn, drawn_each
from app.core.errors import Invalid, NotFound
from app.core.feature import Feature, Nav
from app.core.identity import Actor, actor
from app.core.pages import render

from . import exports, queries
from .schema import AuditFilter, AuditPage, AuditQuery, AuditSummary

feature = Feature(
    "audit",
    __name__,
    nav=[Nav("Audit log", "scroll-text", "audit.index", 64, "Audit.view", "Workspace")],
)
PAGE_SIZE = 50
OUTCOMES = {
    "ok": ("Done", "ok", "circle-check"),
    "denied": ("Refused", "warn", "ban"),
    "failed": ("Failed", "danger", "octagon-alert"),
}
LABELS = {
    "actor": "Who",
    "action": "Action",
    "service": "Area",
    "resource_type": "Kind of resource",
    "resource_id": "Resource",
    "outcome": "Outcome",
    "phi_only": "Patient data",
    "date_from": "From",
    "date_to": "To",
}
TYPES = {"ndjson": "application/x-ndjson", "csv": "text/csv"}


@feature.page("/audit", permission="Audit.view")
def index() -> Response:
    """Events, newest first."""
    who = actor()
    try:
        query = read_query(AuditQuery)
    except Invalid as refused:
        return _page(who, AuditQuery(), queries.Lines([], None), 422, refused.messages)
    assert isinstance(query, AuditQuery)
    _looked(query)
    found = queries.lines(who, query, query.continuation_token or None, PAGE_SIZE)
    return _page(who, query, found, 200, {})


def _page(
    who: Actor, query: AuditQuery, found: queries.Lines, status: int, problems: dict[str, str]
) -> Response:
    given = query.given()
    older = _address({**given, "continuation_token": str(found.token)}) if found.token else ""
    newest = _address(given) if query.continuation_token else ""
    values: dict[str, Any] = {
        "given": given,
        "problems": problems,
        "filter": _filter(who, given, problems),
        "labels": LABELS,
        "drawn": Part(b"".join(drawn_each("audit/event.html", map(_shown, found.rows)))),
        "older": older,
        "newest": newest,
        "without": {
            name: _address({k: v for k, v in given.items() if k != name}) for name in given
        },
    }
    return render("audit/index.html", status, **values)


def _filter(who: Actor, given: dict[str, Any], problems: dict[str, str]) -> Part:
    """The form above the list, with what was typed."""
    entered = request.args.to_dict() if problems else given
    offered = queries.choices(who)
    shown = {
        "entered": entered, "given": given, "problems": problems, "choices": offered,
        "known": {value for value, _ in offered.people + offered.keys}, "outcomes": OUTCOMES,
    }  # fmt: skip
    typed = tuple(tuple(some.items()) for some in (entered, given, problems))
    return drawn("audit/filter.html", (offered, typed), lambda: shown, keep=not problems)


def _shown(row: database.Row) -> tuple[Hashable, Values]:
    return queries.told(row), lambda: {"event": queries.event(row), "outcomes": OUTCOMES}


def _address(given: dict[str, Any]) -> str:
    return url_for("audit.index", **given)


@feature.app_template_filter("shown")
def shown(value: Any) -> str:
    """A stored value as text: a dash for nothing, words for yes and no, JSON for structures."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _looked(query: AuditQuery) -> None:
    """One event for each look, not for each page of it."""
    if not query.offset and not query.continuation_token:
        audit.record("audit.list", "audit", metadata=query.given() or None)
        # The look itself stands in the list that is shown.
        database.before_committing()


@feature.page("/audit/export.<kind>", permission="Audit.view")
def export(kind: str) -> Response:
    """Exactly what the filter lets through, as NDJSON or CSV."""
    if kind not in TYPES:
        raise NotFound
    who = actor()
    wanted = read_query(AuditFilter)
    assert isinstance(wanted, AuditFilter)
    before = queries.head(who) + 1
    count = queries.count_below(who, wanted, before)
    audit.record(
        "audit.export", "audit", metadata={**wanted.given(), "format": kind, "rows": count}
    )
    head = exports.heading(who.here.slug, wanted, count)
    write = exports.ndjson if kind == "ndjson" else exports.as_csv
    lines = stream_with_context(write(head, queries.batches(who, wanted, before)))
    name = f"audit-{who.here.slug}-{head['exported_at'][:10]}.{kind}"
    return Response(
        lines,
        mimetype=TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@feature.api(
    "GET", "/audit", permission="Audit.view", query=AuditQuery, response=AuditPage,
    summary="List audit events",
    description="Newest first. Page with `next_offset` or, steadier, `continuation_token`.",
)  # fmt: skip
def list_events(query: AuditQuery) -> AuditPage:
    """One page of events."""
    _looked(query)
    return queries.page(actor(), query)


@feature.api(
    "GET", "/audit/summary", permission="Audit.view", query=AuditFilter, response=AuditSummary,
    summary="Figures of the audit log",
)  # fmt: skip
def summarise(query: AuditFilter) -> AuditSummary:
    """Events, actors, areas and reads of patient data."""
    return queries.summary(actor(), query)
