"""What the page of a webhook tells: where to send, and how to sign."""

import json
import re
import uuid
from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for

from . import mapping
from .signatures import DELIVERY, SIGNATURE, TIMESTAMP

PATIENT = {"resourceType": "Patient", "id": "example-1", "name": [{"text": "Example Patient"}]}
SAMPLES: dict[str, Any] = {
    "date": "1987-04-12", "date_dmy": "12.4.1987", "date_mdy": "4/12/1987", "number": 1, "flag": True,
    "time": "2026-11-25T09:30:00Z", "time_dmy": "25.11.2026 9:30", "time_mdy": "11/25/2026 9:30",
    "phone": "+14155550142", "email": "ana@clinic.example",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hook:
    """The address, the names of the headers, and an example to try."""

    address: str
    example: str
    signature: str = SIGNATURE
    timestamp: str = TIMESTAMP
    delivery: str = DELIVERY


def told(workspace_id: uuid.UUID, ident: uuid.UUID, source: Any) -> Hook:
    """Where the other side sends to, and how."""
    base = (current_app.config["WARD"].public_url or request.host_url).rstrip("/")
    address = base + url_for("hooks.receive", workspace_id=workspace_id, ident=ident)
    return Hook(address, _example(address, sample(source)))


def _example(address: str, body: Any) -> str:
    content = json.dumps(body, ensure_ascii=True).replace("'", "\\u0027")
    return f"""SECRET='…'
BODY='{content}'
TIME=$(date +%s)
SIGNATURE=$(printf 'v1:%s:%s' "$TIME" "$BODY" | openssl dgst -sha256 -hmac "$SECRET" -r | cut -d' ' -f1)
curl '{address}' \\
  -H 'Content-Type: application/json' \\
  -H "{TIMESTAMP}: $TIME" \\
  -H "{SIGNATURE}: sha256=$SIGNATURE" \\
  --data-binary "$BODY"
"""


def sample(source: Any) -> Any:
    """A body that the source would take as it is set up."""
    config = source.connection_config
    if config.get("accepts", "fhir") == "fhir":
        return PATIENT
    made: Any = {}
    _put(made, config.get("id_path") or "id", "example-1")
    for line in mapping.read(source.field_mappings).values():
        term = mapping.split(line.source)[0][0]
        if mapping.constant(term) is None:
            _put(made, term, SAMPLES.get(line.type, "Example"))
    if config.get("event_path"):
        events = config.get("events") or [{"event": "record.updated"}]
        _put(made, config["event_path"], events[0]["event"].replace("*", "updated"))
    if config.get("records_path"):
        whole: Any = {}
        _put(whole, config["records_path"], [made])
        return whole
    return made


def _put(into: Any, path: str, value: Any) -> None:
    """Make a place for a value; paths through lists begin them."""
    steps = [step for part in path.split(".") for step in _steps(part)]
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        inner = value if following is None else [] if isinstance(following, int) else {}
        if isinstance(step, int):
            if not isinstance(into, list):
                return
            into.extend({} for _ in range(min(step, 9) + 1 - len(into)))
            place: Any = min(step, 9)
            if following is None or not into[place]:
                into[place] = inner
        elif isinstance(into, dict):
            place = step
            if following is None or place not in into:
                into[place] = inner
        else:
            return
        into = into[place]


def _steps(part: str) -> list[str | int]:
    match = mapping.STEP.fullmatch(part)
    if match is None:
        return [part]
    return [match[1], *(int(n) for n in re.findall(r"\d+", match[2]))]
