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


@pytest.fixture
def document(app, cast, maker):
    """The document with this workspace's id in its paths, and something in every collection."""
    service = maker.service()
    maker.make("phone-numbers", maker.body("phone-numbers") | {"inbound_service_id": service["id"]})
    for path in ("monitor-concepts", "data-sources", "operators"):
        maker.make(path, maker.body(path))
    return openapi()


def _operations(document, app):
    schema = schemathesis.openapi.from_dict(document)
    schema.app = app
    return [found.ok() for found in schema.get_all_operations() if found.ok() is not None]


def _tester(operation, workspace_id, headers):
    @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
              phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy())
    def probe(case):
        if "workspace_id" in (case.path_parameters or {}):
            case.path_parameters["workspace_id"] = workspace_id
        case.call_and_validate(headers=headers, checks=CHECKS)

    return probe


def test_nothing_made_up_breaks_a_route(document, app, cast, keys):
    problems = []
    for operation in _operations(document, app):
        if operation.path.endswith(("/archive", "/rotate")):
            continue
        try:
            _tester(operation, str(cast.workspace.id), keys.owner)()
        except (FailureGroup, AssertionError) as failure:
            told = "; ".join(str(e) for e in getattr(failure, "exceptions", [failure]))
            problems.append(f"{operation.method} {operation.path}: {told}")
    assert not problems, "\n\n".join(problems)[:9000]
