"""Who is on duty: what would happen to a call that is handed over now."""

from datetime import UTC, datetime

import pytest

from app.core import tenancy
from app.escalation.schema import Escalation, open_now
from app.operators import duty
from tests.operators.test_operators import NEW
from tests.support import text

NOON = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
"""A Tuesday, noon in Chicago."""


@pytest.fixture
def desk(app, workspace, api, keys):
    base = f"/v1/{workspace.id}"

    def stand(at=NOON):
        with app.app_context(), tenancy.inside(workspace.id):
            return duty.of(workspace.id, at)

    def put(name, content):
        answer = api.put(f"{base}/settings/{name}", json=content, headers=keys.admin)
        assert answer.status_code == 200, answer.data

    put("general", {"time_zone": "America/Chicago"})
    api.post(f"{base}/operators", json={**NEW, "status": "online"}, headers=keys.admin)
    return stand, put


def test_the_hours_are_those_of_the_workspaces_zone(desk):
    stand, put = desk
    assert stand().open and stand().local_time == "Tuesday, 12:00"
    assert not stand(NOON.replace(hour=6)).open
    put("general", {"time_zone": "Australia/Sydney"})
    assert not stand().open


def test_a_reason_goes_to_its_type_or_to_the_fallback(desk):
    stand, put = desk
    by = {a.trigger: a for a in stand().answers}
    assert by["The risk score is high"].people == ("Nadia Okafor",)
    put("escalation", {"risk_scorer": "crisis_counselor"})
    lost = {a.trigger: a for a in stand().answers}["The risk score is high"]
    assert not lost.good and "no fallback number" in lost.outcome
    put("escalation", {"fallback_number": "(415) 555-0199"})
    found = {a.trigger: a for a in stand().answers}["The risk score is high"]
    assert found.good and "fallback number rings" in found.outcome


@pytest.mark.parametrize(("hours", "open_at"), [("closed", []), ("00:00-24:00", ["00:00", "23:59"]),
                                                ("09:30-10:00", ["09:30", "09:59"])])  # fmt: skip
def test_opening_is_included_and_closing_is_not(hours, open_at):
    rules = Escalation(tuesday=hours)
    for clock in ("00:00", "09:29", "09:30", "09:59", "10:00", "23:59"):
        hour, minute = map(int, clock.split(":"))
        local = datetime(2026, 11, 24, hour, minute)
        assert open_now(rules, local) == (clock in open_at or hours == "00:00-24:00")


@pytest.mark.parametrize(("name", "content", "sentence"), [
    ("escalation", {"monday": "17:00-08:00"}, "must come after"),
    ("escalation", {"monday": "always"}, "Enter opening and closing time"),
    ("escalation", {"fallback_number": "911-x"}, "Enter a phone number"),
    ("escalation", {"longest_wait_seconds": 5}, "between 10 and 1800"),
    ("general", {"time_zone": "Mars/Olympus"}, "Enter a time zone"),
])  # fmt: skip
def test_a_wrong_rule_is_refused_with_the_reason(api, workspace, keys, name, content, sentence):
    url = f"/v1/{workspace.id}/settings/{name}"
    answer = api.put(url, json=content, headers=keys.admin)
    assert answer.status_code == 422 and sentence in answer.json["detail"][0]["msg"]


def test_every_role_sees_who_is_on_duty(desk, as_viewer, as_owner, workspace):
    for client in (as_viewer, as_owner):
        page = text(client.get(f"/w/{workspace.slug}/operators/on-duty"))
        assert "Nadia Okafor" in page and "America/Chicago" in page
