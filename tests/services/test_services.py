"""Services: references, what is in use, version sets, partial PUT, and the voice of one."""

import html
import re

import pytest

from tests.support import post, text


@pytest.fixture
def service(maker):
    return maker.service()


@pytest.fixture
def url(workspace):
    return f"/v1/{workspace.id}/services"


@pytest.fixture
def home(workspace, service):
    return f"/w/{workspace.slug}/services/{service['id']}"


def test_the_shape_is_the_published_one(service):
    assert {
        "id", "workspace_id", "name", "description", "agent_id", "agent_name", "context_graph_id",
        "context_graph_name", "is_active", "is_system", "channel_type", "environment", "tags",
        "keyterms", "tool_capacity", "safety_filters_enabled", "escalation_policy", "version_sets",
        "voice_config", "created_at", "updated_at",
    } <= set(service)  # fmt: skip
    assert service["agent_name"] == "Agent of Appointments"
    assert set(service["version_sets"]) == {"edge", "release"}
    assert service["escalation_policy"]["risk_scorer"] == {"type": "operator"}
    assert (service["tool_capacity"], service["channel_type"]) == (3, "voice")


def test_another_workspaces_agent_is_404_and_nothing_changes(api, url, other, keys, service, maker,
                                                             as_admin, home, sql):  # fmt: skip
    from tests.setup import AGENT

    foreign = api.post(f"/v1/{other.id}/agents", json=AGENT, headers=keys.stranger).json["id"]
    before = sql("select agent_id, version from service where id = %s", (service["id"],))
    for answer in (
        api.put(f"{url}/{service['id']}", json={"agent_id": foreign}, headers=keys.admin),
        api.post(url, json={"name": "New", "agent_id": foreign,
                            "context_graph_id": service["context_graph_id"]}, headers=keys.admin),
        post(as_admin, home, {"agent_id": foreign, "version": "1", "name": "Appointments",
                              "context_graph_id": service["context_graph_id"]}),
    ):  # fmt: skip
        assert answer.status_code == 404, text(answer)
    assert sql("select agent_id, version from service where id = %s", (service["id"],)) == before


def test_put_is_partial_and_null_means_as_it_is(api, url, keys, service):
    one = f"{url}/{service['id']}"
    changed = api.put(one, json={"tool_capacity": 5, "escalation_policy": None, "name": None},
                      headers=keys.admin).json  # fmt: skip
    assert changed["tool_capacity"] == 5 and changed["name"] == service["name"]
    assert changed["escalation_policy"] == service["escalation_policy"]
    for bad in ({"tool_capacity": 11}, {"channel_type": "smoke"}, {"color": 1},
                {"keyterms": ["x"] * 501}, {"tags": [{"key": "a"}] * 51}):  # fmt: skip
        assert api.put(one, json=bad, headers=keys.admin).status_code == 422, bad


def test_ten_thousand_key_terms_are_refused_beside_the_field(
    api, url, keys, service, as_admin, home
):
    terms = [f"term {n}" for n in range(10_000)]
    answer = api.put(f"{url}/{service['id']}", json={"keyterms": terms}, headers=keys.admin)
    assert answer.status_code == 422
    assert answer.json["detail"][0]["msg"] == "At most 500 entries fit here."
    page = post(
        as_admin,
        home,
        {
            "name": "Appointments",
            "agent_id": service["agent_id"],
            "keyterms": terms,
            "context_graph_id": service["context_graph_id"],
            "version": "1",
        },
    )
    assert page.status_code == 422 and "At most 500 entries fit here." in text(page)
    assert "term 9999" in text(page)


def test_what_is_in_use_is_not_deleted_and_says_who_uses_it(api, workspace, keys, service, maker,
                                                            as_admin):  # fmt: skip
    from tests.setup import number

    base = f"/v1/{workspace.id}"
    maker.make("phone-numbers", {"phone_number": number(), "inbound_service_id": service["id"]})
    for path, said in ((f"agents/{service['agent_id']}", "service Appointments"),
                       (f"context-graphs/{service['context_graph_id']}", "service Appointments"),
                       (f"services/{service['id']}", "phone number")):  # fmt: skip
        answer = api.delete(f"{base}/{path}", headers=keys.admin)
        assert answer.status_code == 409 and said in answer.json["detail"], answer.data
        page = post(as_admin, f"/w/{workspace.slug}/{path}/delete")
        assert page.status_code == 409 and said in text(page)
        assert api.get(f"{base}/{path}", headers=keys.viewer).status_code == 200


