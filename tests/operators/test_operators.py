"""Operators: list, create, change, history, delete and bring back, in pages and JSON."""

import re
import uuid

import pytest

from app.core.database import recorded
from tests.support import post, text

NEW = {"name": "Nadia Okafor", "email": "nadia@riverside.example", "type": "clinical"}


@pytest.fixture
def home(workspace):
    return f"/w/{workspace.slug}/operators"


@pytest.fixture
def url(workspace):
    return f"/v1/{workspace.id}/operators"


@pytest.fixture
def operator(api, url, keys):
    made = api.post(url, json=NEW, headers=keys.admin)
    assert made.status_code == 201, made.data
    return made.json


def form(**changes):
    return {
        **NEW, "role": "operator", "skills": "", "connection_method": "browser",
        "phone_number": "", "status": "offline", "ident": str(uuid.uuid4()), **changes,
    }  # fmt: skip


def test_an_empty_list_says_what_to_do_first(as_admin, as_viewer, home):
    assert "Add the first one" in text(as_admin.get(home))
    page = text(as_viewer.get(home))
    assert "No operators yet" in page and "Add the first one" not in page


def test_admin_creates_an_operator_and_pressing_twice_makes_one(as_admin, home, sql, workspace):
    content = form(skills="Spanish")
    for _ in range(2):
        answer = post(as_admin, f"{home}/new", content)
        assert answer.status_code == 303
        assert answer.headers["Location"].endswith(content["ident"])
    found = sql("select name, skills, version from operator where workspace_id = %s",
                (workspace.id,))  # fmt: skip
    assert found == [("Nadia Okafor", ["Spanish"], 1)]


@pytest.mark.parametrize(("change", "sentence"), [
    ({"name": ""}, "Fill this in."), ({"email": "nadia"}, "Enter an e-mail address"),
    ({"connection_method": "phone"}, "needs a phone number"),
    ({"phone_number": "12"}, "Enter a phone number"), ({"type": "wizard"}, "Choose one of these"),
    ({"name": "x" * 257}, "Keep this to 256"), ({"skills": "y" * 65}, "64"),
])  # fmt: skip
def test_a_bad_value_is_told_and_everything_typed_stays(as_admin, home, sql, workspace,
                                                       change, sentence):  # fmt: skip
    answer = post(as_admin, f"{home}/new", form(**change))
    page = text(answer)
    assert answer.status_code == 422
    assert sentence in page and "nadia" in page
    assert sql("select 1 from operator where workspace_id = %s", (workspace.id,)) == []


def test_a_phone_number_is_kept_as_e164_whatever_was_typed(api, url, keys):
    content = {**NEW, "connection_method": "phone", "phone_number": "(415) 555-0142"}
    made = api.post(url, json=content, headers=keys.admin)
    assert made.json["phone_number"] == "+14155550142"


def test_an_address_is_taken_once_a_workspace(api, url, keys, operator, as_admin, home, other):
    again = api.post(url, json=NEW, headers=keys.admin)
    assert again.status_code == 409
    page = post(as_admin, f"{home}/new", form())
    assert page.status_code == 409 and "exists already" in text(page)
    elsewhere = api.post(f"/v1/{other.id}/operators", json=NEW, headers=keys.stranger)
    assert elsewhere.status_code == 201


def test_viewer_and_member_read_and_change_nothing(as_viewer, as_member, home, operator, api, url,
                                                   keys, sql):  # fmt: skip
    one = f"{home}/{operator['id']}"
    for client in (as_viewer, as_member):
        page = text(client.get(one)).split("<main")[1]
        assert "Nadia Okafor" in page and "<input" not in page and "Save" not in page
        assert post(client, one, form(name="Other")).status_code == 403
        assert post(client, f"{one}/delete").status_code == 403
    for role in ("viewer", "member"):
        key = keys[role]
        assert api.get(url, headers=key).status_code == 200
        for method, path in (("POST", url), ("PATCH", f"{url}/{operator['id']}"),
                             ("DELETE", f"{url}/{operator['id']}")):  # fmt: skip
            assert api.open(path, method=method, json={}, headers=key).status_code == 403
    assert sql("select name from operator where id = %s", (operator["id"],)) == [("Nadia Okafor",)]


def test_a_change_is_partial_audited_and_in_the_history(api, url, keys, operator, as_viewer, home,
                                                        sql):  # fmt: skip
    one = f"{url}/{operator['id']}"
    changed = api.patch(one, json={"status": "online"}, headers=keys.admin)
    assert changed.json["status"] == "online" and changed.json["version"] == 2
    assert changed.json["name"] == "Nadia Okafor"
    again = api.patch(one, json={"status": "online"}, headers=keys.admin)
    assert again.json["version"] == 2, "saving what stands changes nothing"
    events = sql("select action, after from audit_event where resource_id = %s order by seq",
                 (operator["id"],))  # fmt: skip
    assert [e[0] for e in events] == ["operator.create", "operator.update"]
    assert events[1][1] == {"status": "online"}
    page = text(as_viewer.get(f"{home}/{operator['id']}/history"))
    assert "Offline" in page and "Online" in page and "Restore" not in page


