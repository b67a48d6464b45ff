"""Exports over HTTP: the page that asks what, and the file."""

from flask import Response, request, stream_with_context, url_for

from app.calls import filters
from app.calls.filters import CallFilter
from app.core.feature import Feature
from app.core.identity import actor
from app.core.pages import render
from app.core.schema import form_for

from . import actions, queries
from .schema import Export, ExportIn

feature = Feature("exports", __name__)


def _filter() -> CallFilter:
    return filters.parse(request.args, actor().account_id).filter


def _page(form: object, status: int = 200) -> Response:
    wanted, who = _filter(), actor()
    return render(
        "exports/new.html", status, form=form, count=queries.count(who.here.id, wanted),
        query=wanted.query(), back=wanted.url(url_for("calls.index")),
        full=who.may(actions.FULL),
    )  # fmt: skip


@feature.page("/calls/export", permission="Call.export")
def new() -> Response:
    """What the file shall hold."""
    return _page(form_for(Export)(formdata=None))


@feature.page("/calls/export", permission="Call.export", methods=["POST"])
def download() -> Response:
    """The file, streamed."""
    form = form_for(Export)()
    asked = form.read()
    if asked is None:
        return _page(form, form.status)
    return _stream(_filter(), asked)


@feature.api("POST", "/calls/export", permission="Call.export", body=ExportIn,
             gives=tuple(actions.TYPES.values()),
             summary="Export calls as CSV or NDJSON",
             description="Streams a file: the first line tells the filter and how many calls follow."
             " Whole transcripts need the permission Call.export_full and a reason.")  # fmt: skip
def api_export(body: ExportIn) -> Response:
    """The file, streamed."""
    wanted = body.filter.model_copy(update={"me": actor().account_id})
    return _stream(wanted, body)


def _stream(wanted: CallFilter, asked: Export) -> Response:
    who = actor()
    rows, name = actions.begin(who, wanted, asked)
    content = stream_with_context(actions.lines(who, wanted, asked))
    return Response(content, mimetype=actions.TYPES[asked.format], headers={
        "Content-Disposition": f'attachment; filename="{name}"', "X-Export-Rows": str(rows),
    })  # fmt: skip
