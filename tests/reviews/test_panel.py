"""Reviewing calls in the browser: marking, assigning, tagging, noting."""

import threading
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.calls.test_api import a_call, url
from tests.support import Cast, Keys, Place, post, sign_in, text

HTMX = {"HX-Request": "true"}
WRITES: dict[str, tuple[str, dict[str, Any]]] = {
    "review": ("review", {}),
    "undo": ("review/undo", {}),
    "assign": ("assignee", {"account_id": "me"}),
    "tag": ("tags", {"tag": "call back"}),
    "untag": ("tags/remove", {"tag": "call back"}),
    "note": ("notes", {"text": "Call the pharmacy."}),
}
EVERYTHING = """
select to_jsonb(c) - 'updated_at', (select jsonb_agg(to_jsonb(a)) from call_assignment a where a.call_id = c.id),
  (select jsonb_agg(to_jsonb(t)) from call_tag t where t.call_id = c.id),
  (select jsonb_agg(to_jsonb(n)) from call_note n where n.call_id = c.id)
from call c where c.id = %s
"""


def at(place: Place, call: str, rest: str = "") -> str:
    return f"/w/{place.slug}/calls/{call}{'/' if rest else ''}{rest}"


def events(sql: Any, place: Place) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = sql(
        "select action, phi_accessed from audit_event where workspace_id = %s and action like 'call.%%'"
        " and action not in ('call.create', 'call.read', 'call.list') order by seq",
        (place.id,),
    )
    return found


def test_marking_takes_one_click_and_so_does_undoing(
    as_member: FlaskClient, as_viewer: FlaskClient, workspace: Place, call: str, sql: Any
) -> None:
    page = text(as_member.get(at(workspace, call)))
    assert "Mark as reviewed" in page and "Undo" not in page
    marked = post(as_member, at(workspace, call, "review") + "?status=completed")
    assert marked.status_code == 303
    assert marked.headers["Location"] == at(workspace, call) + "?status=completed#work"
    page = text(as_viewer.get(at(workspace, call)))
    assert "Reviewed" in page and "Member Person, " in page and "Mark as reviewed" not in page
    assert post(as_member, at(workspace, call, "review/undo")).status_code == 303
    assert "Not reviewed yet" in text(as_viewer.get(at(workspace, call)))
    assert events(sql, workspace) == [("call.review", True), ("call.unreview", True)]


def test_htmx_gets_the_panel_and_nothing_else(
    as_member: FlaskClient, workspace: Place, call: str
) -> None:
    for rest, data in WRITES.values():
        answer = post(as_member, at(workspace, call, rest), data, headers=HTMX)
        assert answer.status_code == 200
        assert text(answer).lstrip().startswith('<section class="card work"')
        assert "<html" not in text(answer)


def test_viewer_reads_all_of_it_and_sees_no_control(
    as_member: FlaskClient, as_viewer: FlaskClient, workspace: Place, call: str
) -> None:
    for name in ("review", "assign", "tag", "note"):
        assert (
            post(as_member, at(workspace, call, WRITES[name][0]), WRITES[name][1]).status_code
            == 303
        )
    page = text(as_viewer.get(at(workspace, call)))
    panel = page[page.index('id="work"') : page.index("</section>", page.index('id="work"'))]
    for words in ("Reviewed", "Member Person", "call back", "Call the pharmacy."):
        assert words in panel
    assert "<form" not in panel and "<button" not in panel and "<input" not in panel


@pytest.mark.parametrize("name", WRITES)
def test_viewer_and_stranger_change_nothing(
    app: Flask, cast: Cast, as_member: FlaskClient, workspace: Place, call: str, sql: Any, name: str
) -> None:
    for done in ("tag", "review"):
        post(as_member, at(workspace, call, WRITES[done][0]), WRITES[done][1])
    before = sql(EVERYTHING, (call,))
    rest, data = WRITES[name]
    for role, status in (("viewer", 403), ("stranger", 404)):
        client = sign_in(app, cast.people[role])
        assert post(client, at(workspace, call, rest), data).status_code == status
    assert sql(EVERYTHING, (call,)) == before


@pytest.mark.parametrize("name", WRITES)
def test_a_call_of_another_workspace_is_nothing(
    as_owner: FlaskClient, workspace: Place, foreign: str, sql: Any, name: str
) -> None:
    before = sql(EVERYTHING, (foreign,))
    rest, data = WRITES[name]
    assert post(as_owner, at(workspace, foreign, rest), data).status_code == 404
    assert sql(EVERYTHING, (foreign,)) == before


