"""Context graphs: what makes one sound, versions, the picture and its words."""

import copy
import json
import uuid

import pytest

from tests.setup import GRAPH_VERSION
from tests.support import post, text


@pytest.fixture
def graph(maker):
    return maker.make("context-graphs", {"name": "Front desk"})["id"]


@pytest.fixture
def url(workspace, graph):
    return f"/v1/{workspace.id}/context-graphs/{graph}/versions"


@pytest.fixture
def home(workspace, graph):
    return f"/w/{workspace.slug}/context-graphs/{graph}"


def broken(**changes):
    content = copy.deepcopy(GRAPH_VERSION)
    for name, value in changes.items():
        content[name] = value
    return content


def leads(to, name="Start"):
    return {"type": "action", "name": name,
            "exit_conditions": [{"description": "Always", "next_state": to}]}  # fmt: skip


END = {"type": "action", "name": "End"}


def states(*found):
    return {"states": list(found), "new_user_initial_state": "Start",
            "returning_user_initial_state": "Start", "terminal_state": "End"}  # fmt: skip


@pytest.mark.parametrize(("content", "sentence"), [
    (states(leads("End"), END, END), "Two states are called “End”"),
    (states(leads("Nowhere"), END), "State “Start” leads to “Nowhere”, which does not exist"),
    (states(leads("Start"), END), "no way leads from it to the last state “End”"),
    (states(leads("End")) | {"terminal_state": "Finish"}, "Last state: there is no state “Finish”"),
    (states(leads("End"), END) | {"new_user_initial_state": "X"}, "First state, new caller: there is"),
    (states({"type": "annotation", "name": "Thought"}, END), "State “Thought”, next_state: Fill this"),
    (states({"name": "Untyped"}, END), "State “Untyped”: Give it a type"),
    (states({"type": "dance", "name": "Odd"}, END), "State “Odd”: Give it a type"),
    (states({"type": "action", "name": "A", "color": 1}, END), "State “A”, color: There is no such"),
    (states({"type": "data_collection", "name": "Ask", "fields": [], "on_complete": "End"}, END),
     "State “Ask”, fields"),
    (states({"type": "action"}, END), "A state without a name, name: Fill this in"),
    ({"states": []}, "at least 1"),
])  # fmt: skip
def test_a_graph_that_cannot_work_names_the_state(api, url, keys, content, sentence):
    answer = api.post(url, json=content, headers=keys.admin)
    assert answer.status_code == 422
    said = " ".join(problem["msg"] for problem in answer.json["detail"])
    assert sentence in said, said


def test_versions_are_numbered_immutable_and_latest_is_the_newest(api, url, keys, sql):
    for number in (1, 2):
        made = api.post(url, json=broken(description=f"v{number}"), headers=keys.admin)
        assert (made.status_code, made.json["version"]) == (201, number)
    assert api.get(f"{url}/latest", headers=keys.viewer).json["description"] == "v2"
    assert api.get(f"{url}/1", headers=keys.viewer).json["description"] == "v1"
    for bad in ("3", "0", "-1", "newest", "9" * 30):
        assert api.get(f"{url}/{bad}", headers=keys.viewer).status_code == 404, bad
    listed = api.get(f"{url}?limit=1", headers=keys.viewer).json
    assert [v["version"] for v in listed["items"]] == [2] and listed["total"] == 2
    rest = api.get(f"{url}?limit=1&continuation_token={listed['continuation_token']}",
                   headers=keys.viewer).json  # fmt: skip
    assert [v["version"] for v in rest["items"]] == [1] and not rest["has_more"]
    for method in ("PUT", "PATCH", "DELETE"):
        assert api.open(f"{url}/1", method=method, json={}, headers=keys.owner).status_code == 405
    shown = api.get(url.removesuffix("/versions"), headers=keys.viewer).json
    assert shown["latest_version"] == 2 and shown["state_count"] == len(GRAPH_VERSION["states"])


def test_deleting_a_graph_keeps_its_versions(api, url, keys):
    api.post(url, json=GRAPH_VERSION, headers=keys.admin)
    assert api.delete(url.removesuffix("/versions"), headers=keys.admin).status_code == 204
    assert api.get(f"{url}/1", headers=keys.viewer).status_code == 200


def test_a_version_is_drawn_and_told_in_words(api, url, keys, home, as_viewer):
    api.post(url, json=GRAPH_VERSION, headers=keys.admin)
    page = text(as_viewer.get(f"{home}/versions/1"))
    assert "<svg" in page and "States in words" in page
    for state in GRAPH_VERSION["states"]:
        assert page.count(state["name"]) >= 2, state["name"]
    assert "Edit the texts" not in page and "Start, new caller" in page


