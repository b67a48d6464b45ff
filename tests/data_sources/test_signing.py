"""Our public keys at an address of their own, and a new key that takes over."""

import uuid
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet

from app.core import database, tenancy
from app.sync import runner
from tests.setup import Maker
from tests.support import Place, post, text
from tests.sync.server import Fhir, fill, serving

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}


def pem(algorithm: str) -> str:
    key: Any = (rsa.generate_private_key(65537, 2048) if algorithm == "RS384"
                else ec.generate_private_key(ec.SECP384R1()))  # fmt: skip
    return str(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                 serialization.NoEncryption()).decode())  # fmt: skip


@pytest.fixture
def fhir() -> Any:
    with serving() as server:
        fill(server, 2)
        server.wanted = "none yet"
        yield server


@pytest.fixture
def smart(fhir: Fhir, maker: Maker) -> Any:
    def make(algorithm: str) -> str:
        return str(maker.make("data-sources", {
            "name": f"Hospital {algorithm}", "source_type": "smart_fhir",
            "connection_config": {
                "base_url": fhir.url, "allow_private": True, "client_id": "ward",
                "private_key": pem(algorithm), "assertion_kid": "first",
                "assertion_algorithm": algorithm, "resource_types": ["Patient"],
            },
        })["id"])  # fmt: skip

    return make


@pytest.fixture
def signs(app: Flask, fhir: Fhir, workspace: Place) -> Any:
    """Reads the source; with which key it signed in, checked by the keys that are published."""

    def go(ident: str, published: Any) -> str:
        with app.app_context(), tenancy.inside(workspace.id):
            assert runner.run(workspace.id, uuid.UUID(ident), "a test")
            database.rollback()
        assertion = parse_qs(fhir.tokens[-1])["client_assertion"][0]
        token = jwt.decode(assertion, KeySet.import_key_set(published),
                           algorithms=["RS384", "ES384"])  # fmt: skip
        assert token.claims["iss"] == "ward"
        return str(token.header["kid"])

    return go


def jwks(as_admin: Any, page: str) -> str:
    shown = text(as_admin.get(page))
    return "/v1/jwks/" + shown.split("/v1/jwks/")[1].split("<")[0]


@pytest.mark.parametrize("algorithm", ["RS384", "ES384"])
def test_a_new_key_takes_over_while_both_are_published(
    smart: Any, signs: Any, anonymous: Any, as_admin: Any, as_member: Any, workspace: Place,
    sql: Any, algorithm: str,
) -> None:  # fmt: skip
    ident = smart(algorithm)
    page = f"/w/{workspace.slug}/data-sources/{ident}"
    assert post(as_member, f"{page}/keys").status_code == 403
    post(as_admin, f"{page}/keys")
    address = jwks(as_admin, page)
    answer = anonymous.get(address)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "public, max-age=300"
    assert [(key["kid"], key["alg"]) for key in answer.json["keys"]] == [("first", algorithm)]
    assert signs(ident, answer.json) == "first"

    post(as_admin, f"{page}/keys/new", {"waits": "24"})
    both = anonymous.get(address).json
    new = both["keys"][1]["kid"]
    assert [key["kid"] for key in both["keys"]] == ["first", new]
    assert not PRIVATE & {name for key in both["keys"] for name in key}
    assert signs(ident, both) == "first"
    move = "update signing_key set used_from = used_from - interval '{}' where data_source_id = %s"
    sql(move.format("25 hours"), (ident,))
    both = anonymous.get(address).json
    assert len(both["keys"]) == 2 and signs(ident, both) == new
    sql(move.format("24 hours"), (ident,))
    alone = anonymous.get(address).json
    assert [key["kid"] for key in alone["keys"]] == [new] and signs(ident, alone) == new
    post(as_admin, f"{page}/keys/new", {"waits": "0"})
    both = anonymous.get(address).json
    assert new in [key["kid"] for key in both["keys"]] and len(both["keys"]) == 2
    assert signs(ident, both) == both["keys"][1]["kid"]
    stored = sql("select content::text from signing_key where data_source_id = %s", (ident,))
    assert not any("PRIVATE" in content for (content,) in stored)


