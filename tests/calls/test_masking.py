"""Callers' numbers in JSON: whole for those who may reveal them, masked for the others."""

import pytest

from app.core.access import granted
from tests.calls.test_api import a_call, url
from tests.support import ROLES

WHOLE, MASKED = "+14155550142", "+1 (415) ••• 0142"
RUNNING = {"status": "in-progress", "ended_at": None}


@pytest.mark.parametrize("role", ROLES)
def test_a_callers_number_is_as_whole_as_on_the_page(api, keys, workspace, role):
    assert api.post(url(workspace), headers=keys.member, json=a_call()).status_code == 201
    live = api.post(url(workspace), headers=keys.member, json=a_call("CA2", **RUNNING))
    assert live.status_code == 201 and live.json["caller_id"] == WHOLE
    withheld = a_call("CA3", caller_id=None)
    assert api.post(url(workspace), headers=keys.member, json=withheld).json["caller_id"] is None

    def get(rest):
        found = api.get(url(workspace, rest), headers=keys[role])
        assert found.status_code == 200, found.data
        return found

    seen = WHOLE if "Call.reveal" in granted(role) else MASKED
    assert get("/CA1").json["caller_id"] == seen
    assert [one["caller_id"] for one in get("/live").json["items"]] == [seen]
    assert sorted({str(one["caller_id"]) for one in get("").json["items"]}) == sorted(
        [seen, "None"]
    )
    assert get("/CA3").json["caller_id"] is None
    if role == "viewer":
        for rest in ("", "/CA1", "/live", "/CA1/review", "/CA1/notes"):
            assert "5550142" not in get(rest).text, rest
