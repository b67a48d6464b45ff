"""How calls are named: what a runtime may call them, and how they are found."""

import uuid

import pytest

from app.calls.naming import reserved
from tests.calls.test_api import a_call, ndjson, url


@pytest.mark.parametrize("sid", [str(uuid.UUID(int=77)), uuid.UUID(int=78).hex])
def test_a_call_may_be_named_by_a_uuid(api, keys, workspace, sid):
    made = api.post(url(workspace), headers=keys.member, json=a_call(sid))
    assert made.status_code == 201 and made.json["call_sid"] == sid
    for rest in (f"/{sid}", f"/{made.json['id']}"):
        assert api.get(url(workspace, rest), headers=keys.viewer).json["id"] == made.json["id"]
    reviewed = api.put(url(workspace, f"/{sid}/review"), headers=keys.member)
    assert reviewed.status_code == 200
    assert api.get(url(workspace, f"/{sid}/review"), headers=keys.viewer).json == reviewed.json


def test_the_id_of_a_call_goes_before_anothers_name(api, keys, workspace):
    first = api.post(url(workspace), headers=keys.member, json=a_call()).json
    second = api.post(url(workspace), headers=keys.member, json=a_call(first["id"]))
    assert second.status_code == 201 and second.json["call_sid"] == first["id"] != second.json["id"]
    assert api.get(url(workspace, f"/{first['id']}"), headers=keys.viewer).json["call_sid"] == "CA1"


def test_a_call_is_not_named_like_a_page(api, keys, workspace):
    assert {"mine", "live", "new", "views", "export", "import"} <= reserved()
    for sid in sorted(reserved()):
        refused = api.post(url(workspace), headers=keys.member, json=a_call(sid))
        assert refused.status_code == 422, sid
        assert refused.json["detail"][0]["loc"] == ["body", "call_sid"]
        assert "Name the call otherwise" in refused.json["detail"][0]["msg"]
    sent = ndjson(a_call("live"), a_call("lively"))
    done = api.post(url(workspace, "/import"), headers=keys.member, data=sent).json
    assert (done["stored"], done["refused"]) == (1, 1)
