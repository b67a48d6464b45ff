"""“Test connection” against a real server that misbehaves on purpose."""

import socket

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from pydantic import ValidationError

from app.data_sources import probes, smart
from app.data_sources.kinds.fhir import FhirConfig, FhirServer, SmartConfig, key_problem, new_key
from app.data_sources.kinds.others import FileDrop, FileDropConfig, RestApi, RestConfig

from . import misbehaving


@pytest.fixture(scope="module")
def url():
    with misbehaving.server() as found:
        yield found


@pytest.fixture(autouse=True)
def _forget():
    misbehaving.Handler.seen.clear()


def look(url, path, **more):
    config = FhirConfig(base_url=f"{url}/{path}", allow_private=True, **more)
    return probes.run(
        config, lambda client: probes.fhir(client, config, {"auth_token": "t0ken"}), 2
    )


def test_a_fhir_server_is_reached_and_named(url):
    found = FhirServer.probe(FhirConfig(base_url=f"{url}/good", allow_private=True), {})
    assert (found.ok, found.code, found.detail) == (True, "reached", "Test FHIR 7")
    assert "4.0.1" in found.sentence and found.milliseconds is not None


@pytest.mark.parametrize(("path", "code"), [
    ("html", "not_fhir"), ("r5", "wrong_version"), ("error", "bad_answer"),
    ("halfway", "cut_off"), ("nowhere", "not_found"),
    ("bomb", "too_large"), ("round", "redirected"), ("file", "redirected"),
])  # fmt: skip
def test_what_it_found_stands_in_words(url, path, code):
    found = look(url, path)
    assert (found.ok, found.code) == (False, code), found
    assert len(found.sentence) > 20


def test_a_wrong_token_is_unauthorised_and_never_shown(url):
    found = look(url, "signed", auth_type="bearer_token")
    assert found.code == "unauthorised"
    assert "t0ken" not in found.sentence + found.detail


def test_a_server_that_drips_is_given_up_at_the_deadline(url):
    config = FhirConfig(base_url=f"{url}/drip", allow_private=True)
    found = probes.run(config, lambda client: probes.fhir(client, config, {}), 0.5)
    assert found.code == "timed_out" and "0.5 s" in found.sentence
    assert found.milliseconds < 1500


def test_nothing_there_and_no_such_name():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert look(f"http://127.0.0.1:{port}", "x").code == "refused"
    assert look("http://no-such-name.invalid", "x").code == "unknown_host"


def test_a_private_address_is_not_asked_unless_allowed(url):
    config = FhirConfig.model_construct(
        base_url=f"{url}/good", allow_private=False, ca_certificate=None, auth_type="none"
    )
    found = probes.run(config, lambda client: probes.fhir(client, config, {}), 2)
    assert found.code == "private_address" and misbehaving.Handler.seen == []


def test_credentials_do_not_follow_a_redirect_elsewhere(url):
    with misbehaving.server() as other:
        misbehaving.Handler.elsewhere = f"{other}/good/metadata"
        look(url, "away", auth_type="api_key_header", auth_header="X-Key")
    first, second = misbehaving.Handler.seen[:2]
    assert first[1]["X-Key"] == "t0ken" and "X-Key" not in second[1]


def test_a_certificate_of_ones_own_is_trusted_only_when_given(tmp_path):
    path, pem = misbehaving.self_signed(tmp_path)
    with misbehaving.server(path) as url:
        assert look(url, "good").code == "certificate_not_trusted"
        assert look(url, "good", ca_certificate=pem).code == "reached"


def pem_of(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.mark.parametrize(("algorithm", "key", "kind"), [
    ("RS384", rsa.generate_private_key(65537, 2048), RSAKey),
    ("ES384", ec.generate_private_key(ec.SECP384R1()), ECKey),
])  # fmt: skip
def test_smart_discovers_signs_and_is_let_in(url, algorithm, key, kind):
    pem = pem_of(key)
    config = SmartConfig(base_url=f"{url}/signed", allow_private=True, client_id="ward",
                         assertion_kid="key-1", assertion_algorithm=algorithm)  # fmt: skip
    found = probes.run(config, lambda client: smart.check(client, config, {"private_key": pem}), 3)
    assert found.code == "reached", found
    body = next(body for path, _, body in misbehaving.Handler.seen if path == "/token")
    assertion = body.split("client_assertion=")[1].split("&")[0]
    read = jwt.decode(assertion, kind.import_key(pem), algorithms=[algorithm])
    assert read.header["kid"] == "key-1"
    assert read.claims["iss"] == read.claims["sub"] == "ward"
    assert read.claims["aud"] == f"{url}/token"
    assert 0 < read.claims["exp"] - read.claims["iat"] <= 300


def test_a_key_must_fit_its_algorithm():
    small = pem_of(rsa.generate_private_key(65537, 1024))
    curve = pem_of(ec.generate_private_key(ec.SECP256R1()))
    assert "2048" in key_problem(small, "RS384")
    assert "P-384" in key_problem(curve, "ES384")
    assert "PEM" in key_problem("nonsense", "RS384")


def test_a_token_address_that_gives_none_says_so(url):
    config = RestConfig(
        base_url=url, allow_private=True, auth_type="oauth2_client_credentials", client_id="c",
        token_url=f"{url}/token/wrong", endpoints=[
            {"path": "/good", "entity_type": "person", "id_path": "id"}],
    )  # fmt: skip
    found = RestApi.probe(config, {"client_secret": "hidden"})
    assert found.code == "unauthorised" and "hidden" not in found.sentence


def test_a_token_address_says_why_in_its_own_word(url):
    config = SmartConfig(base_url=f"{url}/smart", allow_private=True, client_id="ward",
                         token_url=f"{url}/token/refused", assertion_algorithm="ES384",
                         assertion_kid="k1")  # fmt: skip
    key = new_key("ES384")
    found = probes.run(config, lambda c: smart.check(c, config, {"private_key": key}), 2)
    assert "(400, invalid_scope)" in found.sentence and found.detail == "No such scope."


def test_a_folder_is_looked_at_within_the_workspaces_own(tmp_path):
    home, outside = tmp_path / "mine", tmp_path / "theirs"
    (home / "exports").mkdir(parents=True)
    outside.mkdir()
    (home / "exports/a.csv").write_text("x")
    (home / "way-out").symlink_to(outside)

    def ask(path, where=home):
        return FileDrop.probe(FileDropConfig(path=path, format="csv"), {}, where)

    assert ask("exports").sentence == "The folder is there, with 1 file of this format."
    assert ask("gone").code == "not_found" and ask("exports/a.csv").code == "not_found"
    assert ask("way-out").code == "unauthorised"
    assert "WARD_DROP_FOLDER" in ask("exports", None).sentence
    for path in ("/etc", "../theirs", "a/../../theirs", "..\\theirs"):
        with pytest.raises(ValidationError):
            FileDropConfig(path=path)
