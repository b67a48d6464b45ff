"""Phone numbers: spelling, clashes, forwarding, routes, test callers."""

import pytest

from tests.setup import number
from tests.support import post, text


@pytest.fixture
def url(workspace):
    return f"/v1/{workspace.id}/phone-numbers"


@pytest.fixture
def home(workspace):
    return f"/w/{workspace.slug}/phone-numbers"


def test_a_number_is_read_as_typed_kept_as_e164_and_shown_as_here(api, url, keys, as_viewer, home):
    made = api.post(url, json={"phone_number": "(202) 456-1111"}, headers=keys.admin)
    assert made.json["phone_number"] == "+12024561111"
    assert made.json["capabilities"] == ["inbound", "outbound"]
    assert (made.json["provider"], made.json["status"]) == ("twilio", "active")
    abroad = api.post(url, json={"phone_number": "+49 30 901820"}, headers=keys.admin)
    page = text(as_viewer.get(home))
    assert "(202) 456-1111" in page and "+49 30 901820" in page
    for ident in (made.json["id"], abroad.json["id"]):
        api.delete(f"{url}/{ident}", headers=keys.admin)


@pytest.mark.parametrize(
    "typed", ["12", "call me", "", "+1 415 555", "+0123456789", "555-0142", "+1" + "5" * 20]
)
def test_what_is_no_number_is_refused(api, url, keys, typed):
    answer = api.post(url, json={"phone_number": typed}, headers=keys.admin)
    assert answer.status_code == 422
    assert (
        "phone number" in answer.json["detail"][0]["msg"]
        or "Fill" in answer.json["detail"][0]["msg"]
    )


def test_a_clash_says_only_that_it_is_taken(api, url, keys, other, as_admin, home):
    taken = number()
    mine = api.post(f"/v1/{other.id}/phone-numbers", json={"phone_number": taken, "notes": "ours"},
                    headers=keys.stranger)  # fmt: skip
    assert mine.status_code == 201
    answer = api.post(url, json={"phone_number": taken}, headers=keys.admin)
    assert answer.status_code == 409 and answer.json["detail"] == "This number is taken."
    page = post(as_admin, f"{home}/new", {"phone_number": taken, "capabilities": "inbound",
                                          "provider": "twilio", "status": "active"})  # fmt: skip
    said = text(page)
    assert page.status_code == 409 and "This number is taken." in said
    assert other.name not in said and str(other.id) not in said and "ours" not in said


def test_forwarding_is_set_and_cleared(api, url, keys, maker):
    ident = maker.make("phone-numbers", {"phone_number": number()})["id"]
    put = api.put(f"{url}/{ident}/forwarding", json={"forward_to": "+12024561111"},
                  headers=keys.admin)  # fmt: skip
    assert put.status_code == 200
    assert put.json["forwarding"] == {
        "forward_to": "+12024561111",
        "enabled": True,
        "should_disconnect": True,
    }
    assert api.put(f"{url}/{ident}/forwarding", json={}, headers=keys.admin).status_code == 422
    cleared = api.delete(f"{url}/{ident}/forwarding", headers=keys.admin)
    assert cleared.status_code == 200 and cleared.json["forwarding"] is None
    denied = api.put(f"{url}/{ident}/forwarding", json={"forward_to": "+12024561111"},
                     headers=keys.member)  # fmt: skip
    assert denied.status_code == 403


def test_another_workspaces_service_is_404(api, url, keys, other, app, cast):
    from tests.setup import Maker

    foreign = Maker(app.test_client(use_cookies=False), other, keys.stranger).service()
    answer = api.post(url, json={"phone_number": number(), "inbound_service_id": foreign["id"]},
                      headers=keys.admin)  # fmt: skip
    assert answer.status_code == 404


def test_routes_say_who_answers_and_why_nobody_does(
    api, url, keys, as_viewer, home, maker, workspace
):
    service = maker.service()
    off = maker.service("Night", is_active=False)
    bare = maker.make("services", {"name": "Bare", "agent_id": maker.make("agents", {"name": "B"})["id"],
                                   "context_graph_id": service["context_graph_id"]})  # fmt: skip
    for name, more in (
        ("good", {"inbound_service_id": service["id"]}), ("unrouted", {}),
        ("asleep", {"inbound_service_id": service["id"], "status": "inactive"}),
        ("outgoing", {"inbound_service_id": service["id"], "capabilities": ["outbound"]}),
        ("closed", {"inbound_service_id": off["id"]}), ("empty", {"inbound_service_id": bare["id"]}),
    ):  # fmt: skip
        maker.make("phone-numbers", {"phone_number": number(), "display_name": name, **more})
    page = text(as_viewer.get(f"{home}/routes"))
    for sentence in ("No service answers it.", "The number is inactive.", "The service is switched off.",
                     "The agent has no version yet.", "not used for taking calls",
                     "5 would not answer"):  # fmt: skip
        assert sentence in page, sentence
    assert "Agent of Appointments" in page and "version 1" in page


