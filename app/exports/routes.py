"""Exports over HTTP: the page that asks what, and the file."""

from urllib.parse import urlencode

from flask import Response, request, stream_with_context, url_for

from app.calls import filters
from app.calls.filters import CallFilter
from app.core.access import who_can
from app.core.feature import Feature
from app.core.identity import actor
from app.core.pages import render
from app.core.schema import SchemaForm, form_for

from . import actions, queries
from .schema import Export, ExportIn

feature = Feature("exports", __name__)


def _asked() -> filters.Asked:
    return filters.parse(request.args, actor().account_id)


def _page(asked: filters.Asked, form: SchemaForm[Export], status: int = 200) -> Response:
    wanted, who = asked.filter, actor()
    return render(
        "exports/new.html", status, form=form, wrong=asked.wrong, full=who.may(actions.FULL),
        count=None if asked.wrong else queries.count(who.here.id, wanted),
        words=queries.words(who, wanted), query=wanted.query(), who=who_can(actions.FULL),
        back=f"{url_for('calls.index')}?{urlencode(asked.given)}".rstrip("?"),
    )  # fmt: skip


@feature.page("/calls/export", permission="Call.export")
def new() -> Response:
    """What the file shall hold."""
    asked = _asked()
    return _page(asked, form_for(Export)(formdata=None, data=Export()), 422 if asked.wrong else 200)


@feature.page("/calls/export", permission="Call.export", methods=["POST"])
def download() -> Response:
    """The file, streamed."""
    form, asked = form_for(Export)(), _asked()
    entered = form.read()
    if asked.wrong:
        # A filter left out would let out more calls than the list shows.
        return _page(asked, form, 422)
    if entered is None:
        return _page(asked, form, form.status)
    return _stream(asked.filter, entered)


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
