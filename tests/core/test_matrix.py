"""Role x route x own or foreign workspace, generated from the route table."""

import re
import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.core.access import granted
from app.core.feature import ROUTES, Route
from tests.support import ROLES, Cast, Place, post, sign_in

CONVERTER = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
NOWHERE = Place(uuid.UUID(int=7), "no-such-place", "", uuid.UUID(int=8), "")


def routes(json: bool) -> list[Route]:
    return [r for r in ROUTES.values() if r.reach == "workspace" and r.json is json]


def address(route: Route, place: Place) -> str:
    """The route's address in a workspace, every other id unknown there."""

    def fill(match: re.Match[str]) -> str:
        kind, name = match[1], match[2]
        if name == "slug":
            return place.slug
        if name == "workspace_id":
            return str(place.id)
        return {"uuid": str(uuid.UUID(int=9)), "int": "1"}.get(kind or "", "unknown")

    return CONVERTER.sub(fill, route.rule)


def call_page(client: FlaskClient, route: Route, place: Place) -> TestResponse:
    url = address(route, place)
    return client.get(url) if "GET" in route.methods else post(client, url)


def call_json(client: FlaskClient, route: Route, place: Place, key: dict[str, str]) -> TestResponse:
    return client.open(address(route, place), method=route.methods[0], headers=key, json={})


def anonymised(response: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Everything a caller can see, without what differs on every request."""
    unique = response.headers.get("X-Request-Id", "-").encode()
    skip = {"x-request-id", "x-ratelimit-remaining", "x-ratelimit-reset", "set-cookie", "date"}
    headers = [(k, v) for k, v in response.headers.items() if k.lower() not in skip]
    return response.status_code, response.data.replace(unique, b""), headers


def test_every_route_is_declared(app: Flask) -> None:
    assert {r.endpoint for r in app.url_map.iter_rules()} - {"static"} == set(ROUTES)


@pytest.mark.parametrize("role", ROLES)
def test_pages_open_to_exactly_the_roles_of_the_table(app: Flask, cast: Cast, role: str) -> None:
    client = sign_in(app, cast.people[role])
    for route in routes(json=False):
        if "archive" in route.endpoint:
            continue
        status = call_page(client, route, cast.workspace).status_code
        assert (status == 403) is (route.permission not in granted(role)), (route, status)
        assert status < 500, (route, status)


@pytest.mark.parametrize("role", ROLES)
def test_json_opens_to_exactly_the_roles_of_the_table(app: Flask, cast: Cast, role: str) -> None:
    client = app.test_client()
    for route in routes(json=True):
        if "archive" in route.endpoint:
            continue
        response = call_json(client, route, cast.workspace, cast.keys[role])
        refused = response.status_code == 403
        assert refused is (route.permission not in granted(role)), (route, response.data)
        assert response.status_code < 500, route


@pytest.mark.parametrize("who", [*ROLES, "stranger"])
def test_a_foreign_page_is_the_page_of_nothing(app: Flask, cast: Cast, who: str) -> None:
    client = sign_in(app, cast.people[who])
    foreign = cast.workspace if who == "stranger" else cast.other
    for route in routes(json=False):
        response = call_page(client, route, foreign)
        assert response.status_code == 404, route
        assert anonymised(response) == anonymised(call_page(client, route, NOWHERE)), route


@pytest.mark.parametrize("who", [*ROLES, "stranger"])
def test_foreign_json_is_the_json_of_nothing(app: Flask, cast: Cast, who: str) -> None:
    client = app.test_client()
    foreign = cast.workspace if who == "stranger" else cast.other
    for route in routes(json=True):
        response = call_json(client, route, foreign, cast.keys[who])
        assert response.status_code == 404, route
        nothing = call_json(client, route, NOWHERE, cast.keys[who])
        assert anonymised(response) == anonymised(nothing), route


def test_anonymous_is_sent_to_sign_in(anonymous: FlaskClient, cast: Cast) -> None:
    for route in ROUTES.values():
        if route.json or route.reach == "public":
            continue
        response = anonymous.open(address(route, cast.workspace), method=route.methods[0])
        assert response.status_code == 302, route
        assert response.headers["Location"].startswith("/sign-in"), route


def test_json_without_a_key_is_401(api: FlaskClient, cast: Cast) -> None:
    for route in ROUTES.values():
        if not route.json or route.reach == "public":
            continue
        response = call_json(api, route, cast.workspace, {})
        assert response.status_code == 401, route


def test_json_does_not_take_the_cookie_of_a_page(as_owner: FlaskClient, cast: Cast) -> None:
    for route in routes(json=True):
        assert call_json(as_owner, route, cast.workspace, {}).status_code == 401, route


def test_no_writing_route_carries_a_view_permission() -> None:
    for route in ROUTES.values():
        if set(route.methods) - {"GET"} and route.permission:
            assert not route.permission.partition(".")[2].startswith("view"), route
