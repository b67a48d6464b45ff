"""Saved views: one's own and shared, who may do what, and what is kept."""

import re
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.core import drawn as module
from tests.support import ROLES, Cast, Keys, Place, post, sign_in, text

VIEW = {"name": "To call back", "query": "outcome=unanswered&period=yesterday"}


class Views:
    """Saves and reads views through the JSON API."""

    def __init__(self, api: FlaskClient, keys: Keys, place: Place) -> None:
        self.api, self.keys, self.base = api, keys, f"/v1/{place.id}/saved-views"

    def save(self, role: str = "member", status: int = 201, **more: Any) -> dict[str, Any]:
        answer = self.api.post(self.base, headers=self.keys[role], json={**VIEW, **more})
        assert answer.status_code == status, answer.data
        return dict(answer.json)

    def names(self, role: str) -> list[str]:
        found = self.api.get(self.base, headers=self.keys[role]).json["items"]
        return [view["name"] for view in found]

    def change(self, role: str, view: dict[str, Any], **to: Any) -> Any:
        return self.api.patch(f"{self.base}/{view['id']}", headers=self.keys[role], json=to)

    def delete(self, role: str, view: dict[str, Any]) -> int:
        found = self.api.delete(f"{self.base}/{view['id']}", headers=self.keys[role])
        return int(found.status_code)


@pytest.fixture
def views(api: FlaskClient, keys: Keys, workspace: Place) -> Views:
    return Views(api, keys, workspace)


def test_a_view_is_kept_in_its_shortest_form(views: Views) -> None:
    kept = views.save(query="?who=&q=&period=yesterday&outcome=unanswered&before=1~2&colour=red")
    assert kept["query"] == "period=yesterday&outcome=unanswered"
    assert kept["created_by"].startswith("member key") and kept["mine"] and not kept["shared"]


