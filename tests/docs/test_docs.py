"""The API document and its readable page."""

from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator

from app.core.openapi import json_routes
from tests.support import text

ERROR = {"$ref": "#/components/schemas/Error"}


def test_the_document_is_valid_openapi(anonymous: Any) -> None:
    document = anonymous.get("/v1/openapi.json").json
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_json_route_is_in_the_document_with_summary_and_errors(anonymous: Any) -> None:
    document = anonymous.get("/v1/openapi.json").json
    operations = [op for path in document["paths"].values() for op in path.values()]
    assert len(operations) == sum(len(route.methods) for route in json_routes())
    for operation in operations:
        assert operation["summary"]
        assert operation["tags"]
        for status, answer in operation["responses"].items():
            if status >= "4":
                assert answer["content"]["application/json"]["schema"] == ERROR
        if "x-permission" in operation:
            assert {"401", "403", "404"} <= set(operation["responses"])
            assert operation["x-roles"]


def test_a_key_is_asked_for_except_where_the_route_is_public(anonymous: Any) -> None:
    document = anonymous.get("/v1/openapi.json").json
    assert document["security"] == [{"bearer": []}]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for path, methods in document["paths"].items():
        for operation in methods.values():
            public = operation.get("security") == []
            assert public == (operation["x-reach"] == "public"), path


def test_anybody_may_read_the_page(anonymous: Any) -> None:
    response = anonymous.get("/docs")
    page = text(response)
    assert response.status_code == 200
    for route in json_routes():
        assert f'id="{route.endpoint.replace(".", "_")}"' in page
    assert "<script>" not in page


def test_the_page_tells_permission_role_and_example(anonymous: Any) -> None:
    page = text(anonymous.get("/docs"))
    assert "ApiKey.create" in page
    assert "Members, admins and owners" in page
    assert "/v1/$WORKSPACE_ID/api-keys" in page


def test_bodies_and_answers_that_are_no_json_say_what_they_are(anonymous: Any) -> None:
    document = anonymous.get("/v1/openapi.json").json
    methods = document["paths"]["/v1/{workspace_id}/recordings/{ident}"]
    sound = {"type": "string", "format": "binary"}
    taken = methods["put"]["requestBody"]["content"]
    assert {"audio/wav", "audio/mpeg", "audio/ogg"} <= set(taken)
    assert all(entry["schema"] == sound for entry in taken.values())
    heard = methods["get"]["responses"]
    assert set(heard["200"]["content"]) == {"audio/wav", "audio/mpeg", "audio/ogg"}
    assert heard["206"]["content"] == heard["200"]["content"]
    assert {"200", "201", "400", "409", "411", "413", "415", "422", "507"} <= set(
        methods["put"]["responses"]
    )
    forms = document["paths"]["/v1/{workspace_id}/calls"]["post"]["requestBody"]["content"]
    assert set(forms) == {"application/json", "multipart/form-data"}
    assert forms["multipart/form-data"]["schema"]["properties"]["recording"] == sound
    assert "-T recording.wav" in text(anonymous.get("/docs"))