def test_a_key_that_is_entered_anew_ends_those_that_followed_the_old_one(
    smart: Any, signs: Any, anonymous: Any, as_admin: Any, workspace: Place, api: Any, keys: Any
) -> None:
    ident = smart("ES384")
    page = f"/w/{workspace.slug}/data-sources/{ident}"
    post(as_admin, f"{page}/keys")
    post(as_admin, f"{page}/keys/new", {"waits": "0"})
    address = jwks(as_admin, page)
    path = f"/v1/{workspace.id}/data-sources/{ident}"
    config = api.get(path, headers=keys.admin).json["connection_config"]
    config |= {"private_key": pem("ES384"), "assertion_kid": "second"}
    changed = api.patch(path, json={"connection_config": config}, headers=keys.admin)
    assert changed.status_code == 200, changed.json
    found = anonymous.get(address).json
    assert [key["kid"] for key in found["keys"]] == ["second"] and signs(ident, found) == "second"


def test_ward_makes_the_key_where_none_is_entered(
    fhir: Fhir, maker: Maker, signs: Any, anonymous: Any, as_admin: Any, as_viewer: Any,
    workspace: Place,
) -> None:  # fmt: skip
    made = maker.make("data-sources", {
        "name": "Hospital", "source_type": "smart_fhir", "connection_config": {
            "base_url": fhir.url, "allow_private": True, "client_id": "ward",
            "assertion_algorithm": "ES384", "resource_types": ["Patient"]},
    })  # fmt: skip
    config = made["connection_config"]
    assert config["assertion_kid"].startswith("ward-") and "BEGIN" not in str(made)
    page = f"/w/{workspace.slug}/data-sources/{made['id']}"
    post(as_admin, f"{page}/keys")
    published = anonymous.get(jwks(as_admin, page)).json
    assert signs(str(made["id"]), published) == config["assertion_kid"]
    shown = text(as_viewer.get(page))
    assert "The key itself" in shown and published["keys"][0]["x"] in shown


def test_no_other_address_shows_keys(
    smart: Any, anonymous: Any, as_admin: Any, workspace: Place, other: Place
) -> None:
    ident = smart("ES384")
    page = f"/w/{workspace.slug}/data-sources/{ident}"
    assert "/jwks/" not in text(as_admin.get(page))
    assert post(as_admin, f"{page}/keys/new", {"waits": "0"}).status_code == 409
    post(as_admin, f"{page}/keys")
    address = jwks(as_admin, page)
    post(as_admin, f"{page}/keys")
    assert jwks(as_admin, page) == address
    for wrong in (f"{address}x", address.replace(str(workspace.id), str(other.id)),
                  f"/v1/jwks/{workspace.id}/{ident}"):  # fmt: skip
        assert anonymous.get(wrong).status_code == 404


def test_a_server_that_does_not_know_the_new_key_yet_is_read_with_the_one_before(
    smart: Any,
    signs: Any,
    as_admin: Any,
    api: Any,
    fhir: Fhir,
    keys: Any,
    workspace: Place,
    sql: Any,
) -> None:
    ident = smart("ES384")
    page = f"/w/{workspace.slug}/data-sources/{ident}"
    post(as_admin, f"{page}/keys", {})
    fhir.kids = {"first"}
    post(as_admin, f"{page}/keys/new", {"waits": "0"})
    published = api.get(jwks(as_admin, page)).json
    fhir.wanted = "expired"
    assert signs(ident, published) == "first" and len(fhir.tokens) == 2
    # What is tested is the key that is used from now on.
    tested = api.post(f"/v1/{workspace.id}/data-sources/{ident}/test", headers=keys.admin).json
    assert tested["ok"] is False and "invalid_client" in tested["sentence"]
    fhir.kids, fhir.wanted = {key["kid"] for key in published["keys"]}, "expired"
    assert signs(ident, published) != "first"
    # A day later the one before is published no more, and used no more.
    sql("update signing_key set used_from = used_from - interval '25 hours' where data_source_id = %s"
        " returning 1", (ident,))  # fmt: skip
    fhir.kids, fhir.wanted = {"first"}, "expired"
    signs(ident, published)
    status = api.get(f"/v1/{workspace.id}/data-sources/{ident}/status", headers=keys.viewer).json
    assert "gave no token (400, invalid_client)" in status["last_error"]
