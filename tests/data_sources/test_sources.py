"""Data sources: kinds, secrets, and “Test connection” over HTTP."""

import dataclasses
import re

import pytest

from app.core import vault
from app.data_sources.cli import secrets as command
from tests.setup import SOURCE
from tests.support import post, text

from . import misbehaving

SECRET = "a-token-nobody-may-see"


@pytest.fixture
def url(workspace):
    return f"/v1/{workspace.id}/data-sources"


@pytest.fixture
def home(workspace):
    return f"/w/{workspace.slug}/data-sources"


@pytest.fixture
def source(maker):
    return maker.make("data-sources", SOURCE)


def test_a_secret_is_sealed_and_never_shown_again(source, api, url, keys, as_admin, home, sql):
    shown = source["connection_config"]
    assert shown["auth_token"] == "••••••" and shown["base_url"] == "https://fhir.example.com/r4"
    changed = api.patch(
        f"{url}/{source['id']}",
        headers=keys.admin,
        json={"connection_config": {**shown, "auth_token": "another-secret-token"}},
    )
    assert changed.status_code == 200
    for path in (f"{home}/{source['id']}", f"{home}/{source['id']}/history", home):
        page = text(as_admin.get(path))
        assert SECRET not in page and "another-secret" not in page
    for table in ("data_source", "revision", "audit_event"):
        kept = str(sql(f"select t::text from {table} t"))
        assert SECRET not in kept and "another-secret" not in kept, table
    history = text(as_admin.get(f"{home}/{source['id']}/history"))
    assert "Connection" in history


def test_a_secret_left_out_or_shown_as_dots_stays(source, api, url, keys, sql):
    one = f"{url}/{source['id']}"

    def sealed():
        return sql("select connection_config ->> 'auth_token' from data_source where id = %s",
                   (source["id"],))[0][0]  # fmt: skip

    before = sealed()
    config = {"base_url": "https://fhir.example.com/r4b", "auth_type": "bearer_token"}
    for given in (config, {**config, "auth_token": "••••••"}):
        answer = api.patch(one, json={"connection_config": given}, headers=keys.admin)
        assert answer.status_code == 200 and sealed() == before
    gone = api.patch(one, json={"connection_config": {**config, "auth_token": None}},
                     headers=keys.admin)  # fmt: skip
    assert gone.status_code == 422
    assert gone.json["detail"][0]["loc"] == ["body", "connection_config", "auth_token"]


def test_a_sealed_secret_of_another_workspace_opens_nothing(source, api, other, keys, sql):
    sealed = sql("select connection_config ->> 'auth_token' from data_source where id = %s",
                 (source["id"],))[0][0]  # fmt: skip
    stolen = {**SOURCE, "connection_config": {**SOURCE["connection_config"], "auth_token": sealed}}
    made = api.post(f"/v1/{other.id}/data-sources", json=stolen, headers=keys.stranger)
    kept = sql("select connection_config ->> 'auth_token' from data_source where id = %s",
               (made.json["id"],))[0][0]  # fmt: skip
    assert kept != sealed, "taken as a plain text, sealed anew for its own workspace"


@pytest.mark.parametrize(("change", "place", "sentence"), [
    ({"connection_config": {"base_url": "file:///etc/passwd"}}, "base_url", "must begin with"),
    ({"connection_config": {"base_url": "https://a:b@x.example"}}, "base_url", "user name"),
    ({"connection_config": {"base_url": "http://127.0.0.1/fhir"}}, "base_url", "inside the network"),
    ({"connection_config": {"base_url": "https://x.example", "color": "red"}}, "color", "no such"),
    ({"connection_config": {}}, "base_url", "Fill this in"),
    ({"sync_strategy": "scheduled"}, "sync_schedule", "how often"),
    ({"sync_strategy": "webhook"}, "sync_strategy", "manual, scheduled"),
    ({"sync_schedule": "0 0 30 2 *"}, "sync_schedule", "never comes due"),
    ({"source_type": "carrier_pigeon"}, "source_type", "Choose one of these"),
    ({"source_type": "webhook", "connection_config": {"secret": "short"}, "sync_strategy": "webhook"},
     "secret", "16 characters"),
    ({"source_type": "file_drop", "connection_config": {"path": "../up"}}, "path", "below this workspace"),
    ({"source_type": "rest_api", "connection_config": {
        "base_url": "https://x.example", "endpoints": []}}, "endpoints", "at least 1"),
])  # fmt: skip
def test_a_bad_connection_is_refused_beside_its_field(api, url, keys, sql, workspace, change, place,
                                                      sentence):  # fmt: skip
    answer = api.post(url, json={**SOURCE, **change}, headers=keys.admin)
    assert answer.status_code == 422, answer.data
    problem = next(p for p in answer.json["detail"] if p["loc"][-1] == place)
    assert sentence in problem["msg"]
    assert sql("select 1 from data_source where workspace_id = %s", (workspace.id,)) == []


