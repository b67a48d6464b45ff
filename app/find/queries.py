"""Finding by name: pages, workspaces, numbers, services and people of this workspace."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from flask import Flask, current_app, url_for

from app.core import database
from app.core.identity import Actor
from app.core.phones import digits, local
from app.core.shell import menu

EACH = 6
PAGES = (
    ("My calls", "user", "reviews.my_calls", "Call.view"),
    ("Log a call by hand", "pencil", "by_hand.new", "Call.create"),
    ("Routes", "route", "phone_numbers.routes", "PhoneNumber.view"),
    ("Test callers", "flask-conical", "phone_numbers.test_callers", "PhoneNumber.view"),
    ("On duty", "clock", "operators.on_duty", "Operator.view"),
    ("Regulation templates", "list-checks", "safety.templates", "Safety.view"),
    ("Monitor concepts", "shield-alert", "monitor_concepts.index", "MonitorConcept.view"),
    ("Safety grading", "sliders-horizontal", "safety.safety", "Safety.view"),
    ("General settings, time zone", "clock", "escalation.general", "GeneralSettings.view"),
    ("Branding", "palette", "workspaces.branding", "BrandingSettings.view"),
    ("Retention and legal hold", "archive", "retention.retention", "RetentionSettings.view"),
    ("Workspace, rename and archive", "building-2", "workspaces.settings", "Workspace.view"),
    ("Roles", "shield-check", "accounts.roles", "Workspace.view"),
)
"""Pages that the menu does not name itself."""
SOURCES = {
    "Phone numbers": ("phone", "phone_numbers.show", "PhoneNumber.view",
                      "select id, phone_number, display_name from phone_number"
                      " where workspace_id = %(workspace_id)s and (display_name ilike %(like)s"
                      " or (%(digits)s <> '' and phone_number like '%%' || %(digits)s || '%%'))"),
    "Services": ("concierge-bell", "services.show", "Service.view",
                 "select id, name, '' from service"
                 " where workspace_id = %(workspace_id)s and name ilike %(like)s"),
    "Agents": ("bot", "agents.show", "Agent.view",
               "select id, name, '' from agent"
               " where workspace_id = %(workspace_id)s and name ilike %(like)s"),
    "Context graphs": ("workflow", "graphs.show", "ContextGraph.view",
                       "select id, name, '' from context_graph"
                       " where workspace_id = %(workspace_id)s and name ilike %(like)s"),
    "Operators": ("headset", "operators.show", "Operator.view",
                  "select id, name, email from operator where workspace_id = %(workspace_id)s"
                  " and (name ilike %(like)s or email ilike %(like)s)"),
    "Members": ("user", "accounts.index", "Account.view",
                "select u.id, u.name, u.email from account a join users u on u.id = a.user_id"
                " where a.workspace_id = %(workspace_id)s"
                " and (u.name ilike %(like)s or u.email ilike %(like)s)"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: where it leads."""

    words: str
    more: str
    icon: str
    href: str


def _pages(actor: Actor, word: str) -> list[Hit]:
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    known = _known(app, actor.here.slug, actor.permissions)
    return [hit for hit in known if word in hit.words.lower()]


@lru_cache(1024)
def _known(app: Flask, slug: str, permissions: frozenset[str]) -> tuple[Hit, ...]:
    """Every page that somebody with these permissions may open."""
    others = (
        (words, shape, url_for(endpoint, slug=slug))
        for words, shape, endpoint, permission in PAGES
        if permission in permissions
    )
    entries = [*menu(app, slug, permissions), *others]
    return tuple(Hit(words, "", shape, href) for words, shape, href in entries)


def _workspaces(actor: Actor, word: str) -> list[Hit]:
    return [
        Hit(p.name, f"{p.organization}, {p.environment}", "building-2", f"/w/{p.slug}/")
        for p in actor.places
        if word in p.name.lower() or word in p.slug
    ][:EACH]


@lru_cache(1024)
def _home(app: Flask, slug: str, endpoint: str) -> str:
    """The address of a list, below which its members lie."""
    return url_for(endpoint.replace(".show", ".index"), slug=slug).rstrip("/")


def _rows(actor: Actor, typed: str) -> Iterator[tuple[str, list[Hit]]]:
    escaped = typed.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    params = {"workspace_id": actor.here.id, "like": f"%{escaped}%", "digits": digits(typed)}
    allowed = {name: it for name, it in SOURCES.items() if actor.may(it[2])}
    if not allowed:
        return
    sql = " union all ".join(
        f"(select '{name}', id, words, more from ({query}) as found (id, words, more)"
        f" order by lower(words) limit {EACH})"
        for name, (_, _, _, query) in allowed.items()
    )
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    found: dict[str, list[Hit]] = {name: [] for name in allowed}
    for name, ident, words, more in database.rows(sql, params):
        shape, endpoint, _, _ = allowed[name]
        href = _home(app, actor.here.slug, endpoint) + ("" if name == "Members" else f"/{ident}")
        if name == "Phone numbers":
            words, more = (more or local(words)), (local(words) if more else "")
        found[name].append(Hit(words, more, shape, href))
    yield from found.items()


def find(actor: Actor, typed: str) -> list[tuple[str, list[Hit]]]:
    """(group, hits) for what was typed; nothing typed finds the pages."""
    word = typed.lower().strip()
    groups = [("Pages", _pages(actor, word))]
    if word:
        groups += [("Workspaces", _workspaces(actor, word)), *_rows(actor, typed.strip())]
    return [(name, hits) for name, hits in groups if hits]
