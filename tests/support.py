"""The fixed cast of the tests, and small helpers to act as one of them."""

import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

import psycopg
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from app.core import keys
from app.core.identity import token_hash

PASSWORD = "ward-demo"
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
ROLES = ("owner", "admin", "member", "viewer")
CSRF = "a-fixed-csrf-secret-of-the-tests"


@dataclass
class Person:
    user_id: uuid.UUID
    email: str
    name: str
    token: str
    accounts: dict[str, uuid.UUID] = field(default_factory=dict)


@dataclass
class Place:
    id: uuid.UUID
    slug: str
    name: str
    organization_id: uuid.UUID
    canary: str


@dataclass
class Keys:
    owner: dict[str, str]
    admin: dict[str, str]
    member: dict[str, str]
    viewer: dict[str, str]
    stranger: dict[str, str]

    def __getitem__(self, role: str) -> dict[str, str]:
        headers: dict[str, str] = getattr(self, role)
        return headers


@dataclass
class Cast:
    """Two workspaces: `workspace` (riverside) and `other` (lakeside), and who belongs where."""

    workspace: Place
    other: Place
    people: dict[str, Person]
    keys: Keys


def _place(cursor: psycopg.Cursor[Any], name: str, mark: str) -> Place:
    organization, workspace = uuid.uuid4(), uuid.uuid4()
    slug = f"{name}-{mark}"
    cursor.execute(
        "insert into organization (id, name) values (%s, %s)",
        (organization, f"{name.title()} Health"),
    )
    cursor.execute(
        "insert into workspace (id, organization_id, slug, name, environment)"
        " values (%s, %s, %s, %s, 'production')",
        (workspace, organization, slug, f"{name.title()} Clinic"),
    )
    return Place(workspace, slug, f"{name.title()} Clinic", organization, f"canary-{mark}-{name}")


def _person(cursor: psycopg.Cursor[Any], role: str, mark: str) -> Person:
    person = Person(uuid.uuid4(), f"{role}-{mark}@riverside.example", f"{role.title()} Person",
                    secrets.token_urlsafe(16))  # fmt: skip
    cursor.execute(
        "insert into users (id, email, name, password_hash) values (%s, %s, %s, %s)",
        (person.user_id, person.email, person.name, PASSWORD_HASH),
    )
    cursor.execute(
        "insert into session (token_hash, user_id, ip, user_agent)"
        " values (%s, %s, '127.0.0.1', 'tests')",
        (token_hash(person.token), person.user_id),
    )
    return person


def _join(cursor: psycopg.Cursor[Any], person: Person, place: Place, role: str) -> None:
    account = uuid.uuid4()
    cursor.execute(
        "insert into account (workspace_id, id, user_id, role) values (%s, %s, %s, %s)",
        (place.id, account, person.user_id, role),
    )
    person.accounts[place.slug] = account


def _key(cursor: psycopg.Cursor[Any], person: Person, place: Place, role: str) -> dict[str, str]:
    key_id = keys.make_key_id()
    secret = keys.make_secret("production", role, key_id)
    cursor.execute(
        "insert into api_key (workspace_id, id, key_id, name, secret_hash, role, environment,"
        " account_id, user_id, expires_at) values (%s, %s, %s, %s, %s, %s, 'production', %s, %s,"
        " now() + interval '30 days')",
        (place.id, uuid.uuid4(), key_id, f"{role} key", secret.hash, role,
         person.accounts[place.slug], person.user_id),
    )  # fmt: skip
    return {"Authorization": f"Bearer {secret.plaintext}"}


def make_cast(url: str) -> Cast:
    """A fresh cast in two new workspaces (as the maintenance role)."""
    mark = secrets.token_hex(4)
    with psycopg.connect(url.replace("+psycopg", "")) as connection, connection.cursor() as cursor:
        here, other = _place(cursor, "riverside", mark), _place(cursor, "lakeside", mark)
        people = {role: _person(cursor, role, mark) for role in ROLES}
        for role in ROLES:
            _join(cursor, people[role], here, role)
        people["stranger"] = _person(cursor, "stranger", mark)
        _join(cursor, people["stranger"], other, "owner")
        people["both"] = _person(cursor, "both", mark)
        _join(cursor, people["both"], here, "admin")
        _join(cursor, people["both"], other, "viewer")
        made = {role: _key(cursor, people[role], here, role) for role in ROLES}
        made["stranger"] = _key(cursor, people["stranger"], other, "owner")
    return Cast(here, other, people, Keys(**made))


def sign_in(app: Flask, person: Person) -> FlaskClient:
    """A client with this person's session, as the sign-in page would leave it."""
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = f"{person.user_id}.{person.token}"
        cookie["csrf_token"] = CSRF
    return client


def csrf_token(app: Flask) -> str:
    """The token that belongs to the clients made by `sign_in`."""
    serializer = URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token")
    return str(serializer.dumps(CSRF))


def post(
    client: FlaskClient, url: str, data: dict[str, Any] | None = None, **kw: Any
) -> TestResponse:
    """POST a form with a valid token."""
    app = client.application
    with client.session_transaction() as cookie:
        cookie.setdefault("csrf_token", CSRF)
        raw = cookie["csrf_token"]
    serializer = URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token")
    return client.post(url, data={**(data or {}), "csrf_token": serializer.dumps(raw)}, **kw)


def text(response: TestResponse) -> str:
    """The body as text."""
    return response.get_data(as_text=True)