def test_ones_own_is_for_oneself_and_a_shared_one_for_everybody(views: Views) -> None:
    views.save(name="Mine")
    views.save(name="Ours", shared=True)
    assert views.names("member") == ["Mine", "Ours"]
    for role in ("owner", "admin", "viewer"):
        assert views.names(role) == ["Ours"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("shared", [True, False])
def test_who_may_change_and_delete_the_view_of_a_member(
    views: Views, role: str, shared: bool
) -> None:
    view = views.save(shared=shared)
    if role == "viewer":
        allowed = 403
    elif role == "member" or shared:
        allowed = 200
    else:
        allowed = 404
    assert views.change(role, view, name="Other").status_code == allowed
    assert views.delete(role, view) == (204 if allowed == 200 else allowed)
    if allowed != 200:
        assert views.names("member") == ["To call back"]


def test_a_member_does_not_change_what_an_admin_shares(views: Views) -> None:
    view = views.save("admin", shared=True)
    answer = views.change("member", view, name="Mine now")
    assert answer.status_code == 403 and "admin key" in answer.json["detail"]
    assert views.delete("member", view) == 403
    assert views.names("member") == ["To call back"]


def test_a_viewer_uses_views_and_saves_none(
    views: Views, as_viewer: FlaskClient, workspace: Place
) -> None:
    view = views.save(shared=True)
    views.save("viewer", 403)
    page = text(as_viewer.get(f"/w/{workspace.slug}/calls?outcome=unanswered&period=yesterday"))
    assert "To call back" in page and 'aria-current="true"' in page
    assert "Save as a view" not in page
    page = text(as_viewer.get(f"/w/{workspace.slug}/calls/views"))
    assert "To call back" in page and "Rename" not in page
    assert as_viewer.get(f"/w/{workspace.slug}/calls/views/{view['id']}").status_code == 403
    assert as_viewer.get(f"/w/{workspace.slug}/calls/views/new?hour=3").status_code == 403


def test_a_name_is_taken_once_for_oneself_and_once_for_all(views: Views) -> None:
    first = views.save()
    views.save(name="TO CALL back", status=409)
    views.save(shared=True)
    views.save(shared=True, role="admin", status=409)
    views.save("admin")
    other = views.save(name="Other")
    assert views.change("member", other, name="To Call Back").status_code == 409
    assert views.change("member", first, name="to call back").status_code == 200
    assert views.names("member") == ["Other", "to call back", "To call back"]


BAD = {
    "no name": ({"name": " "}, "name"), "long name": ({"name": "n" * 61}, "name"),
    "no filter": ({"query": "sort=-started_at"}, "query"), "empty": ({"query": ""}, "query"),
    "wrong filter": ({"query": "status=done"}, "query"), "unknown": ({"query": "colour=red"}, "query"),
    "long": ({"query": "q=" + "x" * 2000}, "query"), "NUL": ({"query": "q=a%00b"}, "query"),
    "extra": ({"colour": "red"}, "colour"), "shared": ({"shared": "perhaps"}, "shared"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_view_is_422_and_nothing_is_kept(views: Views, name: str) -> None:
    change, field = BAD[name]
    answer = views.save(status=422, **change)
    assert answer["detail"][0]["loc"] == ["body", field], answer
    assert views.names("member") == []


def test_a_changed_filter_is_checked_as_well(views: Views) -> None:
    view = views.save()
    assert views.change("member", view, query="hour=25").status_code == 422
    assert views.change("member", view, query="hour=5").json["query"] == "hour=5"
    assert views.change("member", view).json["query"] == "hour=5"


def test_views_of_another_workspace_do_not_exist(views: Views, cast: Cast) -> None:
    view = views.save(shared=True)
    theirs = f"/v1/{cast.other.id}/saved-views"
    stranger = views.keys.stranger
    assert views.api.get(theirs, headers=stranger).json["items"] == []
    for ident in (view["id"], str(uuid.uuid4())):
        for method in ("get", "patch", "delete"):
            answer = getattr(views.api, method)(f"{theirs}/{ident}", headers=stranger, json={})
            assert answer.status_code == 404
    assert views.names("member") == ["To call back"]


def test_what_a_removed_member_shared_stays_and_the_rest_goes(
    views: Views, cast: Cast, app: Any
) -> None:
    views.save(name="Mine")
    shared = views.save(name="Ours", shared=True)
    account = cast.people["member"].accounts[cast.workspace.slug]
    owner = sign_in(app, cast.people["owner"])
    gone = post(owner, f"/w/{cast.workspace.slug}/members/{account}/remove")
    assert gone.status_code in (200, 303), text(gone)
    assert views.names("owner") == ["Ours"]
    assert views.change("admin", shared, name="Ours still").status_code == 200


def test_the_audit_log_names_a_view_and_not_what_it_looks_for(views: Views, sql: Any) -> None:
    view = views.save(query="q=dermatologist&caller=5550142")
    views.change("member", view, name="Skin", query="q=eczema")
    views.delete("member", view)
    events = sql("select action, before::text, after::text, metadata::text from audit_event"
                 " where resource_type = 'saved_view' and resource_id = %s order by seq",
                 (view["id"],))  # fmt: skip
    assert [event[0] for event in events] == [
        "saved_view.create", "saved_view.update", "saved_view.delete",
    ]  # fmt: skip
    assert not re.search("dermatologist|5550142|eczema", str(events))


@pytest.fixture
def calls(workspace: Place) -> str:
    return f"/w/{workspace.slug}/calls"


def test_a_view_is_saved_opened_renamed_and_deleted_in_the_browser(
    as_member: FlaskClient, calls: str
) -> None:
    page = text(as_member.get(f"{calls}?outcome=unanswered&period=yesterday"))
    start = re.search(r'href="([^"]+views/new[^"]+)"', page)
    assert start
    form = text(as_member.get(start[1].replace("&amp;", "&")))
    assert "Yesterday" in form and "Unanswered" in form
    query = re.search(r'name="query" value="([^"]+)"', form)
    assert query
    sent = {"name": "Missed <ones>", "query": query[1].replace("&amp;", "&"), "shared": "true"}
    saved = post(as_member, f"{calls}/views", sent)
    assert saved.status_code == 303
    assert saved.headers["Location"].endswith("/calls?period=yesterday&outcome=unanswered")
    page = text(as_member.get(f"{calls}/views"))
    assert "Missed &lt;ones&gt;" in page and "Yesterday, Unanswered" in page
    edit = re.search(r'href="([^"]+/views/[0-9a-f-]{36})"', page)
    assert edit
    assert post(as_member, edit[1], {"name": "Missed"}).status_code == 303
    assert "Missed" in text(as_member.get(edit[1]))
    assert post(as_member, f"{edit[1]}/delete").status_code == 303
    assert as_member.get(edit[1]).status_code == 404


def test_what_is_wrong_stands_beside_the_field_and_what_was_typed_stays(
    as_member: FlaskClient, calls: str, sql: Any, workspace: Place
) -> None:
    sent = {"name": "Missed", "query": "outcome=unanswered"}
    assert post(as_member, f"{calls}/views", sent).status_code == 303
    again = post(as_member, f"{calls}/views", {**sent, "query": "hour=3"})
    assert again.status_code == 422
    assert "a view of this name already" in text(again) and 'value="Missed"' in text(again)
    assert 'name="query" value="hour=3"' in text(again)
    nameless = post(as_member, f"{calls}/views", {"name": "", "query": "hour=3"})
    assert nameless.status_code == 422 and "Fill this in." in text(nameless)
    for query in ("", "hour=99"):
        refused = post(as_member, f"{calls}/views", {"name": "Other", "query": query})
        assert refused.status_code == 422 and 'role="alert"' in text(refused)
    assert (
        post(as_member, f"{calls}/views", {"name": "Other", "query": "hour=3"}).status_code == 303
    )
    ident = sql(
        "select id from saved_view where workspace_id = %s and name = 'Other'", (workspace.id,)
    )
    clash = post(as_member, f"{calls}/views/{ident[0][0]}", {"name": "missed"})
    assert clash.status_code == 422 and "already" in text(clash)
    assert sql("select count(*) from saved_view where workspace_id = %s", (workspace.id,)) == [(2,)]


def test_there_is_a_bound_to_views(views: Views, monkeypatch: Any) -> None:
    from app.saved_views import actions

    monkeypatch.setattr(actions, "MOST", 2)
    views.save(name="A")
    views.save(name="B")
    refused = views.save(name="C", status=422)
    assert "Delete one" in str(refused["detail"])
    views.save(name="C", shared=True)


def test_words_and_numbers_of_a_view_are_kept_in_no_page(
    views: Views, as_member: FlaskClient, workspace: Place, drawn: list[str]
) -> None:
    bar = "saved_views/bar.html"
    views.save(name="Unanswered", shared=True)
    for _ in range(2):
        assert "Unanswered" in text(as_member.get(f"/w/{workspace.slug}/calls"))
    assert drawn.count(bar) == 1
    drawn.clear()
    views.save(name="Rash", query="q=zebrine", shared=True)
    views.save(name="Him", query="outcome=ended&caller=5550142", shared=True)
    for _ in range(2):
        page = text(as_member.get(f"/w/{workspace.slug}/calls"))
        assert "/calls?q=zebrine" in page and "caller=5550142" in page
    assert drawn.count(bar) == 2
    for part in module._kept.parts.items():
        assert "zebrine" not in str(part) and "caller=5550142" not in str(part)