def test_a_name_is_taken_once_a_workspace(api, url, keys, service, maker):
    body = {"name": "Appointments", "agent_id": service["agent_id"],
            "context_graph_id": service["context_graph_id"]}  # fmt: skip
    assert api.post(url, json=body, headers=keys.admin).status_code == 409


def test_version_sets_are_kept_and_two_always_exist(api, url, keys, service):
    sets = f"{url}/{service['id']}/version-sets"

    def put(name, **content):
        return api.put(f"{sets}/{name}", json={"version_set": content}, headers=keys.admin)

    assert put("canary", agent_version_number=1).status_code == 204
    assert (
        put(
            "release",
            agent_version_number=1,
            llm_model_preferences={
                "engage": {"llm_name": "some-model", "params": {"temperature": 0.2}}
            },
        ).status_code
        == 204
    )
    shown = api.get(f"{url}/{service['id']}", headers=keys.viewer).json["version_sets"]
    assert set(shown) == {"edge", "release", "canary"}
    assert shown["release"]["llm_model_preferences"]["engage"]["params"] == {"temperature": 0.2}
    assert put("edge", agent_version_number=1).status_code == 409
    assert put("canary", agent_version_number=7).status_code == 404
    assert put("canary", context_graph_version_number=2).status_code == 404
    assert put("Not OK!").status_code == 422
    for name, status in (("edge", 409), ("release", 409), ("canary", 204), ("canary", 404)):
        assert api.delete(f"{sets}/{name}", headers=keys.admin).status_code == status, name
    assert api.put(f"{sets}/x", json={"version_set": {}}, headers=keys.member).status_code == 403


def test_the_page_pins_promotes_and_deletes_sets(as_admin, as_viewer, home):
    stored = post(
        as_admin,
        f"{home}/version-sets/edit",
        {"set_name": "canary", "agent_version_number": "1", "context_graph_version_number": ""},
    )
    assert stored.status_code == 303
    assert "canary" in text(as_viewer.get(home)) and "Promote" not in text(as_viewer.get(home))
    copied = text(as_admin.get(f"{home}/version-sets/edit?name=release&copy=canary"))
    assert 'value="release"' in copied and 'name="agent_version_number" value="1"' in copied
    for name, number, status in (("edge", "1", 409), ("canary", "9", 404), ("No Name!", "1", 422)):
        answer = post(as_admin, f"{home}/version-sets/edit",
                      {"set_name": name, "agent_version_number": number})  # fmt: skip
        assert answer.status_code == status and f'value="{name}"' in text(answer), name
    assert post(as_admin, f"{home}/version-sets/delete", {"set_name": "canary"}).status_code == 303
    assert post(as_admin, f"{home}/version-sets/delete", {"set_name": "edge"}).status_code == 409


def test_the_voice_shows_what_is_inherited_and_from_where(as_admin, as_viewer, home, api, workspace,
                                                          keys, service, url):  # fmt: skip
    page = text(as_admin.get(f"{home}/voice"))
    assert "Inherited: sonic-turbo, quickest, from the default" in page
    assert "Inherited: as the server decides" in page
    api.put(
        f"/v1/{workspace.id}/settings/voice",
        headers=keys.admin,
        json={"tts_provider": "groq", "voice_id": "from-the-workspace", "keyterms": ["shared"]},
    )
    assert "Inherited: Groq, from the workspace" in text(as_viewer.get(f"{home}/voice")) or (
        "Groq, from the workspace" in text(as_viewer.get(f"{home}/voice"))
    )
    version = {**api.get(f"/v1/{workspace.id}/agents/{service['agent_id']}/versions/latest",
                         headers=keys.admin).json}  # fmt: skip
    body = {k: version[k] for k in ("name", "identity", "behaviors")}
    body["voice_config"] = {"voice_id": "from-the-agent", "tts_provider": "elevenlabs"}
    api.post(f"/v1/{workspace.id}/agents/{service['agent_id']}/versions", json=body,
             headers=keys.admin)  # fmt: skip
    page = text(as_admin.get(f"{home}/voice"))
    assert "ElevenLabs, from the agent" in page and "from-the-agent" in page
    api.put(
        f"{url}/{service['id']}/version-sets/release",
        headers=keys.admin,
        json={"version_set": {"agent_version_number": 1}},
    )
    assert "from-the-workspace" in text(as_admin.get(f"{home}/voice")), "the pinned version counts"