def test_two_who_save_at_once_lose_nothing(api, url, keys, operator, as_admin, home):
    api.patch(f"{url}/{operator['id']}", json={"type": "administrative"}, headers=keys.owner)
    answer = post(as_admin, f"{home}/{operator['id']}", form(name="Nadia O.", version="1"))
    page = text(answer)
    assert answer.status_code == 409
    assert "saved while you were editing" in page and "Nadia O." in page
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    kept = post(as_admin, f"{home}/{operator['id']}", form(name="Nadia O.", version=version))
    assert kept.status_code == 303
    stale = api.patch(
        f"{url}/{operator['id']}", json={"name": "X", "version": 1}, headers=keys.admin
    )
    assert stale.status_code == 409


def test_an_old_version_comes_back(api, url, keys, operator, as_admin, home):
    api.patch(f"{url}/{operator['id']}", json={"name": "Someone"}, headers=keys.admin)
    assert post(as_admin, f"{home}/{operator['id']}/restore", {"number": "1"}).status_code == 303
    assert api.get(f"{url}/{operator['id']}", headers=keys.viewer).json["name"] == "Nadia Okafor"
    nothing = post(as_admin, f"{home}/{operator['id']}/restore", {"number": "99"})
    assert nothing.status_code == 404


def test_what_is_deleted_can_be_brought_back(as_admin, as_viewer, api, url, keys, operator, home):
    one = f"{home}/{operator['id']}"
    assert post(as_admin, f"{one}/delete").status_code == 303
    assert as_admin.get(one).status_code == 404
    assert api.get(f"{url}/{operator['id']}", headers=keys.viewer).status_code == 404
    page = text(as_admin.get(f"{home}/deleted"))
    assert "Nadia Okafor" in page
    assert "Bring back" not in text(as_viewer.get(f"{home}/deleted"))
    number = re.search(r'name="number" value="(\d+)"', page)[1]
    assert post(as_admin, f"{one}/restore", {"number": number}).status_code == 303
    back = api.get(f"{url}/{operator['id']}", headers=keys.viewer)
    assert back.json["name"] == "Nadia Okafor" and back.json["version"] == 3
    assert "Nothing is deleted" in text(as_admin.get(f"{home}/deleted"))


def test_the_list_searches_filters_and_pages_by_token(api, url, keys, operator):
    for n in range(5):
        api.post(url, json={**NEW, "name": f"Op_{n}", "email": f"o{n}@x.example",
                            "type": "administrative"}, headers=keys.admin)  # fmt: skip
    seen, token = [], 0
    while True:
        page = api.get(f"{url}?limit=4&continuation_token={token}", headers=keys.viewer).json
        assert page["total"] == 6
        seen += [item["name"] for item in page["items"]]
        token = page["continuation_token"]
        if not page["has_more"]:
            break
    assert seen == ["Op_4", "Op_3", "Op_2", "Op_1", "Op_0", "Nadia Okafor"]
    for query, count in (("search=op_", 5), ("search=%25", 0), ("type=clinical", 1),
                         ("status=busy", 0)):  # fmt: skip
        assert api.get(f"{url}?{query}", headers=keys.viewer).json["total"] == count, query
    assert api.get(f"{url}?status=asleep", headers=keys.viewer).status_code == 422


def test_a_neighbours_operator_is_nothing(api, other, keys, operator, as_stranger):
    for method in ("GET", "PATCH", "DELETE"):
        path = f"/v1/{other.id}/operators/{operator['id']}"
        answer = api.open(path, method=method, json={}, headers=keys.stranger)
        assert answer.status_code == 404
    assert as_stranger.get(f"/w/{other.slug}/operators/{operator['id']}").status_code == 404


def test_pages_run_few_statements(as_admin, home, operator):
    for path in (home, f"{home}/{operator['id']}", f"{home}/on-duty"):
        as_admin.get(path)
        with recorded() as log:
            assert as_admin.get(path).status_code == 200
        assert len(log) <= 6, (path, log)


def test_a_new_operator_starts_offline_on_the_form_too(as_admin, home):
    page = text(as_admin.get(f"{home}/new"))
    assert '<option value="offline" selected>' in page
    assert '<option value="online" selected>' not in page


def test_the_shape_is_the_published_one(operator, api, url, keys):
    assert {
        "active_call_sid", "total_escalations_handled", "avg_handle_time_seconds", "last_call_at",
        "last_status_change",
    } <= set(operator)  # fmt: skip
    renamed = api.patch(f"{url}/{operator['id']}", json={"name": "Nadia"}, headers=keys.admin).json
    assert renamed["last_status_change"] == operator["last_status_change"]
    online = api.patch(f"{url}/{operator['id']}", json={"status": "online"}, headers=keys.admin)
    assert online.json["last_status_change"] > operator["last_status_change"]


def test_the_history_of_rules_speaks_in_words(as_admin, workspace):
    home = f"/w/{workspace.slug}/settings/escalation"
    saved = post(as_admin, home, {"version": "0", "caller_request": "crisis_counselor",
                                  "fallback_number": "+14155550190",
                                  "longest_wait_seconds": "90"})  # fmt: skip
    assert saved.status_code == 303
    page = text(as_admin.get(f"{home}/history"))
    assert "Crisis counselor" in page and "crisis_counselor" not in page
    assert "(415) 555-0190" in page and "90 seconds" in page


def test_a_conflict_of_rules_speaks_in_words(as_admin, as_owner, workspace):
    home = f"/w/{workspace.slug}/settings/escalation"
    post(as_owner, home, {"version": "0", "caller_request": "crisis_counselor"})
    answer = post(as_admin, home, {"version": "0", "caller_request": "administrative"})
    said = text(answer).split("saved while you were editing")[1].split("</table>")[0]
    assert answer.status_code == 409
    assert "Administrative" in said and "Crisis counselor" in said
