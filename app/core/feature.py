"""A Blueprint whose routes cannot exist without saying who may call them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint
from pydantic import BaseModel

from .access import PERMISSIONS
from .uploads import Upload

MIB = 1024 * 1024
PAGE = "/w/<slug>"
API = "/v1/<uuid:workspace_id>"
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Nav:
    """An entry of the menu; it shows to those with the permission."""

    label: str
    icon: str
    endpoint: str
    order: int
    permission: str
    group: str = ""
    also: tuple[str, ...] = ()
    """Other places in the URL that belong to this entry."""


@dataclass(frozen=True, slots=True)
class Route:
    """One declared route: the page or JSON at `rule`, and who may call it.

    `reach` is public (nobody need sign in), personal (any signed-in person or valid key) or
    workspace (an actor with `permission` in the workspace of the URL).
    """

    endpoint: str
    rule: str
    methods: tuple[str, ...]
    reach: str
    permission: str | None = None
    json: bool = False
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    response: Any = None
    status: int = 200
    summary: str = ""
    description: str = ""
    max_body: int | None = MIB
    also: dict[int, str] = field(default_factory=dict)
    upload: Upload | None = None
    gives: tuple[str, ...] = ()
    """Media types of an answer that is no JSON."""


ROUTES: dict[str, Route] = {}
"""Every declared route, by endpoint. What is not in here is refused."""


class Feature(Blueprint):
    """One capability of the product: its pages, its JSON, its place in the menu."""

    def __init__(self, name: str, import_name: str, nav: Sequence[Nav] = ()) -> None:
        super().__init__(name, import_name)
        self.nav = tuple(nav)

    def page(
        self, rule: str, *, permission: str, methods: Sequence[str] = ("GET",), **options: Any
    ) -> Callable[[View], View]:
        """A page below /w/<slug>."""
        return self._add(PAGE + rule, methods, "workspace", permission, options)

    def public(
        self, rule: str, methods: Sequence[str] = ("GET",), **options: Any
    ) -> Callable[[View], View]:
        """A page for everybody."""
        return self._add(rule, methods, "public", None, options)

    def personal(
        self, rule: str, methods: Sequence[str] = ("GET",), **options: Any
    ) -> Callable[[View], View]:
        """A page for any signed-in person, outside a workspace."""
        return self._add(rule, methods, "personal", None, options)

    def api(
        self,
        method: str,
        rule: str = "",
        *,
        permission: str,
        absolute: str | None = None,
        **options: Any,
    ) -> Callable[[View], View]:
        """JSON below /v1/<workspace_id>, or at `absolute` (which must hold the workspace id)."""
        where = absolute or API + rule
        return self._add(where, (method,), "workspace", permission, {**options, "json": True})

    def personal_api(self, method: str, rule: str, **options: Any) -> Callable[[View], View]:
        """JSON for any valid key, at a full path such as /v1/auth/me."""
        return self._add(rule, (method,), "personal", None, {**options, "json": True})

    def public_api(self, method: str, rule: str, **options: Any) -> Callable[[View], View]:
        """JSON for everybody."""
        return self._add(rule, (method,), "public", None, {**options, "json": True})

    def _add(
        self,
        rule: str,
        methods: Sequence[str],
        reach: str,
        permission: str | None,
        options: dict[str, Any],
    ) -> Callable[[View], View]:
        _check(rule, methods, reach, permission)
        name = options.pop("endpoint", None)

        def declare(view: View) -> View:
            from .api import wrap

            local = name or view.__name__
            summary = options.pop("summary", "") or (view.__doc__ or "").split("\n")[0]
            route = Route(
                f"{self.name}.{local}", rule, tuple(methods), reach, permission,
                summary=summary, **options,
            )  # fmt: skip
            if route.endpoint in ROUTES and ROUTES[route.endpoint].rule != rule:
                raise ValueError(f"{route.endpoint} is declared twice")
            ROUTES[route.endpoint] = route
            handler = wrap(view, route) if route.json else view
            self.add_url_rule(rule, local, handler, methods=list(methods))
            return view

        return declare


def _check(rule: str, methods: Sequence[str], reach: str, permission: str | None) -> None:
    if reach == "workspace" and permission not in PERMISSIONS:
        raise ValueError(f"{rule} names no permission of the table: {permission!r}")
    unsafe = UNSAFE & set(methods)
    if unsafe and permission and permission.partition(".")[2].startswith("view"):
        raise ValueError(f"{rule} would write with {permission}")
    if unsafe and "GET" in methods:
        raise ValueError(f"{rule}: reading and writing are two routes with two permissions")