def test_the_first_who_marks_stays(
    as_member: FlaskClient, as_admin: FlaskClient, workspace: Place, call: str, sql: Any
) -> None:
    for client in (as_member, as_admin):
        assert post(client, at(workspace, call, "review")).status_code == 303
    assert "Member Person, " in text(as_admin.get(at(workspace, call)))
    assert events(sql, workspace) == [("call.review", True)]


def test_a_call_is_given_to_a_colleague_and_to_nobody(
    cast: Cast, as_member: FlaskClient, workspace: Place, call: str, sql: Any
) -> None:
    admin = cast.people["admin"].accounts[workspace.slug]
    post(as_member, at(workspace, call, "assignee"), {"account_id": str(admin)})
    page = text(as_member.get(at(workspace, call)))
    assert "<strong>Admin Person</strong>" in page and "by Member Person" in page
    post(as_member, at(workspace, call, "assignee"), {"account_id": "me"})
    assert "<strong>you</strong>" in text(as_member.get(at(workspace, call)))
    post(as_member, at(workspace, call, "assignee"), {"account_id": ""})
    assert "<strong>nobody</strong>" in text(as_member.get(at(workspace, call)))
    assert [name for name, _ in events(sql, workspace)] == [
        "call.assign",
        "call.assign",
        "call.unassign",
    ]


def test_an_account_of_another_workspace_is_nobody_here(
    cast: Cast, other: Place, as_member: FlaskClient, workspace: Place, call: str, sql: Any
) -> None:
    stranger = str(cast.people["stranger"].accounts[other.slug])
    before = sql(EVERYTHING, (call,))
    for wanted in (stranger, "00000000-0000-0000-0000-000000000007", "not an id"):
        assert (
            post(as_member, at(workspace, call, "assignee"), {"account_id": wanted}).status_code
            == 404
        )
        told = {"text": "Look", "tell": [wanted]}
        status = post(as_member, at(workspace, call, "notes"), told).status_code
        assert status == (422 if wanted == "not an id" else 404)
    assert sql(EVERYTHING, (call,)) == before


def test_assigning_over_a_colleague_is_refused_with_who_it_is_now(
    cast: Cast, as_member: FlaskClient, as_admin: FlaskClient, workspace: Place, call: str
) -> None:
    viewer = str(cast.people["viewer"].accounts[workspace.slug])
    first = post(as_admin, at(workspace, call, "assignee"), {"account_id": "me", "was": "nobody"})
    late = {"account_id": viewer, "was": "nobody"}
    second = post(as_member, at(workspace, call, "assignee"), late, headers=HTMX)
    assert (first.status_code, second.status_code) == (303, 409)
    assert "This call is Admin Person’s by now." in text(second)
    assert "<strong>Admin Person</strong>" in text(as_member.get(at(workspace, call)))


def test_tags_are_folded_to_one_form_and_kept_once(
    as_member: FlaskClient, workspace: Place, call: str, sql: Any
) -> None:
    for typed in ("#Call Back", "call  back", "Ｃａｌｌ back\u200b, Billing", "ÜBER"):
        assert post(as_member, at(workspace, call, "tags"), {"tag": typed}).status_code == 303
    tags = "select array_agg(tag order by tag) from call_tag where call_id = %s"
    assert sql(tags, (call,))[0][0] == ["billing", "call back", "über"]
    post(as_member, at(workspace, call, "tags/remove"), {"tag": "billing"})
    assert sql(tags, (call,))[0][0] == ["call back", "über"]


def test_tags_in_use_are_suggested_only_here(
    api: FlaskClient, keys: Keys, as_member: FlaskClient, workspace: Place, other: Place,
    call: str, foreign: str,
) -> None:  # fmt: skip
    api.put(f"{url(other)}/{foreign}/tags", headers=keys.stranger, json={"tags": ["canary"]})
    second = api.post(url(workspace), headers=keys.member, json=a_call("WORK-2")).json["id"]
    api.put(f"{url(workspace)}/{second}/tags", headers=keys.member, json={"tags": ["refill"]})
    page = text(as_member.get(at(workspace, call)))
    assert '<option value="refill">' in page and "canary" not in page


