"""A property-based tester over the whole OpenAPI document, against the running application.

Nothing it makes up may fail with 5xx or answer outside the declared shapes.
"""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.core.openapi import openapi

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance,
          status_code_conformance]  # fmt: skip
EXAMPLES = 12
UNFIT = ("/archive", "/rotate", "/calls/import", "/fhir/import-stream")
"""What would end the test itself, and the routes that take no JSON (they have tests of their own)."""


@pytest.fixture
def document(app, cast, maker):
    """The document with this workspace's id in its paths, and something in every collection."""
    service = maker.service()
    ids = {"services": service["id"], "agents": service["agent_id"],
           "context-graphs": service["context_graph_id"]}  # fmt: skip
    for path in ("phone-numbers", "monitor-concepts", "data-sources", "operators"):
        ids[path] = maker.make(path, maker.body(path))["id"]
    ids["calls"] = maker.make(
        "calls", {"call_sid": "MADE-UP", "started_at": "2026-11-20T09:00:00Z"}
    )["id"]
    ids["conversations"] = maker.make("conversations", {"service_id": service["id"]})["id"]
    return openapi(), ids


def _operations(document, app):
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    found = [result.ok() for result in schema.get_all_operations()]
    return sorted(found, key=lambda operation: operation.method == "delete")


def _tester(operation, ids, headers):
    section = operation.path.split("/")[3] if operation.path.count("/") > 2 else ""

    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
              phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy())
    def probe(case):
        for name in case.path_parameters or {}:
            if known := ids.get(name) or (name == "ident" and ids.get(section)):
                case.path_parameters[name] = known
        case.call_and_validate(headers=headers, checks=CHECKS)

    return probe


def test_nothing_made_up_breaks_a_route(document, app, cast, keys):
    problems, (written, ids) = [], document
    for operation in _operations(written, app):
        if operation.path.endswith(UNFIT):
            continue
        try:
            _tester(operation, {**ids, "workspace_id": str(cast.workspace.id)}, keys.owner)()
        except (FailureGroup, AssertionError) as failure:
            told = "; ".join(str(e) for e in getattr(failure, "exceptions", [failure]))
            problems.append(f"{operation.method} {operation.path}: {told}")
    assert not problems, "\n\n".join(problems)[:9000]
