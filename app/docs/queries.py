"""The API document, and the same turned into what the readable page draws."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from app.core.access import who_can
from app.core.api import dump
from app.core.openapi import openapi

REACH = {"public": "Anybody, without a key", "personal": "Any valid key"}
SAMPLES = {"workspace_id": "$WORKSPACE_ID"}


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One parameter or one field of a body."""

    name: str
    kind: str
    required: bool
    about: str
    place: str = "body"


@dataclass(frozen=True, slots=True)
class Answer:
    """One possible answer."""

    status: str
    about: str
    fields: list[FieldRow]


@dataclass(frozen=True, slots=True)
class Operation:
    """One route, ready to draw."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    permission: str | None
    who: str
    parameters: list[FieldRow]
    body: list[FieldRow]
    body_type: str
    answers: list[Answer]
    curl: str


@cache
def document() -> bytes:
    """OpenAPI 3.1 as JSON; the routes do not change while the process lives."""
    return dump(openapi())


@cache
def groups() -> list[tuple[str, list[Operation]]]:
    """Operations by feature, in address order."""
    found: dict[str, list[Operation]] = {}
    whole = json.loads(document())
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            tag = operation["tags"][0].capitalize().replace("Api ", "API ")
            found.setdefault(tag, []).append(_operation(whole, path, method, operation))
    return sorted(found.items())


def _operation(whole: Any, path: str, method: str, operation: Any) -> Operation:
    content = operation.get("requestBody", {}).get("content", {})
    body_type = next(iter(content), "")
    body: Any = content.get(body_type, {})
    permission = operation.get("x-permission")
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        permission=permission,
        who=who_can(permission).capitalize() if permission else REACH[operation["x-reach"]],
        parameters=[_parameter(entry) for entry in operation["parameters"]],
        body=_fields(whole, body.get("schema", {})),
        body_type=body_type,
        answers=[_answer(whole, status, entry) for status, entry in operation["responses"].items()],
        curl=_curl(whole, path, method, operation, body_type, body.get("schema", {})),
    )


def _parameter(entry: Any) -> FieldRow:
    schema = entry["schema"]
    about = entry.get("description") or _bounds(schema)
    return FieldRow(entry["name"], _kind(schema), entry.get("required", False), about, entry["in"])


def _answer(whole: Any, status: str, entry: Any) -> Answer:
    contents: list[Any] = list(entry.get("content", {}).values())
    fields = _fields(whole, contents[0]["schema"]) if contents and status < "4" else []
    return Answer(status, entry["description"], fields)


def _resolved(whole: Any, schema: Any) -> Any:
    while "$ref" in schema:
        schema = whole["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def _fields(whole: Any, schema: Any) -> list[FieldRow]:
    found = _resolved(whole, schema)
    needed = set(found.get("required", ()))
    return [
        FieldRow(name, _kind(content), name in needed, _bounds(_resolved(whole, content)))
        for name, content in found.get("properties", {}).items()
    ]


def _kind(schema: Any) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[1])
    if "anyOf" in schema:
        kinds = dict.fromkeys(_kind(option) for option in schema["anyOf"])
        return " or ".join(kinds)
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    named = schema.get("format") or schema.get("type", "any")
    return ", ".join(named) if isinstance(named, list) else str(named)


def _bounds(schema: Any) -> str:
    """The limits of a value in words."""
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null" and len(option) > 1:
            schema = {**option, **{k: v for k, v in schema.items() if k != "anyOf"}}
    words = []
    if schema.get("description"):
        words.append(str(schema["description"]).strip().rstrip("."))
    if "enum" in schema:
        words.append("one of " + ", ".join(map(str, schema["enum"])))
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None or high is not None:
        ends = (f"from {low}" if low is not None else "", f"up to {high}" if high else "")
        words.append(" ".join(filter(None, ends)))
    if schema.get("maxLength"):
        words.append(f"at most {schema['maxLength']} characters")
    if schema.get("maxItems"):
        words.append(f"at most {schema['maxItems']} entries")
    if schema.get("default") not in (None, "", [], {}):
        words.append(f"default {json.dumps(schema['default'])}")
    return "; ".join(words)


def _curl(whole: Any, path: str, method: str, operation: Any, body_type: str, schema: Any) -> str:
    address = path
    for entry in operation["parameters"]:
        if entry["in"] == "path":
            name = entry["name"]
            address = address.replace(f"{{{name}}}", SAMPLES.get(name, f"${name.upper()}"))
    parts = ["curl"]
    if method != "get":
        parts.append(f"-X {method.upper()}")
    if operation.get("security") != []:
        parts.append('-H "Authorization: Bearer $WARD_KEY"')
    if body_type == "application/json":
        sample = json.dumps(_sample(whole, schema), ensure_ascii=False)
        parts.append(f"-H 'Content-Type: application/json' \\\n  -d '{sample}' \\\n ")
    elif body_type.startswith("audio/"):
        parts.append("-T recording.wav")
    elif body_type:
        parts.append(f"-H 'Content-Type: {body_type}' --data-binary @lines.ndjson")
    parts.append(f'"$WARD{address}"')
    return " ".join(parts).replace('  "', ' "')


def _sample(whole: Any, schema: Any, depth: int = 0) -> Any:
    """The smallest valid-looking value: required fields only, two levels deep."""
    found = _resolved(whole, schema)
    if found.get("examples"):
        return found["examples"][0]
    if "enum" in found:
        return found["enum"][0]
    if found.get("type") == "object" or "properties" in found:
        names = found.get("required") or list(found.get("properties", {}))[:1]
        fields = found.get("properties", {})
        return {n: _sample(whole, fields[n], depth + 1) for n in names if n in fields}
    if found.get("type") == "array":
        return [_sample(whole, found.get("items", {}), depth + 1)] if depth < 3 else []
    if "anyOf" in found:
        return _sample(whole, found["anyOf"][0], depth + 1)
    plain = {"integer": found.get("minimum", 1), "number": found.get("minimum", 1.0),
             "boolean": True}  # fmt: skip
    moments = {"date-time": "2026-11-24T09:00:00Z", "date": "2026-11-24"}
    return plain.get(found.get("type"), moments.get(found.get("format"), "text"))
