"""The sidebar: the menu, the switcher, who is here. Made once for the same content."""

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby

from flask import Flask, current_app, request, url_for

from .feature import PAGE, Feature, Nav
from .identity import Actor, Place, Workspace

HOME = f"{PAGE}/"


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the menu, ready to draw."""

    label: str
    icon: str
    href: str
    current: bool
    group: str


@dataclass(frozen=True, slots=True)
class Switch:
    """One workspace of the switcher: its link keeps the section."""

    slug: str
    name: str
    environment: str
    role: str
    organization: str
    color: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Some entries of the menu that belong together."""

    label: str
    items: tuple[Item, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Shell:
    """All that the sidebar shows. One object for the same content: its identity is its hash."""

    person: str
    role: str
    workspace: str
    environment: str
    workspaces: tuple[Switch, ...]
    color: str
    find: str
    leave: str
    nav: tuple[Group, ...]


@lru_cache(1024)
def _section(app: Flask, rule: str) -> str:
    """The menu's place of a page: that whose address begins the page's own."""
    rule = rule.split("/", 3)[3] if rule.count("/") >= 3 else ""
    best, section = "", ""
    for start, home in _nav_paths(app):
        if (rule == start or rule.startswith(start + "/")) and len(start) > len(best):
            best, section = start, home
    return section


@cache
def _nav_of(app: Flask) -> tuple[tuple[Nav, str], ...]:
    found = []
    for blueprint in app.blueprints.values():
        if isinstance(blueprint, Feature):
            for entry in blueprint.nav:
                rule = next(r for r in app.url_map.iter_rules(entry.endpoint)).rule
                found.append((entry, rule.removeprefix("/w/<slug>").strip("/")))
    return tuple(sorted(found, key=lambda pair: pair[0].order))


@cache
def _nav_paths(app: Flask) -> tuple[tuple[str, str], ...]:
    """(place in the URL, the menu's place it belongs to)."""
    found = [(path, path) for _, path in _nav_of(app)]
    found += [(other, path) for entry, path in _nav_of(app) for other in entry.also]
    return tuple(found)


def of(actor: Actor) -> Shell:
    """The sidebar of the page that is asked for, which lies in the actor's workspace."""
    app, asked = current_app._get_current_object(), request._get_current_object()  # type: ignore[attr-defined]
    rule = asked.url_rule.rule if asked.url_rule else asked.path
    return _of(app, actor, _section(app, rule), rule == HOME)


@lru_cache(2048)
def _of(app: Flask, actor: Actor, section: str, at_home: bool) -> Shell:
    """By the person first, since a hundred workspaces take long to compare."""
    return _shell(
        app,
        actor.name,
        actor.role or "",
        actor.permissions,
        actor.places,
        actor.here,
        section,
        at_home,
    )


@lru_cache(2048)
def _shell(
    app: Flask,
    person: str,
    role: str,
    permissions: frozenset[str],
    places: tuple[Place, ...],
    here: Workspace,
    section: str,
    at_home: bool,
) -> Shell:
    items = [
        Item(
            n.label,
            n.icon,
            f"/w/{here.slug}/{path}",
            path == section and bool(path or at_home),
            n.group,
        )
        for n, path in _nav_of(app)
        if n.permission in permissions
    ]
    colors = [place.color for place in places if place.slug == here.slug]
    return Shell(
        person, role, here.name, here.environment,
        tuple(
            Switch(p.slug, p.name, p.environment, p.role, p.organization, p.color,
                   f"/w/{p.slug}/{section}", p.slug == here.slug)
            for p in places
        ),
        colors[0] if colors else "teal", f"/w/{here.slug}/find",
        url_for("sign_in.leave"),
        tuple(Group(label, tuple(found)) for label, found in groupby(items, lambda i: i.group)),
    )  # fmt: skip


def menu(app: Flask, slug: str, permissions: frozenset[str]) -> list[tuple[str, str, str]]:
    """(words, icon, address) of every entry of the menu that these permissions open."""
    return [
        (entry.label, entry.icon, f"/w/{slug}/{path}")
        for entry, path in _nav_of(app)
        if entry.permission in permissions
    ]
