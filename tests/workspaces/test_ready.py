"""From an empty workspace to one that can answer, by the API alone, guided by the overview."""

import re

from app.core.database import recorded
from tests.setup import AGENT_VERSION, GRAPH_VERSION, SOURCE, number
from tests.support import post, text

STEPS = ("Describe an agent", "Draw a context graph", "Put a service together",
         "Register a phone number", "Apply a safety template", "Connect a data source",
         "Add an operator")  # fmt: skip


def listed(client, workspace):
    page = text(client.get(f"/w/{workspace.slug}/"))
    found = re.search(r'id="blocking".*?</section>', page, re.S)
    return re.findall(r"<strong>([^<]+)</strong>", found[0]) if found else []


def test_the_overview_leads_from_empty_to_ready(maker, as_viewer, as_admin, workspace):
    assert tuple(listed(as_viewer, workspace)) == STEPS
    agent = maker.make("agents", {"name": "Ava"})["id"]
    assert "Describe an agent" in listed(as_viewer, workspace), "an agent without a version is none"
    maker.make(f"agents/{agent}/versions", AGENT_VERSION)
    graph = maker.make("context-graphs", {"name": "Front desk"})["id"]
    maker.make(f"context-graphs/{graph}/versions", GRAPH_VERSION)
    assert tuple(listed(as_viewer, workspace)) == STEPS[2:]
    service = maker.make("services", {"name": "Front desk", "agent_id": agent,
                                      "context_graph_id": graph})  # fmt: skip
    phone = maker.make("phone-numbers", {"phone_number": number()})
    assert "Route every number" in listed(as_viewer, workspace)
    maker.api.put(
        f"{maker.base}/phone-numbers/{phone['id']}",
        headers=maker.key,
        json={"inbound_service_id": service["id"]},
    )
    maker.make("safety/templates/healthcare_baseline/apply", {}, 200)
    maker.make("data-sources", SOURCE)
    maker.make("operators", {"name": "Nadia", "email": "n@x.example"})
    assert listed(as_viewer, workspace) == []
    assert "Every number answers" in text(
        as_viewer.get(f"/w/{workspace.slug}/phone-numbers/routes")
    )


def test_each_step_leads_where_one_may_do_it_or_look(as_viewer, as_admin, workspace):
    for client, ending in ((as_admin, "/agents/new"), (as_viewer, "/agents")):
        page = text(client.get(f"/w/{workspace.slug}/"))
        links = re.findall(r'<a href="([^"]+)"><strong>', page)
        assert any(link.endswith(ending) for link in links)
        for link in links:
            assert client.get(link).status_code == 200, link


def test_the_overview_runs_few_statements(as_viewer, workspace):
    as_viewer.get(f"/w/{workspace.slug}/")
    with recorded() as log:
        as_viewer.get(f"/w/{workspace.slug}/")
    assert len(log) <= 8


def test_branding_shows_in_the_menu_and_nowhere_else(as_admin, as_stranger, workspace, api, keys):
    home = f"/w/{workspace.slug}/settings/branding"
    answer = post(as_admin, home, {"display_name": "Our <b>clinic</b>", "mark_color": "violet",
                                   "version": "0"})  # fmt: skip
    assert answer.status_code == 303
    page = text(as_admin.get(f"/w/{workspace.slug}/"))
    assert "Our &lt;b&gt;clinic" in page and "mark-violet" in page
    named = api.get(f"/v1/workspaces/{workspace.id}", headers=keys.admin).json["name"]
    assert named == workspace.name
    assert post(as_admin, f"{home}/restore", {"number": "0", "version": "1"}).status_code == 303
    assert "mark-violet" not in text(as_admin.get(f"/w/{workspace.slug}/"))


def test_retention_is_kept_within_its_bounds(api, workspace, keys):
    url = f"/v1/{workspace.id}/settings/retention"
    assert api.get(url, headers=keys.viewer).json["call_recordings_days"] == 2190
    assert api.put(url, json={"phi_data_days": 364}, headers=keys.admin).status_code == 422
    held = api.put(url, json={"legal_hold": True, "legal_hold_reason": "Case 12"},
                   headers=keys.admin).json  # fmt: skip
    assert held["legal_hold"] is True and held["version"] == 1
    assert api.put(url, json={}, headers=keys.member).status_code == 403


def test_the_owner_says_which_records_system_it_is(as_owner, as_admin, workspace, api, keys, sql):
    home = f"/w/{workspace.slug}/settings/workspace"
    version = sql("select version from workspace where id = %s", (workspace.id,))[0][0]
    sent = {"name": workspace.name, "connector_type": "epic", "version": str(version)}
    assert post(as_admin, home, sent).status_code == 403
    assert post(as_owner, home, sent).status_code == 303
    assert (
        api.get(f"/v1/workspaces/{workspace.id}", headers=keys.viewer).json["connector_type"]
        == "epic"
    )
