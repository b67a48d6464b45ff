"""A call to work on, and one in the other workspace."""

import pytest
from flask.testing import FlaskClient

from tests.calls.test_api import a_call, url
from tests.support import Keys, Place


@pytest.fixture
def call(api: FlaskClient, keys: Keys, workspace: Place) -> str:
    """The id of a call in the workspace."""
    answer = api.post(url(workspace), headers=keys.member, json=a_call("WORK-1"))
    assert answer.status_code == 201, answer.data
    return str(answer.json["id"])


@pytest.fixture
def foreign(api: FlaskClient, keys: Keys, other: Place) -> str:
    """The id of a call in the other workspace."""
    answer = api.post(url(other), headers=keys.stranger, json=a_call("WORK-1"))
    return str(answer.json["id"])