def test_calls_of_test_callers_are_tests(api, workspace, keys, as_admin):
    url = f"/v1/workspaces/{workspace.id}/test-caller-numbers"
    assert api.get(url, headers=keys.viewer).json["numbers"] == []
    put = api.put(url, json={"numbers": ["(415) 555-2671"]}, headers=keys.admin)
    assert put.json["numbers"] == ["+14155552671"]
    assert (
        api.put(url, json={"numbers": ["+14155552671"] * 101}, headers=keys.admin).status_code
        == 422
    )
    assert api.put(url, json={"numbers": []}, headers=keys.member).status_code == 403
    call = {"call_sid": "CA-test-1", "direction": "inbound", "status": "completed",
            "started_at": "2026-11-01T10:00:00Z", "caller_id": "+14155552671", "turns": []}  # fmt: skip
    for sid, caller, direction in (
        ("CA-1", "+14155552671", "test"),
        ("CA-2", "+14155552672", "inbound"),
    ):
        body = {**call, "call_sid": sid, "caller_id": caller}
        stored = api.post(f"/v1/{workspace.id}/calls", json=body, headers=keys.member)
        assert stored.status_code == 201, stored.data
        assert stored.json["direction"] == direction
        again = api.post(f"/v1/{workspace.id}/calls", json=body, headers=keys.member)
        assert again.status_code in (200, 201), "the same call again is no conflict"
    page = text(as_admin.get(f"/w/{workspace.slug}/settings/test-callers"))
    assert "(415) 555-2671" in page


def test_a_number_is_found_however_it_is_written(api, url, keys, as_viewer, home):
    made = api.post(url, json={"phone_number": number()}, headers=keys.admin).json
    e164 = made["phone_number"]
    area, first, last = e164[2:5], e164[5:8], e164[8:]
    for typed in (f"({area}) {first}-{last}", f"+1 {area} {first} {last}", f"{first}-{last}",
                  f"1.{area}.{first}.{last}"):  # fmt: skip
        found = api.get(url, query_string={"search": typed}, headers=keys.viewer).json["items"]
        assert [item["id"] for item in found] == [made["id"]], typed
    page = text(as_viewer.get(home, query_string={"search": f"({area}) {first}-{last}"}))
    assert f"({area}) {first}-{last}</bdi>" in page
    for typed in ("--", "%", "a1"):
        answer = api.get(url, query_string={"search": typed}, headers=keys.viewer)
        assert answer.json["total"] == 0, typed


def test_a_number_forwards_elsewhere_and_lists_hold_each_entry_once(api, url, keys, workspace):
    body = {"phone_number": number(), "capabilities": ["outbound", "outbound"]}
    made = api.post(url, json=body, headers=keys.admin).json
    assert made["capabilities"] == ["outbound"]
    answer = api.put(f"{url}/{made['id']}/forwarding", headers=keys.admin,
                     json={"forward_to": made["phone_number"]})  # fmt: skip
    assert answer.status_code == 422 and "to itself" in answer.json["detail"][0]["msg"]
    twice = {"numbers": ["(415) 555-0177", "+14155550177"]}
    callers = f"/v1/workspaces/{workspace.id}/test-caller-numbers"
    kept = api.put(callers, json=twice, headers=keys.admin).json["numbers"]
    assert kept == ["+14155550177"]


def test_a_service_in_use_names_the_number_as_people_read_it(api, url, keys, maker, workspace):
    service = maker.service()
    body = {"phone_number": "+14154441234", "inbound_service_id": service["id"]}
    made = api.post(url, json=body, headers=keys.admin).json
    gone = f"/v1/{workspace.id}/services/{service['id']}"
    assert "phone number (415) 444-1234" in api.delete(gone, headers=keys.admin).json["detail"]
    api.delete(f"{url}/{made['id']}", headers=keys.admin)
