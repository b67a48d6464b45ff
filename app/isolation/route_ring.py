"""The routes: what each role, a key and a stranger get across the boundary."""

import contextlib
import contextvars
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask, session
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from werkzeug.test import TestResponse

from app.core import database
from app.core.access import ROLES
from app.core.feature import ROUTES, Route

from .seeds import FOREIGN, LOCAL, Side

CONVERTER = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")


@dataclass(frozen=True)
class Visit:
    """One request that was tried, and what was wrong with the answer (nothing, one hopes)."""

    what: str
    problem: str | None


def address(route: Route, side: Side, local: uuid.UUID) -> str:
    """The route's address in one workspace, every other id `local`."""

    def fill(match: re.Match[str]) -> str:
        kind, name = match[1], match[2]
        if name == "slug":
            return side.slug
        if name == "workspace_id":
            return str(side.id)
        return str(local) if kind in ("uuid", None) else "1"

    return CONVERTER.sub(fill, route.rule)


class Visitor:
    """Somebody of one side, by cookie or by key."""

    def __init__(self, app: Flask, side: Side, role: str, alone: bool) -> None:
        self.app, self.side, self.role, self.alone = app, side, role, alone
        self.browser: FlaskClient = app.test_client()
        contextvars.Context().run(self._sign_in)

    def _sign_in(self) -> None:
        side, role = self.side, self.role
        with self.app.test_request_context():
            self.token = generate_csrf()
            raw = session["csrf_token"]
        with self.browser.session_transaction() as cookie:
            cookie["_user_id"] = f"{side.users[role]}.{side.tokens[role]}"
            cookie["csrf_token"] = raw

    def visit(self, route: Route, place: Side, local: uuid.UUID) -> TestResponse:
        """Open the route as this visitor, in a context of its own as on a server."""
        return contextvars.Context().run(self._visit, route, place, local)

    def _visit(self, route: Route, place: Side, local: uuid.UUID) -> TestResponse:
        with database.without_own_filter() if self.alone else contextlib.nullcontext():
            return self._open(route, place, local)

    def _open(self, route: Route, place: Side, local: uuid.UUID) -> TestResponse:
        url = address(route, place, local)
        method = route.methods[0]
        if not route.json:
            data = {"csrf_token": self.token} if method != "GET" else None
            return self.browser.open(url, method=method, data=data, buffered=True)
        headers = {"Authorization": f"Bearer {self.side.keys.get(self.role, 'none')}"}
        body: Any = {} if method != "GET" else None
        return self.browser.open(url, method=method, headers=headers, json=body, buffered=True)


def _routes() -> list[Route]:
    return [r for r in ROUTES.values() if r.reach == "workspace"]


def _wrong(response: TestResponse, expected: tuple[int, ...] | None, theirs: Side) -> str | None:
    if expected and response.status_code not in expected:
        return f"answered {response.status_code}"
    if response.status_code >= 500:
        return f"failed with {response.status_code}"
    if theirs.canary.encode() in response.data or theirs.canary in str(response.headers):
        return "told something of the other workspace"
    return None


def across(app: Flask, mine: Side, theirs: Side, alone: bool) -> Iterator[Visit]:
    """Everybody of `mine`, and somebody of nowhere, at every address of `theirs`."""
    for role in (*ROLES, "nobody"):
        visitor = Visitor(app, mine, role, alone)
        for route in _routes():
            refusal = (401,) if route.json and role == "nobody" else (404,)
            problem = _wrong(visitor.visit(route, theirs, LOCAL), refusal, theirs)
            yield Visit(f"{role} at {route.methods[0]} {route.rule} of the other", problem)


def from_home(app: Flask, mine: Side, theirs: Side, alone: bool) -> Iterator[Visit]:
    """Everybody of `mine` at their own addresses, with ids of the other workspace."""
    for role in ROLES:
        visitor = Visitor(app, mine, role, alone)
        for route in _routes():
            for local in (LOCAL, FOREIGN):
                problem = _wrong(visitor.visit(route, mine, local), None, theirs)
                what = f"{role} at own {route.methods[0]} {route.rule} with id {local.hex[-1]}"
                yield Visit(what, problem)