BAD: dict[str, tuple[str, dict[str, Any], str]] = {
    "no tag": ("tags", {"tag": "  "}, "Fill this in."),
    "only a sign": ("tags", {"tag": "###"}, "A tag has 1 to 40 characters"),
    "a long tag": ("tags", {"tag": "x" * 41}, "Keep this to 40 characters"),
    "many tags": ("tags", {"tag": ",".join(f"t{n}" for n in range(21))}, "At most 20 entries"),
    "no note": ("notes", {"text": " \r\n "}, "Fill this in."),
    "a long note": ("notes", {"text": "x" * 4001}, "Keep this to 4000 characters"),
    "no text": ("notes", {"text": "a\0b"}, "cannot be stored"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_what_does_not_fit_is_told_beside_the_field_and_stays(
    as_member: FlaskClient, workspace: Place, call: str, sql: Any, name: str, headers: Any
) -> None:
    rest, data, sentence = BAD[name]
    before = sql(EVERYTHING, (call,))
    answer = post(as_member, at(workspace, call, rest), data, headers=headers)
    assert answer.status_code == 422 and sentence in text(answer)
    field = "tag" if rest == "tags" else "note"
    assert f'aria-describedby="work-{field}-error"' in text(answer)
    for value in data.values():
        assert value.replace("\r\n", "\n").replace("\0", "�") in text(answer) or "\0" in value
    assert sql(EVERYTHING, (call,)) == before


def test_a_call_keeps_twenty_tags(as_member: FlaskClient, workspace: Place, call: str) -> None:
    twenty = ",".join(f"t{n}" for n in range(20))
    assert post(as_member, at(workspace, call, "tags"), {"tag": twenty}).status_code == 303
    assert post(as_member, at(workspace, call, "tags"), {"tag": "t3"}).status_code == 303
    more = post(as_member, at(workspace, call, "tags"), {"tag": "one more"})
    assert more.status_code == 422 and "at most 20 tags" in text(more)


def test_notes_stand_newest_last_and_keep_their_lines(
    as_member: FlaskClient, as_admin: FlaskClient, workspace: Place, call: str
) -> None:
    post(as_member, at(workspace, call, "notes"), {"text": "First <b>line</b>\r\nSecond line"})
    post(as_admin, at(workspace, call, "notes"), {"text": "Done."})
    page = text(as_admin.get(at(workspace, call)))
    assert "First &lt;b&gt;line&lt;/b&gt;\nSecond line" in page
    assert page.index("Second line") < page.index("Done.")


def test_a_note_of_exactly_4000_characters_with_line_breaks_fits(
    as_member: FlaskClient, workspace: Place, call: str
) -> None:
    words = "a\r\n" * 2000
    assert (
        post(as_member, at(workspace, call, "notes"), {"text": "b" + words[1:]}).status_code == 303
    )


def test_a_member_who_leaves_leaves_notes_and_no_assignment(
    app: Flask,
    cast: Cast,
    as_owner: FlaskClient,
    as_member: FlaskClient,
    workspace: Place,
    call: str,
) -> None:
    post(as_member, at(workspace, call, "assignee"), {"account_id": "me"})
    post(as_member, at(workspace, call, "notes"), {"text": "I asked the pharmacy."})
    post(as_owner, at(workspace, call, "notes"), {"text": "Thanks, @Member Person!"})
    gone = cast.people["member"].accounts[workspace.slug]
    assert post(as_owner, f"/w/{workspace.slug}/members/{gone}/remove").status_code == 303
    page = text(as_owner.get(at(workspace, call)))
    assert "<strong>nobody</strong>" in page
    assert "I asked the pharmacy." in page and "Member Person" in page and "Told:" not in page
    assert as_member.get(at(workspace, call)).status_code == 404


def test_two_at_once_lose_nothing(
    app: Flask, cast: Cast, workspace: Place, call: str, sql: Any
) -> None:
    people = [sign_in(app, cast.people[role]) for role in ("owner", "admin", "member", "both")]
    start, answers = threading.Barrier(4), []

    def act(number: int, client: FlaskClient) -> None:
        start.wait()
        for step in range(4):
            tags = {"tag": f"tag {number} {step}"}
            answers.append(post(client, at(workspace, call, "tags"), tags).status_code)
            note = {"text": f"Note {number} {step} @Viewer Person"}
            answers.append(post(client, at(workspace, call, "notes"), note).status_code)
            answers.append(post(client, at(workspace, call, "review")).status_code)

    threads = [threading.Thread(target=act, args=pair) for pair in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) == {303}
    assert sql("select count(*) from call_tag where call_id = %s", (call,)) == [(16,)]
    assert sql("select count(*) from call_note where call_id = %s", (call,)) == [(16,)]
    reviews = [name for name, _ in events(sql, workspace) if name == "call.review"]
    assert len(reviews) == 1


def test_each_call_has_its_own_panel(
    api: FlaskClient, as_member: FlaskClient, keys: Keys, workspace: Place
) -> None:
    made = [api.post(url(workspace), json=a_call(f"P{n}"), headers=keys.member).json["entity_id"]
            for n in range(2)]  # fmt: skip
    pages = [text(as_member.get(at(workspace, ident, "?status=completed"))) for ident in made]
    for mine, other, page in zip(made, reversed(made), pages, strict=True):
        forms = page.split('id="work"')[1].split("</section>")[0]
        assert f'action="{at(workspace, mine, "review")}?status=completed"' in forms
        assert mine in forms and other not in forms
