"""OpenAPI 3.1, made from the declared routes."""

import re
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from .access import roles_with
from .feature import ROUTES, Route
from .uploads import Upload

CONVERTER = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
ERRORS = {
    "400": "The request is broken, for example not JSON.",
    "401": "No valid API key.",
    "403": "The key's role or permissions do not allow this.",
    "404": "No such thing in this workspace.",
    "413": "The body is too large.",
    "422": "Some values are not valid; `detail` lists them.",
    "429": "Too many requests; wait `Retry-After` seconds.",
}
ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["detail"],
    "properties": {
        "detail": {
            "description": "A sentence, or for 422 a list of what is wrong where.",
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}},
            ],
        },
        "error_code": {"type": "string"},
        "request_id": {"type": "string"},
    },
}
PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["loc", "msg", "type"],
    "properties": {
        "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
        "msg": {"type": "string"},
        "type": {"type": "string"},
    },
}
BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
REF = "#/components/schemas/{model}"


def json_routes() -> list[Route]:
    """The declared JSON routes, in address order."""
    return sorted((r for r in ROUTES.values() if r.json), key=lambda r: (r.rule, r.methods))


def _model(kind: Any) -> type[BaseModel] | None:
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _item(kind: Any) -> Any:
    """The model of a bare list."""
    return get_args(kind)[0] if get_origin(kind) is list else kind


def _answer_schema(kind: Any, keyed: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    model = _model(_item(kind))
    if model is None:
        return {}
    schema = keyed[(model, "serialization")]
    return {"type": "array", "items": schema} if get_origin(kind) is list else schema


def _schemas(routes: list[Route]) -> tuple[dict[Any, dict[str, Any]], dict[str, Any]]:
    wanted: list[tuple[type[BaseModel], Any]] = []
    for route in routes:
        if (body := _model(route.body)) is not None:
            wanted.append((body, "validation"))
        if (response := _model(_item(route.response))) is not None:
            wanted.append((response, "serialization"))
    unique = list(dict.fromkeys(wanted))
    keyed, definitions = models_json_schema(unique, ref_template=REF)
    return dict(keyed), definitions.get("$defs", {})


def _parameters(route: Route) -> list[dict[str, Any]]:
    found = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", **({"format": "uuid"} if kind == "uuid" else {})},
        }
        for kind, name in CONVERTER.findall(route.rule)
    ]
    if route.query is None:
        return found
    schema = route.query.model_json_schema(ref_template=REF)
    required = set(schema.get("required", ()))
    for name, content in schema.get("properties", {}).items():
        entry: dict[str, Any] = {"name": name, "in": "query", "schema": _inline(content, schema)}
        if content.get("description"):
            entry["description"] = content["description"]
        found.append({**entry, "required": name in required})
    return found


def _inline(content: Any, schema: dict[str, Any]) -> Any:
    """Query schemas stand alone: references are replaced by what they name."""
    if isinstance(content, dict):
        if "$ref" in content:
            return _inline(schema["$defs"][content["$ref"].rsplit("/", 1)[1]], schema)
        return {key: _inline(value, schema) for key, value in content.items()}
    return [_inline(item, schema) for item in content] if isinstance(content, list) else content


def _operation(route: Route, keyed: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.endpoint.replace(".", "_"),
        "summary": route.summary,
        "tags": [route.endpoint.partition(".")[0].replace("_", " ")],
        "parameters": _parameters(route),
        "responses": _responses(route, keyed),
        "x-reach": route.reach,
    }
    if route.description:
        operation["description"] = route.description
    if route.permission:
        operation["x-permission"] = route.permission
        operation["x-roles"] = roles_with(route.permission)
    if route.reach == "public":
        operation["security"] = []
    if (body := _model(route.body)) is not None:
        content: dict[str, Any] = {"application/json": {"schema": keyed[(body, "validation")]}}
        if route.upload is not None:
            content["multipart/form-data"] = _form(route.upload, content["application/json"])
        operation["requestBody"] = {"required": True, "content": content}
    elif route.upload is not None:
        content = {kind: {"schema": BINARY} for kind in route.upload.types}
        operation["requestBody"] = {"required": True, "content": content}
    elif route.max_body is None:
        schema = {"type": "string", "description": "One JSON object a line."}
        content = {"application/x-ndjson": {"schema": schema}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _form(upload: Upload, body: dict[str, Any]) -> dict[str, Any]:
    """A form of the JSON body and a file."""
    fields = {upload.part: body["schema"], upload.field: BINARY}
    return {
        "schema": {"type": "object", "required": [upload.part], "properties": fields},
        "encoding": {
            upload.part: {"contentType": "application/json"},
            upload.field: {"contentType": ", ".join(upload.types)},
        },
    }


def _responses(route: Route, keyed: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": route.summary or "Done."}
    if route.gives:
        good["content"] = {kind: {"schema": BINARY} for kind in route.gives}
    elif route.status != 204:
        schema = _answer_schema(route.response, keyed)
        good["content"] = {"application/json": {"schema": schema}}
    answers = {str(route.status): good}
    for number, sentence in route.also.items():
        if number < 400:
            answers[str(number)] = {**good, "description": sentence}
    for status, sentence in {**ERRORS, **{str(k): v for k, v in route.also.items()}}.items():
        told = int(status) in route.also
        if route.reach == "public" and status in ("401", "403") and not told:
            continue
        schema = {"$ref": "#/components/schemas/Error"}
        answers.setdefault(
            status, {"description": sentence, "content": {"application/json": {"schema": schema}}}
        )
    return answers


def openapi(version: str = "1") -> dict[str, Any]:
    """The whole document, valid OpenAPI 3.1."""
    routes = json_routes()
    keyed, definitions = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = CONVERTER.sub(lambda match: "{" + match[2] + "}", route.rule)
        for method in route.methods:
            paths.setdefault(path, {})[method.lower()] = _operation(route, keyed)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ward", "version": version, "description": "The API of this console."},
        "paths": paths,
        "security": [{"bearer": []}],
        "components": {
            "schemas": {**definitions, "Error": ERROR_SCHEMA, "Problem": PROBLEM_SCHEMA},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."}
            },
        },
    }
