"""Safety over HTTP: grading, monitor concepts, regulation templates, the switch per service."""

import uuid
from typing import Any

from flask import Response, flash, request, url_for

from app.core import collection_store as store
from app.core import database, pages
from app.core.api import answer
from app.core.collection_pages import register
from app.core.drawn import drawn
from app.core.feature import Feature, Nav
from app.core.identity import actor
from app.core.setting_pages import register as register_settings
from app.services.declaration import SERVICES

from . import applying
from .declaration import CONCEPTS, SAFETY, applied
from .schema import Applied, Apply, TemplateOut
from .templates import TEMPLATES, rules_of

feature = Feature(
    "safety", __name__,
    nav=[Nav("Safety", "shield-check", "safety.overview", 40, "Safety.view", "Care",
             ("monitor-concepts",))],
)  # fmt: skip
concepts = Feature("monitor_concepts", __name__)
_SERVICES = """
select id, name, safety_filters_enabled, is_active from service
where workspace_id = %(workspace_id)s order by lower(name), id limit 100
"""
_COUNT = "select count(*) from monitor_concept where workspace_id = %(workspace_id)s"


@feature.page("/safety", permission="Safety.view")
def overview() -> Response:
    """What watches over calls here, in plain words."""
    here = {"workspace_id": actor().here.id}
    done = applied(actor().here.id)
    services = tuple(database.rows(_SERVICES, here))
    count = database.value(_COUNT, here)
    body = drawn("safety/overview.html", (services, count, tuple(done)), lambda: {
        "services": services, "concepts": count,
        "applied": [TEMPLATES[name] for name in done if name in TEMPLATES],
        "home": url_for("safety.overview"), "services_home": url_for("services.index"),
    })  # fmt: skip
    return pages.render("safety/index.html", body=body)


@feature.page("/safety/services/<uuid:ident>", permission="Service.update", methods=["POST"])
def switch(ident: uuid.UUID) -> Response:
    """Switch monitoring on or off for one service."""
    wanted = request.form.get("safety_filters_enabled") == "true"
    saved = store.update(SERVICES, actor(), ident, {"safety_filters_enabled": wanted})
    flash(f"Safety monitoring is {'on' if wanted else 'off'} for {saved.value.name}.", "ok")
    return pages.redirect_to("safety.overview")


@feature.page("/safety/templates", permission="Safety.view")
def templates() -> Response:
    """The regulation templates."""
    done = set(applied(actor().here.id))
    return pages.render("safety/templates.html", templates=TEMPLATES.values(), done=done,
                        rules_of=rules_of)  # fmt: skip


@feature.page("/safety/templates/<ident>", permission="Safety.view")
def template(ident: str) -> Response:
    """One template, and what applying it would create."""
    found = applying.template(ident)
    planned = applying.plan(actor(), found)
    return pages.render("safety/template.html", regulation=found, planned=planned,
                        done=ident in applied(actor().here.id))  # fmt: skip


@feature.page("/safety/templates/<ident>/apply", permission="MonitorConcept.create",
              methods=["POST"])  # fmt: skip
def apply(ident: str) -> Response:
    """Make concepts of the template's rules."""
    override = request.form.get("override_existing") == "true"
    created, skipped = applying.apply(actor(), ident, override)
    kept = f" {len(skipped)} were there already and stay as they are." if skipped else ""
    flash(f"{len(created)} concepts are stored.{kept}", "ok")
    return pages.redirect_to("monitor_concepts.index")


register_settings(SAFETY, feature)
register(CONCEPTS, concepts)


@feature.api("GET", "/safety/templates", permission="Safety.view", response=list[TemplateOut],
             summary="List the regulation templates", description="A bare list.")  # fmt: skip
def api_templates() -> Response:
    """Every template."""
    return answer([applying.out(found) for found in TEMPLATES.values()])


@feature.api("GET", "/safety/templates/<ident>", permission="Safety.view", response=TemplateOut,
             summary="Read a regulation template")  # fmt: skip
def api_template(ident: str) -> Response:
    """One template."""
    return answer(applying.out(applying.template(ident)))


@feature.api("POST", "/safety/templates/<ident>/apply", permission="MonitorConcept.create",
             body=Apply, response=Applied, summary="Apply a regulation template")  # fmt: skip
def api_apply(ident: str, body: Apply) -> dict[str, Any]:
    """Each rule becomes a monitor concept; names there already are skipped unless overridden."""
    created, skipped = applying.apply(actor(), ident, body.override_existing)
    return {"created_concepts": created, "skipped": skipped}