def test_the_form_keeps_what_was_typed_and_stores_one_version(as_admin, home, sql, graph):
    sent = {
        "ident": str(uuid.uuid4()), "base": "0", "description": "First",
        "new_user_initial_state": "Start", "returning_user_initial_state": "Start",
        "terminal_state": "End", "states": json.dumps([leads("Gone"), END]),
    }  # fmt: skip
    refused = post(as_admin, f"{home}/versions/new", sent)
    page = text(refused)
    assert refused.status_code == 422 and "leads to “Gone”" in page and "&#34;Gone&#34;" in page
    for _ in range(2):
        sent["states"] = json.dumps([leads("End"), END])
        stored = post(as_admin, f"{home}/versions/new", sent)
        assert stored.status_code == 303 and stored.headers["Location"].endswith("/versions/1")
    assert sql("select count(*) from context_graph_version where context_graph_id = %s",
               (graph,)) == [(1,)]  # fmt: skip


def test_somebody_elses_version_in_between_is_told(api, url, keys, as_admin, home):
    api.post(url, json=GRAPH_VERSION, headers=keys.owner)
    sent = {"ident": str(uuid.uuid4()), "base": "0", "new_user_initial_state": "Start",
            "returning_user_initial_state": "Start", "terminal_state": "End",
            "states": json.dumps([leads("End"), END])}  # fmt: skip
    late = post(as_admin, f"{home}/versions/new", sent)
    assert late.status_code == 409 and "stored version 1 after you opened" in text(late)
    again = post(as_admin, f"{home}/versions/new", {**sent, "base": "1"})
    assert again.headers["Location"].endswith("/versions/2")


def test_texts_are_edited_without_touching_json(api, url, keys, as_admin, home):
    api.post(url, json=GRAPH_VERSION, headers=keys.admin)
    page = text(as_admin.get(f"{home}/versions/texts"))
    assert GRAPH_VERSION["states"][0]["objective"].split("“")[0][:20] in page
    sent = {"base": "1", "description": "Kinder", "s0-objective": "Say hello warmly.",
            "s0-action_guidelines": "Smile.\n\n Be brief. "}  # fmt: skip
    stored = post(as_admin, f"{home}/versions/texts", sent)
    assert stored.status_code == 303
    new = api.get(f"{url}/latest", headers=keys.viewer).json
    assert new["version"] == 2 and new["states"][0]["objective"] == "Say hello warmly."
    assert new["states"][0]["action_guidelines"] == ["Smile.", "Be brief."]
    assert new["states"][1:] == api.get(f"{url}/1", headers=keys.viewer).json["states"][1:]
    long = post(
        as_admin, f"{home}/versions/texts", {**sent, "base": "2", "s0-objective": "x" * 4001}
    )
    assert long.status_code == 422 and "x" * 4001 in text(long) and "4000" in text(long)
    changes = text(as_admin.get(f"{home}/versions/2"))
    assert "What changed since version 1" in changes and "Say hello warmly." in changes


def test_a_graph_of_two_megabytes_is_refused_in_words(api, url, keys, as_admin, home):
    line = {"description": "d" * 1900, "next_state": "End"}
    big = states(*({**leads("End", f"S{n}"), "exit_conditions": [line] * 4} for n in range(280)),
                 leads("End"), END)  # fmt: skip
    body = json.dumps(big)
    assert len(body) > 2_000_000
    answer = api.post(url, data=body, headers={**keys.admin, "Content-Type": "application/json"})
    assert answer.status_code == 422 and "larger than 1 MB" in answer.json["detail"][0]["msg"]
    sent = {"ident": str(uuid.uuid4()), "base": "0", "new_user_initial_state": "Start",
            "returning_user_initial_state": "Start", "terminal_state": "End",
            "states": json.dumps(big["states"])}  # fmt: skip
    page = post(as_admin, f"{home}/versions/new", sent)
    assert page.status_code == 422 and "larger than 1 MB" in text(page)


def test_two_hundred_states_are_stored_and_drawn(api, url, keys, as_viewer, home):
    many = [leads(f"S{n + 1}" if n < 198 else "End", f"S{n}") for n in range(199)]
    content = states(*many, END) | {"new_user_initial_state": "S0",
                                    "returning_user_initial_state": "S0"}  # fmt: skip
    assert api.post(url, json=content, headers=keys.admin).status_code == 201
    page = text(as_viewer.get(f"{home}/versions/1"))
    assert page.count('id="state-') == 200


def test_an_agent_version_keeps_everything(maker, api, workspace, keys, as_viewer):
    ident = maker.agent()
    base = f"/v1/{workspace.id}/agents/{ident}/versions"
    version = api.get(f"{base}/latest", headers=keys.viewer).json
    assert version["identity"]["relationship_to_developer"]["type"] == "Assistant"
    assert version["agent_id"] == ident and version["voice_config"] is None
    page = text(as_viewer.get(f"/w/{workspace.slug}/agents/{ident}/versions/1"))
    assert "Never gives medical advice." in page and "Receptionist" in page
    wrong = {"name": "V", "identity": {"name": "A"}, "voice_config": {"voice_id": "x", "style": 2}}
    answer = api.post(base, json=wrong, headers=keys.admin)
    places = [".".join(map(str, p["loc"])) for p in answer.json["detail"]]
    assert "body.identity.role" in places and "body.voice_config.style" in places