def test_the_form_of_each_kind_keeps_what_was_typed(as_admin, home):
    chosen = text(as_admin.get(f"{home}/new"))
    for kind in re.findall(r"\?kind=(\w+)", chosen):
        page = text(as_admin.get(f"{home}/new?kind={kind}"))
        assert "Create data source" in page, kind
    sent = {"kind": "fhir_store", "source_type": "fhir_store", "name": "Mine",
            "connection_config": "1", "connection_config-base_url": "http://10.0.0.1/fhir",
            "connection_config-auth_type": "none", "sync_strategy": "manual"}  # fmt: skip
    answer = post(as_admin, f"{home}/new", sent)
    page = text(answer)
    assert answer.status_code == 422 and "inside the network" in page
    assert "http://10.0.0.1/fhir" in page and 'value="Mine"' in page
    stored = post(as_admin, f"{home}/new", {**sent, "connection_config-allow_private": "true"})
    assert stored.status_code == 303


def test_the_button_asks_the_real_server(as_admin, as_viewer, api, url, keys, home, maker, sql):
    with misbehaving.server() as there:
        source = maker.make(
            "data-sources",
            {
                **SOURCE,
                "connection_config": {
                    "base_url": f"{there}/good",
                    "allow_private": True,
                    "auth_type": "bearer_token",
                    "auth_token": SECRET,
                },
            },
        )
        page = text(post(as_admin, f"{home}/{source['id']}/test"))
        assert "Reached: 127.0.0.1 is a FHIR server" in page
        found = api.post(f"{url}/{source['id']}/test", headers=keys.admin).json
        assert found["ok"] is True and found["code"] == "reached"
    asked = [headers.get("Authorization") for _, headers, _ in misbehaving.Handler.seen]
    assert f"Bearer {SECRET}" in asked, "the sealed secret was opened for the request"
    assert post(as_viewer, f"{home}/{source['id']}/test").status_code == 403
    after = api.post(f"{url}/{source['id']}/test", headers=keys.admin).json
    assert (after["ok"], after["code"]) == (False, "refused")
    assert sql("select count(*) from audit_event where action = 'data_source.test'")[0][0] >= 3


@pytest.fixture
def rekey(app):
    """Change the keys; afterwards everything is sealed with the tests' own key again."""
    config, used = app.config["WARD"], []

    def change(**changes):
        app.config["WARD"] = dataclasses.replace(config, **changes)
        used.extend(vault_keys(app))

    yield change
    every = dict.fromkeys((*config.secrets_keys, *used))
    app.config["WARD"] = dataclasses.replace(config, secrets_keys=tuple(every), secrets_file="")
    app.test_cli_runner().invoke(command, ["rotate"])
    app.config["WARD"] = config


def vault_keys(app):
    with app.app_context():
        return vault.keys()


