"""My workspaces, and the overview and settings of one."""

import uuid
from typing import Any

from flask import Response, flash, request, url_for

from app.accounts import queries as accounts
from app.calls.words import outcome
from app.core import revisions
from app.core.access import who_can
from app.core.drawn import drawn
from app.core.errors import Conflict, Invalid, NotFound
from app.core.feature import Feature, Nav
from app.core.identity import actor
from app.core.pages import framed, is_fragment, redirect_to, render
from app.core.schema import SchemaForm, form_for
from app.core.setting_pages import register, version_number
from app.core.telling import worded

from . import actions, overviews, queries, slugs
from .actions import Home
from .declaration import BRANDING, WORKSPACE
from .schema import Archive, NewWorkspace, Rename, WorkspaceOut, WorkspacePage, WorkspacePatch

feature = Feature(
    "workspaces",
    __name__,
    nav=[
        Nav("Overview", "layout-dashboard", "workspaces.overview", 10, "Workspace.view"),
        Nav(
            "Settings",
            "settings",
            "workspaces.settings_index",
            66,
            "Workspace.view",
            "Workspace",
            ("roles",),
        ),
    ],
)
SETTINGS = (
    ("General", "clock", "The time zone.", "escalation.general", "GeneralSettings.view"),
    ("Branding", "palette", "The name staff see, and the colour of the mark.",
     "workspaces.branding", "BrandingSettings.view"),
    ("Retention", "archive", "How long calls are kept, legal hold, and receipts of what went.",
     "retention.retention", "RetentionSettings.view"),
    ("Test callers", "flask-conical", "Numbers whose calls count as tests.",
     "phone_numbers.test_callers", "PhoneNumber.view"),
    ("Roles", "shield-check", "What each role may do.", "accounts.roles", "Workspace.view"),
    ("Workspace", "building-2", "Name, records system, facts, archiving.",
     "workspaces.settings", "Workspace.view"),
)  # fmt: skip
"""(words, icon, text, endpoint, permission) of the pages behind "Settings"."""
ONE = "/v1/workspaces/<uuid:workspace_id>"


@feature.personal("/")
def start() -> Response:
    """My only workspace, or the list of them."""
    places = actor().places
    if len(places) == 1:
        return redirect_to("workspaces.overview", slug=places[0].slug)
    return redirect_to("workspaces.index")


@feature.personal("/workspaces")
def index() -> Response:
    """My workspaces, by organization."""
    q = request.args.get("q", "").strip()[:100]
    found, more = queries.mine(actor().user_id, q, _uuid(request.args.get("after")))
    values: dict[str, Any] = {"workspaces": found, "more": more, "q": q}
    values["paged"] = "after" in request.args
    return render("workspaces/list.html" if is_fragment() else "workspaces/index.html", **values)