def test_the_voice_is_saved_refused_and_emptied(as_admin, home, api, url, keys, service):
    bad = post(as_admin, f"{home}/voice", {"version": "1", "max_buffer_delay_ms": "5000"})
    assert bad.status_code == 422 and "between 200 and 1000" in text(bad) and "5000" in text(bad)
    one = f"{url}/{service['id']}"
    saved = post(as_admin, f"{home}/voice", {"version": "1", "max_buffer_delay_ms": "300"})
    assert saved.status_code == 303
    assert api.get(one, headers=keys.viewer).json["voice_config"]["max_buffer_delay_ms"] == 300
    late = post(as_admin, f"{home}/voice", {"version": "1", "max_buffer_delay_ms": "400"})
    assert late.status_code == 409 and 'value="400"' in text(late)
    emptied = post(as_admin, f"{home}/voice", {"version": "2", "max_buffer_delay_ms": ""})
    assert emptied.status_code == 303
    assert api.get(one, headers=keys.viewer).json["voice_config"] is None


def test_two_who_store_version_sets_at_once_keep_both(app, workspace, keys, service, api, url):
    from concurrent.futures import ThreadPoolExecutor

    def put(name):
        client = app.test_client(use_cookies=False)
        return client.put(f"{url}/{service['id']}/version-sets/{name}", headers=keys.admin,
                          json={"version_set": {"agent_version_number": 1}}).status_code  # fmt: skip

    names = [f"set-{n}" for n in range(6)]
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(put, names)) <= {204, 409}
    stored = [name for name in names if put(name) == 204]
    shown = api.get(f"{url}/{service['id']}", headers=keys.viewer).json["version_sets"]
    assert stored == names and set(names) <= set(shown)


def was_of(page):
    return html.unescape(re.search(r'name="was" value="([^"]*)"', page)[1])


def test_a_version_set_that_changed_meanwhile_is_not_overwritten(as_admin, as_owner, home, api,
                                                                 url, keys, service):  # fmt: skip
    edit = f"{home}/version-sets/edit"
    was = was_of(text(as_admin.get(f"{edit}?name=release")))
    theirs = {"set_name": "release", "agent_version_number": "1", "was": was}
    assert post(as_owner, edit, theirs).status_code == 303
    mine = {"set_name": "release", "context_graph_version_number": "1", "was": was}
    refused = post(as_admin, edit, mine)
    page = text(refused)
    assert refused.status_code == 409 and "release (Agent version: 1)" in page
    release = api.get(f"{url}/{service['id']}", headers=keys.viewer).json["version_sets"]["release"]
    assert (release["agent_version_number"], release["context_graph_version_number"]) == (1, None)
    assert re.search(r'name="context_graph_version_number" value="1"', page)
    assert post(as_admin, edit, {**mine, "was": was_of(page)}).status_code == 303


def test_a_new_version_set_does_not_replace_one_of_its_name(as_admin, home):
    edit = f"{home}/version-sets/edit"
    was = was_of(text(as_admin.get(edit)))
    new = {"set_name": "winter", "agent_version_number": "1", "was": was}
    assert post(as_admin, edit, new).status_code == 303
    again = post(as_admin, edit, {"set_name": "winter", "was": was})
    assert again.status_code == 409 and "winter (Agent version: 1)" in text(again)


def test_what_the_voice_form_leaves_empty_is_inherited(as_admin, home, api, url, keys, service):
    page = text(as_admin.get(f"{home}/voice")).split("<main")[1]
    names = set(re.findall(r' name="([a-z_]+)"', page)) - {"csrf_token"}
    sent = dict.fromkeys(names, "") | {"version": "1", "tts_model": "sonic-3"}
    assert post(as_admin, f"{home}/voice", sent).status_code == 303
    kept = api.get(f"{url}/{service['id']}", headers=keys.viewer).json["voice_config"]
    assert {name for name, value in kept.items() if value is not None} == {"tts_model"}


def test_two_who_set_the_voice_see_both_versions(as_admin, as_owner, home):
    post(as_owner, f"{home}/voice", {"version": "1", "tts_model": "sonic-3"})
    late = post(as_admin, f"{home}/voice", {"version": "1", "filler_style": "silent"})
    said = text(late).split("saved while you were editing")[1].split("</table>")[0]
    assert late.status_code == 409
    assert "sonic-3, more expressive" in said and "Silence" in said and "Inherit" in said
