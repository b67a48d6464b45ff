"""What a 404 in JSON says was not found."""

from app.core.errors import NotFound
from tests.core.test_matrix import CONVERTER, call_json, routes


def test_an_unknown_id_says_what_is_not_there(api, workspace, keys):
    """Whatever the route, the sentence names a thing; only an unknown address has no thing."""
    told = {}
    for route in routes(json=True):
        if len(CONVERTER.findall(route.rule)) < 2 or "archive" in route.endpoint:
            continue
        response = call_json(api, route, workspace, keys.owner)
        if response.status_code == 404:
            told[route.endpoint] = response.json["detail"]
    assert len(told) > 20
    assert [name for name, said in told.items() if said == NotFound.sentence] == []
    assert told["services.api_get"] == "There is no service with this id."
    assert told["calls.get_call"] == "There is no call with this id."
    assert told["data_sources.api_get"] == "There is no data source with this id."


def test_an_unknown_address_is_no_page(api, workspace, keys):
    for address in (f"/v1/{workspace.id}/nothing-of-ours", "/v1/nothing"):
        response = api.get(address, headers=keys.owner)
        assert response.status_code == 404 and response.json["detail"] == NotFound.sentence