def _uuid(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


@feature.personal("/workspaces/new")
def new() -> Response:
    """The form of a new workspace."""
    return _new_page(form_for(NewWorkspace)())


@feature.personal("/workspaces/slug")
def slug() -> Response:
    """A slug for the name typed so far, unless somebody typed their own."""
    page = form_for(NewWorkspace)(data={"slug": _suggested()})
    return render("workspaces/slug.html", form=page, suggested=slugs.suggest(_typed("name")))


def _typed(name: str) -> str:
    return request.args.get(name, "").strip()[:200]


def _suggested() -> str:
    typed = _typed("slug")
    return slugs.suggest(_typed("name")) if typed in ("", _typed("suggested")) else typed


def _new_page(page: SchemaForm[NewWorkspace], home_error: str = "") -> Response:
    owned = queries.owned_organizations(actor().user_id)
    chosen = request.form.get("organization", str(owned[0][0]) if owned else "")
    return render(
        "workspaces/new.html", 422 if home_error else page.status, form=page, owned=owned,
        chosen=chosen, new_name=request.form.get("organization_name", ""), home_error=home_error,
        suggested=request.form.get("suggested", ""),
    )  # fmt: skip


def _home() -> Home | str:
    """What the form says of the organization, or what is wrong with it."""
    chosen = request.form.get("organization", "")
    if chosen and chosen != "new":
        found = _uuid(chosen)
        return Home(found) if found else "Choose one of the list."
    name = request.form.get("organization_name", "").strip()
    if not 0 < len(name) <= 120 or "\0" in name:
        return "Name the organization, in up to 120 characters."
    return Home(new_name=name)


@feature.personal("/workspaces/new", methods=["POST"])
def create() -> Response:
    """Create a workspace; its creator is its owner."""
    page, home = form_for(NewWorkspace)(), _home()
    entered = page.read()
    if entered is None or isinstance(home, str):
        return _new_page(page, home if isinstance(home, str) else "")
    try:
        made = actions.create(actor(), entered, home)
    except Invalid as error:
        said = error.messages
        if "slug" in said:
            page.fail("slug", said["slug"])
        return _new_page(page, said.get("organization", ""))
    flash(f"{entered.name} is ready.")
    return redirect_to("workspaces.overview", slug=made)


@feature.page("/", permission="Workspace.view")
def overview() -> Response:
    """What there is in this workspace, and what to do next."""
    me = actor()
    found = overviews.found(me.here.id)
    body = drawn("workspaces/overview_body.html", found, lambda: {
        "workspace": me.here, "outcome": outcome,
        "view": overviews.of(me, found, url_for("calls.index")),
    })  # fmt: skip
    return framed("Overview", body)


@feature.page("/settings", permission="Workspace.view")
def settings_index() -> Response:
    """Every settings page that has no place in the menu of its own."""
    found = [entry for entry in SETTINGS if actor().may(entry[4])]
    return render("workspaces/settings_index.html", entries=found)


@feature.page("/settings/workspace", permission="Workspace.view")
def settings() -> Response:
    """What the workspace is; its owner renames and archives it here."""
    return _settings_page()


def _settings_page(
    rename_form: SchemaForm[Rename] | None = None,
    archive_form: SchemaForm[Archive] | None = None,
    status: int = 200,
    conflict: str = "",
) -> Response:
    me = actor()
    found = queries.one(me.here.id)
    if found is None:
        raise NotFound
    updates, archives = me.may("Workspace.update"), me.may("Workspace.archive")
    owners = () if updates else tuple(accounts.owners(me.here.id))
    shown = (found, me.here.organization_name, updates, archives, owners)
    if rename_form is None and archive_form is None:
        body = drawn("workspaces/settings_body.html", shown, lambda: _settings_values(*shown))
        return render("workspaces/settings.html", drawn=body, may_update=updates,
                      may_archive=archives)  # fmt: skip
    values = _settings_values(*shown)
    values["form"] = rename_form or values["form"]
    values["archive_form"] = archive_form or values["archive_form"]
    return render("workspaces/settings.html", status, conflict=conflict, **values)


def _settings_values(
    found: queries.WorkspaceRow, organization: str, updates: bool, archives: bool,
    owners: tuple[str, ...],
) -> dict[str, Any]:  # fmt: skip
    stored = {"name": found.name, "connector_type": found.connector_type}
    return {
        "found": found, "organization": organization, "may_update": updates,
        "may_archive": archives, "owners": owners,
        "form": form_for(Rename)(formdata=None, data=stored),
        "archive_form": form_for(Archive)(formdata=None),
    }  # fmt: skip


@feature.page("/settings/workspace", methods=["POST"], permission="Workspace.update")
def rename() -> Response:
    """Rename the workspace."""
    page = form_for(Rename)()
    entered = page.read()
    if entered is None:
        return _settings_page(rename_form=page, status=page.status)
    version = request.form.get("version", "")
    try:
        actions.rename(actor(), entered, int(version) if version.isdecimal() else -1)
    except Conflict as error:
        return _settings_page(rename_form=page, status=409, conflict=error.sentence)
    flash("Saved.")
    return redirect_to("workspaces.settings")


@feature.page("/settings/workspace/history", permission="Workspace.view")
def history() -> Response:
    """Who renamed it or said another records system, newest first."""
    before = version_number(request.args.get("before"), "before")
    changes, older = revisions.history(actor(), actions.RESOURCE, str(actor().here.id), before)
    names = {"page": "settings", "history": "history", "restore": "restore"}
    return render(
        "settings/history.html", settings=WORKSPACE, changes=changes, older=older,
        current=queries.one(actor().here.id), editable=actor().may("Workspace.update"),
        urls={name: url_for(f"workspaces.{end}") for name, end in names.items()},
        who=who_can("Workspace.update"), told=_told, first_page=before is None,
        origin={"number": changes[-1].number - 1 if changes else 0, "title": "The beginning",
                "label": "Restore the beginning"},
    )  # fmt: skip


def _told(name: str, value: Any) -> str:
    return worded(WORKSPACE.specs[name], value, "Not said")


@feature.page("/settings/workspace/restore", methods=["POST"], permission="Workspace.update")
def restore() -> Response:
    """Go back to an old name and records system."""
    number = version_number(request.form.get("number"), "number")
    if number is None:
        raise Invalid({"number": "Enter the number of a version."})
    version = version_number(request.form.get("version"), "version")
    saved = actions.restore(actor(), number, version)
    flash(f"It is as it was, as version {saved.version}.")
    return redirect_to("workspaces.settings")


@feature.page("/settings/workspace/archive", methods=["POST"], permission="Workspace.archive")
def archive() -> Response:
    """Archive the workspace, confirmed with its slug."""
    page = form_for(Archive)()
    entered = page.read()
    if entered is None:
        return _settings_page(archive_form=page, status=page.status)
    me = actor()
    try:
        actions.archive(me, entered.slug)
    except Invalid as error:
        page.fail("slug", error.messages["slug"])
        return _settings_page(archive_form=page, status=page.status)
    flash(f"{me.here.name} is archived.")
    return redirect_to("workspaces.index")


@feature.personal_api("GET", "/v1/workspaces", response=WorkspacePage)
def list_json() -> WorkspacePage:
    """The workspaces this key may see: its own."""
    item = _shown()
    return WorkspacePage(items=[item], total=1)


def _shown() -> WorkspaceOut:
    found = queries.one(actor().here.id)
    if found is None:
        raise NotFound
    return WorkspaceOut.model_validate(found)


@feature.api("GET", absolute=ONE, permission="Workspace.view", response=WorkspaceOut)
def get_json() -> WorkspaceOut:
    """One workspace."""
    return _shown()


@feature.api(
    "PATCH", absolute=ONE, permission="Workspace.update", body=WorkspacePatch,
    response=WorkspaceOut,
)  # fmt: skip
def patch_json(body: WorkspacePatch) -> WorkspaceOut:
    """Rename a workspace or set its connector type."""
    return WorkspaceOut.model_validate(actions.patch(actor(), body))


@feature.api(
    "POST", absolute=f"{ONE}/archive", permission="Workspace.archive", body=Archive, status=204
)
def archive_json(body: Archive) -> None:
    """Archive a workspace; the slug in the body must be its own."""
    actions.archive(actor(), body.slug)


register(BRANDING, feature)