def test_rotation_seals_everything_anew(app, source, sql, rekey):
    def tokens():
        found = sql(
            "select connection_config ->> 'auth_token' from data_source where id::text = %(id)s"
            " union all select value #>> '{connection_config,auth_token}' from revision"
            " where resource_id = %(id)s", {"id": source["id"]},
        )  # fmt: skip
        return [row[0] for row in found]

    before, old, new = tokens(), app.config["WARD"].secrets_keys, vault.new_key()
    rekey(secrets_keys=(new, *old))
    done = app.test_cli_runner().invoke(command, ["rotate"])
    assert done.exit_code == 0, done.output
    assert len(tokens()) == 2 and not set(tokens()) & set(before)
    rekey(secrets_keys=(new,))
    place = sql("select workspace_id from data_source where id = %s", (source["id"],))[0][0]
    with app.app_context():
        assert vault.unseal(place, "auth_token", tokens()[0]) == SECRET
    rekey(secrets_keys=(vault.new_key(),))
    lost = app.test_cli_runner().invoke(command, ["rotate"])
    assert lost.exit_code == 1 and "do not open" in lost.output


def test_a_key_file_rolls_on(app, source, rekey, tmp_path):
    path = tmp_path / "secrets.keys"
    vault.write_keys(path, app.config["WARD"].secrets_keys)
    first = path.read_text()
    rekey(secrets_keys=(), secrets_file=str(path))
    done = app.test_cli_runner().invoke(command, ["rotate"])
    rekey(secrets_keys=(), secrets_file=str(path))
    assert done.exit_code == 0, done.output
    assert path.read_text().splitlines()[1:] == first.splitlines()
    assert path.stat().st_mode & 0o077 == 0


def test_a_tab_may_part_the_columns(api, url, home, keys, as_admin):
    config = {"path": "exports", "format": "csv", "delimiter": "\t"}
    body = {"name": "Tabs", "source_type": "file_drop", "connection_config": config}
    made = api.post(url, json=body, headers=keys.admin).json
    assert made["connection_config"]["delimiter"] == "\t"
    form = {
        "kind": "file_drop", "source_type": "file_drop", "name": "Tabs by hand",
        "connection_config": "1", "connection_config-path": "exports",
        "connection_config-format": "csv", "connection_config-delimiter": "\t",
        "sync_strategy": "manual",
    }  # fmt: skip
    assert post(as_admin, f"{home}/new", form).status_code == 303
    found = api.get(url, query_string={"search": "by hand"}, headers=keys.viewer).json["items"]
    assert found[0]["connection_config"]["delimiter"] == "\t"
    for wrong in ("", " ", "ab"):
        bad = {**body, "name": "No", "connection_config": {**config, "delimiter": wrong}}
        answer = api.post(url, json=bad, headers=keys.admin)
        assert answer.json["detail"][0]["loc"] == ["body", "connection_config", "delimiter"], wrong


def test_json_values_keep_their_spaces(api, url, keys, source):
    mapped = {"field_mappings": {"name": " - ", "deep": [{"x": " y "}]}}
    kept = api.patch(f"{url}/{source['id']}", json=mapped, headers=keys.admin).json
    assert kept["field_mappings"] == mapped["field_mappings"]


def test_the_form_offers_only_the_ways_of_reading_a_kind_has(as_admin, home):
    page = text(as_admin.get(f"{home}/new?kind=webhook"))
    assert "When the other side sends" in page and "On a schedule" not in page
    page = text(as_admin.get(f"{home}/new?kind=file_drop"))
    assert "On a schedule" in page and "When the other side sends" not in page


def test_what_does_not_fit_the_kind_is_told_where_it_stands(api, url, keys, source):
    for change, field in (
        ({"sync_strategy": "webhook"}, "sync_strategy"),
        ({"sync_strategy": "scheduled"}, "sync_schedule"),
    ):
        answer = api.patch(f"{url}/{source['id']}", json=change, headers=keys.admin)
        assert answer.status_code == 422 and answer.json["detail"][0]["loc"] == ["body", field]
    answer = api.patch(f"{url}/{source['id']}", json={"entity_types": ["P!"]}, headers=keys.admin)
    assert answer.json["detail"][0]["msg"] == "Use small letters, digits and _, such as person."
    assert "input" in answer.json["detail"][0] and "ctx" not in answer.json["detail"][0]


def test_the_page_says_of_which_kind_a_source_is(source, as_viewer, as_admin, home):
    for client in (as_viewer, as_admin):
        assert "FHIR R4 server" in text(client.get(f"{home}/{source['id']}")).split("<main")[1]
