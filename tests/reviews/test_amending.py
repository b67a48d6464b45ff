"""Notes that are changed or removed, and who hears of a call that became theirs."""

import re
import uuid

import pytest

from tests.calls.test_api import url
from tests.support import post, text

from .test_mentions import mailing, mine  # noqa: F401  # a fixture
from .test_panel import at


@pytest.fixture
def note(as_member, workspace, call, sql):
    """The address of a member's note that tells the viewer."""
    post(as_member, at(workspace, call, "notes"), {"text": "@Viewer Person call back"})
    ident = sql("select id from call_note where call_id = %s", (call,))[0][0]
    return at(workspace, call, f"notes/{ident}")


@pytest.fixture
def mails(sql, workspace):
    """Take the mails that are queued: (to, subject, text)."""

    def take():
        found = sql(
            "delete from procrastinate_jobs where task_name = 'mail.send'"
            " and args ->> 'workspace_id' = %s returning args", (str(workspace.id),))  # fmt: skip
        return [(row[0]["to"], row[0]["subject"], row[0]["text"]) for row in found]

    return take


def events(sql, workspace, action):
    found = sql("select before, after from audit_event where workspace_id = %s and action = %s",
                (workspace.id, action))  # fmt: skip
    return [str(one) for one in found]


def test_an_author_changes_a_note_and_it_says_so(
    as_member, as_viewer, as_admin, workspace, call, note, sql, mailing, mails  # noqa: F811
):  # fmt: skip
    page = text(as_member.get(at(workspace, call)))
    was = re.search(r'name="was" value="([^"]+T[^"]+)"', page)[1]
    sent = {"text": "@Viewer Person and @Admin Person: call Jane back", "was": was}
    assert post(as_member, note, sent).status_code == 303
    assert [to.split("-")[0] for to, _, _ in mails()] == ["admin"], "the viewer was told before"
    page = text(as_viewer.get(at(workspace, call)))
    assert "call Jane back" in page and "Changed " in page
    assert "Change or remove" not in page and note not in page
    assert "New mentions" in text(as_admin.get(mine(workspace)))
    (event,) = events(sql, workspace, "call.note_change")
    assert "Admin Person" in event and "Jane" not in event
    again = post(as_member, note, {"text": "From the other tab", "was": was})
    assert again.status_code == 409 and "From the other tab" in text(again)
    assert "elsewhere in the meantime" in text(again)
    empty = post(as_member, note, {"text": " "})
    assert empty.status_code == 422 and "Fill this in" in text(empty)


def test_a_note_is_changed_for_a_quarter_of_an_hour_and_by_its_author_only(
    as_member, as_admin, as_viewer, workspace, call, note, sql
):
    for client in (as_admin, as_viewer):
        assert post(client, note, {"text": "Mine now"}).status_code == 403
    sql("update call_note set created_at = now() - interval '15 minutes' where call_id = %s",
        (call,))  # fmt: skip
    late = post(as_member, note, {"text": "Something long that was typed"})
    assert late.status_code == 409 and "for 15 minutes" in text(late)
    assert "Something long that was typed" in text(late)
    assert sql("select text, edited_at from call_note where call_id = %s", (call,)) == [
        ("@Viewer Person call back", None)
    ]
    assert "Change or remove" not in text(as_member.get(at(workspace, call)))


def test_notes_are_removed_by_their_author_and_by_admins(
    as_member, as_admin, as_viewer, as_owner, workspace, call, note, sql
):
    post(as_admin, at(workspace, call, "notes"), {"text": "An admin's note"})
    ident = sql("select id from call_note where text = 'An admin''s note'"
                " and workspace_id = %s", (workspace.id,))[0][0]  # fmt: skip
    admins = at(workspace, call, f"notes/{ident}/remove")
    assert post(as_member, admins).status_code == 403
    assert post(as_viewer, f"{note}/remove").status_code == 403
    assert text(as_member.get(at(workspace, call))).count("this note for good") == 1
    assert text(as_owner.get(at(workspace, call))).count("this note for good") == 2
    assert post(as_member, f"{note}/remove").status_code == 303
    assert post(as_owner, admins).status_code == 303
    assert post(as_owner, admins).status_code == 404
    assert sql("select 1 from call_note where workspace_id = %s", (workspace.id,)) == []
    removed = events(sql, workspace, "call.note_remove")
    assert len(removed) == 2 and "Member Person" in removed[0]
    assert "Nothing waits for you" in text(as_viewer.get(mine(workspace)))


def test_a_key_removes_notes_only_with_the_right(api, keys, workspace, call, foreign, note):
    listed = f"{url(workspace)}/{call}/notes"
    (stored,) = api.get(listed, headers=keys.viewer).json["items"]
    assert stored["edited_at"] is None
    one = f"{listed}/{stored['id']}"
    assert api.delete(one, headers=keys.member).status_code == 403
    unknown = api.delete(f"{listed}/{uuid.uuid4()}", headers=keys.admin)
    assert unknown.json["detail"] == "There is no note with this id."
    assert api.delete(one, headers=keys.admin).status_code == 204
    assert api.get(listed, headers=keys.viewer).json["items"] == []


def test_whoever_is_given_a_call_is_mailed_and_finds_it(
    as_member, as_admin, cast, workspace, call, mailing, mails  # noqa: F811
):  # fmt: skip
    admin = str(cast.people["admin"].accounts[workspace.slug])
    for _ in range(2):
        post(as_member, at(workspace, call, "assignee"), {"account_id": admin})
    ((to, subject, words),) = mails()
    assert to.startswith("admin-") and subject == "Member Person assigned call 1 to you"
    assert f"https://ward.example/w/{workspace.slug}/calls/{call}" in words
    assert "0142" not in words
    assert call in text(as_admin.get(mine(workspace)))
    post(as_admin, at(workspace, call, "assignee"), {"account_id": ""})
    post(as_admin, at(workspace, call, "assignee"), {"account_id": "me"})
    assert mails() == [], "nobody is told of what they do themselves"
