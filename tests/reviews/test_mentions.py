"""Notes that mention colleagues, my calls, and the mail that goes out."""

import dataclasses
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.errors import Invalid
from app.reviews.mentions import Told, named
from tests.calls.test_api import a_call, url
from tests.support import Cast, Keys, Place, post, text

from .test_panel import at

PEOPLE = [Told(uuid.UUID(int=n), name, "") for n, name in enumerate(
    ("Priya Shah", "Priya Raman", "Tom Becker", "Ann-Kathrin Ölmüller", "Tom"), 1)]  # fmt: skip
NAMED = {
    "@Tom Becker please": ["Tom Becker"],
    "@tom becker, and @PRIYA RAMAN!": ["Tom Becker", "Priya Raman"],
    "(@Tom)": ["Tom"],
    "@Tom Beckers": ["Tom"],
    "@Ann-Kathrin's turn": ["Ann-Kathrin Ölmüller"],
    "write to tom@Tom.example": [],
    "@nobody at @ 5 pm @": [],
}


@pytest.mark.parametrize("words", NAMED)
def test_people_are_named_as_one_writes(words: str) -> None:
    assert [person.name for person in named(words, PEOPLE)] == NAMED[words]


def test_a_first_name_of_two_asks_which_unless_one_is_ticked() -> None:
    with pytest.raises(Invalid) as refused:
        list(named("@Priya look", PEOPLE))
    assert "Priya Shah, Priya Raman" in refused.value.messages["text"]
    assert list(named("@Priya look", PEOPLE, [PEOPLE[1].id])) == []


def mine(place: Place) -> str:
    return f"/w/{place.slug}/calls/mine"


def test_a_mention_waits_until_the_call_is_opened(
    cast: Cast, as_member: FlaskClient, as_viewer: FlaskClient, as_admin: FlaskClient,
    workspace: Place, call: str,
) -> None:  # fmt: skip
    assert "Nothing waits for you" in text(as_viewer.get(mine(workspace)))
    admin = str(cast.people["admin"].accounts[workspace.slug])
    note = {"text": "@Viewer Person may know this patient", "tell": [admin]}
    assert post(as_member, at(workspace, call, "notes"), note).status_code == 303
    for client in (as_viewer, as_admin):
        page = text(client.get(mine(workspace)))
        assert "New mentions" in page and "may know this patient" in page
    assert "New mentions" not in text(as_member.get(mine(workspace)))
    assert "Told: Admin Person, you" in text(as_viewer.get(at(workspace, call)))
    assert "New mentions" not in text(as_viewer.get(mine(workspace)))
    assert "Mentions you have seen" in text(as_viewer.get(mine(workspace)))
    assert "New mentions" in text(as_admin.get(mine(workspace)))


def test_a_key_that_reads_a_call_has_not_seen_the_mention(
    api: FlaskClient, keys: Keys, as_member: FlaskClient, as_viewer: FlaskClient, workspace: Place,
    call: str,
) -> None:  # fmt: skip
    post(as_member, at(workspace, call, "notes"), {"text": "@Viewer Person look"})
    assert api.get(f"{url(workspace)}/{call}/notes", headers=keys.viewer).status_code == 200
    assert "New mentions" in text(as_viewer.get(mine(workspace)))


def test_my_calls_are_those_that_wait_for_me(
    api: FlaskClient, keys: Keys, as_member: FlaskClient, as_admin: FlaskClient, workspace: Place,
    call: str,
) -> None:  # fmt: skip
    second = api.post(url(workspace), headers=keys.member, json=a_call("WORK-2")).json["id"]
    for ident in (call, second):
        post(as_member, at(workspace, ident, "assignee"), {"account_id": "me"})
    page = text(as_member.get(mine(workspace)))
    assert call in page and second in page and "Reviewed by you" not in page
    post(as_member, at(workspace, call, "review"))
    page = text(as_member.get(mine(workspace)))
    assigned, reviewed = (
        page[: page.index("Reviewed by you")],
        page[page.index("Reviewed by you") :],
    )
    assert second in assigned and call not in assigned and call in reviewed
    post(as_member, at(workspace, call, "review/undo"))
    page = text(as_member.get(mine(workspace)))
    assert call in page and "Reviewed by you" not in page
    assert "Nothing waits for you" in text(as_admin.get(mine(workspace)))


def test_the_tab_counts_what_waits(
    api: FlaskClient, keys: Keys, as_member: FlaskClient, as_viewer: FlaskClient, workspace: Place,
    call: str,
) -> None:  # fmt: skip
    listed = f"/w/{workspace.slug}/calls"
    assert "waiting for you" not in text(as_member.get(listed))
    second = api.post(url(workspace), headers=keys.member, json=a_call("WORK-2")).json["id"]
    for ident in (call, second):
        post(as_member, at(workspace, ident, "assignee"), {"account_id": "me"})
    api.post(
        f"{url(workspace)}/{second}/notes", headers=keys.admin, json={"text": "@Member Person"}
    )
    for page in (listed, mine(workspace)):
        assert '3<span class="vh"> waiting for you' in text(as_member.get(page))
        assert "waiting for you" not in text(as_viewer.get(page))
    post(as_member, at(workspace, second, "review"))
    as_member.get(at(workspace, second))
    assert '1<span class="vh"> waiting for you' in text(as_member.get(listed))


def test_a_person_of_two_workspaces_finds_in_each_what_is_there(
    cast: Cast,
    as_both: FlaskClient,
    as_member: FlaskClient,
    workspace: Place,
    other: Place,
    call: str,
) -> None:
    here = str(cast.people["both"].accounts[workspace.slug])
    post(as_member, at(workspace, call, "assignee"), {"account_id": here})
    assert call in text(as_both.get(mine(workspace)))
    assert "Nothing waits for you" in text(as_both.get(mine(other)))


@pytest.fixture
def mailing(app: Flask) -> Any:
    """The same application with a mail server configured."""
    before = app.config["WARD"]
    app.config["WARD"] = dataclasses.replace(
        before, smtp_url="smtp://mail.example", public_url="https://ward.example"
    )
    yield
    app.config["WARD"] = before


@pytest.mark.usefixtures("mailing")
def test_the_mail_says_who_and_which_call_and_nothing_of_the_patient(
    as_member: FlaskClient, workspace: Place, call: str, sql: Callable[..., Any]
) -> None:
    note = {"text": "@Admin Person: Jane Doe, +1 415 555 0142, asked for insulin"}
    post(as_member, at(workspace, call, "notes"), note)
    queued = sql("select args from procrastinate_jobs where task_name = 'mail.send'"
                 " and args ->> 'workspace_id' = %s", (str(workspace.id),))  # fmt: skip
    sql("delete from procrastinate_jobs")
    assert len(queued) == 1
    mail = queued[0][0]
    assert mail["to"].startswith("admin-")
    assert mail["subject"] == "Member Person mentioned you on call 1"
    assert f"https://ward.example/w/{workspace.slug}/calls/{call}" in mail["text"]
    for secret in ("Jane", "insulin", "0142", "415"):
        assert secret not in mail["text"] + mail["subject"]


def test_without_a_mail_server_nothing_is_queued(
    as_member: FlaskClient, workspace: Place, call: str, sql: Callable[..., Any]
) -> None:
    post(as_member, at(workspace, call, "notes"), {"text": "@Admin Person look"})
    queued = "select count(*) from procrastinate_jobs where args ->> 'workspace_id' = %s"
    assert sql(queued, (str(workspace.id),)) == [(0,)]
