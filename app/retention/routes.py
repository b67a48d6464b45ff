"""Retention over HTTP: the settings, what would go, removing it now, and the receipts."""

from typing import Any

from flask import Response, current_app, flash, request

from app.calls import zones
from app.core.access import who_can
from app.core.errors import Conflict, Invalid
from app.core.feature import Feature
from app.core.identity import actor
from app.core.pages import redirect_to, render
from app.core.schema import SchemaForm, form_for
from app.core.setting_pages import register, version_number

from . import actions, queries, views
from .actions import Changed
from .declaration import RETENTION
from .schema import DryRun, RunOut, RunPage, RunQuery, Start

feature = Feature("retention", __name__)
VIEW, UPDATE = "RetentionSettings.view", "RetentionSettings.update"
PAGE_SIZE, NEWEST = 50, 3
QUEUED = "The removal has begun. It goes on by itself; its receipt appears here when it is done."


def _secret() -> str:
    secret: str = current_app.config["WARD"].secret_key
    return secret


def _beside() -> dict[str, Any]:
    """What the settings page shows beside the settings."""
    place = actor().here.id
    found = queries.runs(place, _secret(), take=NEWEST)
    progress, zone = queries.standing(place)
    return {"runs": found[:NEWEST], "more_runs": len(found) > NEWEST, "summary": views.summary,
            "progress": progress, "zone": zone}  # fmt: skip


register(RETENTION, feature, "retention/settings.html", _beside)


@feature.page("/settings/retention/removal", permission=VIEW)
def removal() -> Response:
    """What would go now; who may change retention removes it here."""
    return _removal(queries.dry_run(actor().here.id))


def _removal(
    found: DryRun, form: SchemaForm[Start] | None = None, status: int = 200, conflict: str = ""
) -> Response:
    progress, zone = queries.standing(actor().here.id)
    return render(
        "retention/removal.html", status, found=found, lines=views.due(found), conflict=conflict,
        form=form or form_for(Start)(formdata=None), progress=progress,
        zone=zone, who=who_can(UPDATE), nothing=not any(found.counts.model_dump().values()),
    )  # fmt: skip


@feature.page("/settings/retention/removal", methods=["POST"], permission=UPDATE)
def remove() -> Response:
    """Remove it now, confirmed with the slug and the counts that were shown."""
    form, me = form_for(Start)(), actor()
    entered = form.read()
    if entered is None:
        return _removal(queries.dry_run(me.here.id), form, form.status)
    try:
        actions.start(me, entered)
    except Invalid as error:
        form.fail("slug", error.messages["slug"])
        return _removal(queries.dry_run(me.here.id), form, form.status)
    except Changed as error:
        return _removal(error.found, form, 409, error.sentence)
    except Conflict as error:
        return _removal(queries.dry_run(me.here.id), form, 409, error.sentence)
    flash(QUEUED)
    return redirect_to("retention.runs")


@feature.page("/settings/retention/runs", permission=VIEW)
def runs() -> Response:
    """The receipts, newest first."""
    below, place = version_number(request.args.get("before"), "before") or 0, actor().here.id
    found = queries.runs(place, _secret(), below, PAGE_SIZE)
    progress, zone = queries.standing(place)
    return render(
        "retention/runs.html", runs=found[:PAGE_SIZE], first_page=not below,
        older=found[PAGE_SIZE - 1].number if len(found) > PAGE_SIZE else None,
        progress=progress, summary=views.summary, zone=zone,
    )  # fmt: skip


@feature.page("/settings/retention/runs/<int:number>", permission=VIEW)
def receipt(number: int) -> Response:
    """One receipt, and whether it is still as it was signed."""
    place = actor().here.id
    run = queries.run(place, _secret(), number)
    return render(
        "retention/receipt.html", run=run, lines=views.gone(run), zone=zones.zone_of(place)
    )


@feature.api("GET", "/retention/dry-run", permission=VIEW, response=DryRun,
             summary="What a removal would take now")  # fmt: skip
def dry_run_json() -> DryRun:
    """Counts by class, with the cut-off times."""
    return queries.dry_run(actor().here.id)


@feature.api("POST", "/retention/runs", permission=UPDATE, body=Start, response=DryRun, status=202,
             summary="Remove now what has passed its age",
             description="Name the workspace's slug and the counts of the dry run.",
             also={409: "Legal hold is on, a removal is under way, or the counts are others now."},
             )  # fmt: skip
def start_json(body: Start) -> DryRun:
    """Begin a removal."""
    actions.start(actor(), body)
    return queries.dry_run(actor().here.id)


@feature.api("GET", "/retention/runs", permission=VIEW, query=RunQuery, response=RunPage,
             summary="Receipts of removals, newest first")  # fmt: skip
def list_json(query: RunQuery) -> RunPage:
    """Receipts."""
    found = queries.runs(actor().here.id, _secret(), query.continuation_token, query.limit)
    items, more = found[: query.limit], len(found) > query.limit
    return RunPage(
        items=items, has_more=more, continuation_token=items[-1].number if more else None
    )


@feature.api("GET", "/retention/runs/<int:number>", permission=VIEW, response=RunOut,
             summary="One receipt, and whether its signature still holds")  # fmt: skip
def get_json(number: int) -> RunOut:
    """One receipt."""
    return queries.run(actor().here.id, _secret(), number)
