"""Duplicates in the browser: found from the World page, compared, decided, taken back."""

import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import database
from tests.support import Keys, Place, post, text

from .test_resolver import Look, look, patient, put_in

__all__ = ["look"]


@pytest.fixture
def pair(api: FlaskClient, keys: Keys, workspace: Place, look: Look) -> tuple[uuid.UUID, uuid.UUID]:
    """Two records that look alike, not surely."""
    ids = put_in(api, workspace, keys.admin,
                 patient("a", "Ana Silva", born="1987-04-12", phone="+14155550142"),
                 patient("b", "Silva Ana", born="1987-04-12", email="<b>@example.org"))  # fmt: skip
    look()
    return ids["a"], ids["b"]


def here(place: Place, path: str) -> str:
    return f"/w/{place.slug}/world{path}"


def test_a_member_finds_compares_and_decides_and_takes_it_back(
    as_member: FlaskClient, workspace: Place, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    a, b = pair
    assert "Duplicates (1 to decide)" in text(as_member.get(here(workspace, "")))
    listed = text(as_member.get(here(workspace, "/duplicates")))
    assert "Likely" in listed and "name and date of birth" in listed
    address = here(workspace, f"/duplicates/{a}/{b}")
    page = text(as_member.get(address))
    assert "&lt;b&gt;@example.org" in page and "Only one says" in page
    assert "(415) 555-0142" in page
    assert "Perhaps the same person" in text(as_member.get(here(workspace, f"/{a}")))
    assert post(as_member, address, {"decision": "same"}).status_code == 303
    shown = text(as_member.get(here(workspace, f"/{a}")))
    assert "Also recorded as" in shown and "linked by Member Person" in shown
    joint = text(as_member.get(here(workspace, f"/{a}/together")))
    assert (
        "born 1987-04-12" in joint
        and "(415) 555-0142" in joint
        and "&lt;b&gt;@example.org" in joint
    )
    assert post(as_member, address, {"decision": "different"}).status_code == 303
    assert "Also recorded as" not in text(as_member.get(here(workspace, f"/{a}")))
    assert "Member Person" in text(as_member.get(here(workspace, "/duplicates?status=apart")))
    assert post(as_member, address, {"decision": ""}).status_code == 303
    assert "To be decided" in text(as_member.get(address))
    assert post(as_member, address, {"decision": "maybe"}).status_code == 303
    assert "Choose “Same person”" in text(as_member.get(address))


def test_a_viewer_reads_and_is_told_who_decides(
    as_viewer: FlaskClient, workspace: Place, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    address = here(workspace, f"/duplicates/{pair[1]}/{pair[0]}")
    page = text(as_viewer.get(address))
    assert "Members, admins and owners can decide." in page and "Not the same</button>" not in page
    assert post(as_viewer, address, {"decision": "same"}).status_code == 403
    nobody = here(workspace, f"/duplicates/{pair[0]}/{uuid.uuid4()}")
    assert as_viewer.get(nobody).status_code == 404


def test_pages_run_few_statements(
    app: Flask, as_viewer: FlaskClient, workspace: Place, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    for path in ("/duplicates", f"/duplicates/{pair[0]}/{pair[1]}", f"/{pair[0]}/together"):
        with database.recorded() as seen:
            assert as_viewer.get(here(workspace, path)).status_code == 200
        reads = [sql for sql, _ in seen if not sql.lstrip().startswith(("begin", "set local"))]
        assert len(reads) <= 10, (path, len(reads))
