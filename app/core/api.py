"""JSON routes: validated input, one shape of answers, and paging."""

from collections.abc import Callable
from functools import wraps
from typing import Any, get_args, get_origin

import orjson
from flask import Response, request
from pydantic import BaseModel, ValidationError

from . import uploads
from .errors import BadRequest, Invalid, TooLarge
from .feature import Route
from .schema import plain

JSON = "application/json"
ORJSON = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


def dump(value: Any) -> bytes:
    """JSON bytes of a pydantic model, a dict or a list of plain values."""
    if isinstance(value, BaseModel):
        return value.model_dump_json(by_alias=True).encode()
    return orjson.dumps(value, default=_default, option=ORJSON)


def _default(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def answer(value: Any, status: int = 200) -> Response:
    """A JSON response; 204 has no body."""
    body = b"" if status == 204 else dump(value)
    return Response(body, status, mimetype=None if status == 204 else JSON)


def wrap(view: Callable[..., Any], route: Route) -> Callable[..., Response]:
    """The view behind a JSON route: input validated by the declared models."""

    @wraps(view)
    def call(**params: Any) -> Response:
        if route.query is not None:
            params["query"] = read_query(route.query)
        if route.body is not None:
            params["body"] = read_body(route.body, route.max_body, route.upload)
        result = view(**params)
        if isinstance(result, Response):
            return result
        if isinstance(result, tuple):
            return answer(result[0], result[1])
        return answer(result, 204 if route.status == 204 else route.status)

    return call


def _many(model: type[BaseModel], name: str) -> bool:
    annotation = model.model_fields[name].annotation
    kinds = [annotation, *get_args(annotation)]
    return any(get_origin(kind) is list or kind is list for kind in kinds)


def _located(error: ValidationError, place: str) -> list[dict[str, Any]]:
    problems = plain(error.errors(include_url=False))
    return [{**problem, "loc": [place, *problem["loc"]]} for problem in problems]


def read_query(model: type[BaseModel]) -> BaseModel:
    """The query string as `model`; unknown keys are ignored, empty values mean absent."""
    given: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        key = field.alias or name
        values = [v for v in request.args.getlist(key) if v != ""]
        if values:
            given[key] = values if _many(model, name) else values[-1]
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise Invalid(_located(error, "query")) from None


def raw_body(limit: int | None) -> bytes:
    """The whole request body, refused above `limit` bytes before it is read."""
    if limit is not None and (request.content_length or 0) > limit:
        raise TooLarge(f"The body is larger than {limit:,} bytes.")
    if limit is None:
        return request.get_data(cache=False)
    content = request.stream.read(limit + 1)
    if len(content) > limit:
        raise TooLarge(f"The body is larger than {limit:,} bytes.")
    return content


def read_body(
    model: type[BaseModel], limit: int | None, upload: uploads.Upload | None = None
) -> BaseModel:
    """The JSON body, or the JSON part of a form, as `model`.

    Raises BadRequest (not JSON), TooLarge or Invalid.
    """
    if upload is not None and upload.part and uploads.is_form():
        content = uploads.text_part(upload.part, limit or 0)
    else:
        content = raw_body(limit)
    try:
        return model.model_validate_json(content or b"{}")
    except ValidationError as error:
        problems = error.errors(include_url=False)
        if problems and problems[0]["type"] == "json_invalid":
            raise BadRequest(f"The body is not valid JSON: {problems[0]['msg']}.") from None
        raise Invalid(_located(error, "body")) from None
