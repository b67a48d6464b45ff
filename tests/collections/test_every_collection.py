"""What holds for every collection, whatever it holds: generated from the declarations."""

import re
import uuid

import pytest

from app.agents.declaration import AGENTS
from app.core.database import recorded
from app.data_sources.declaration import DATA_SOURCES
from app.enrichment.declaration import KEYS
from app.graphs.declaration import GRAPHS
from app.operators.declaration import OPERATORS
from app.phone_numbers.declaration import PHONE_NUMBERS
from app.safety.declaration import CONCEPTS
from app.services.declaration import SERVICES
from tests.setup import number
from tests.support import post, text

EVERY = (AGENTS, GRAPHS, SERVICES, PHONE_NUMBERS, CONCEPTS, DATA_SOURCES, OPERATORS, KEYS)
OTHER = {PHONE_NUMBERS.path: "display_name", KEYS.path: "description"}
NAME = {of.path: OTHER.get(of.path, "name") for of in EVERY}
each = pytest.mark.parametrize("of", EVERY, ids=lambda of: of.path)


@pytest.fixture
def member(of, maker):
    return maker.make(of.path, maker.body(of.path))


def change(api, of, workspace, key, ident, body):
    return api.open(f"/v1/{workspace.id}/{of.path}/{ident}", method=of.method, json=body,
                    headers=key)  # fmt: skip


@each
def test_the_declared_columns_are_those_of_the_table(of, sql):
    found = {
        row[0]
        for row in sql(
            "select column_name from information_schema.columns where table_name = %s", (of.table,)
        )
    }
    common = {"workspace_id", "id", "number", "version", "created_at", "updated_at", "updated_by"}
    assert found == common | set(of.schema.model_fields)


@each
def test_every_page_opens_for_every_role_and_only_admins_change(of, member, cast, app, api,
                                                                 workspace, keys):  # fmt: skip
    from tests.support import sign_in

    home = f"/w/{workspace.slug}/{of.path}"
    for role in ("viewer", "member", "admin", "owner"):
        client = sign_in(app, cast.people[role])
        for path in (home, f"{home}/{member['id']}", f"{home}/{member['id']}/history",
                     f"{home}/deleted"):  # fmt: skip
            assert client.get(path).status_code == 200, (role, path)
        page = text(client.get(f"{home}/{member['id']}")).split("<main")[1]
        assert ("Save changes" in page) is (role in ("admin", "owner"))
        if role in ("viewer", "member"):
            assert "<input" not in page and "<textarea" not in page
            for path in (f"{home}/new", f"{home}/{member['id']}", f"{home}/{member['id']}/delete"):
                assert post(client, path, {"name": "x"}).status_code == 403, path
            assert change(api, of, workspace, keys[role], member["id"], {}).status_code == 403


@each
def test_a_form_that_is_sent_as_it_was_drawn_changes_nothing(of, member, as_admin, workspace, api,
                                                             keys):  # fmt: skip
    home = f"/w/{workspace.slug}/{of.path}/{member['id']}"
    page = text(as_admin.get(home)).split("data-dirty>")[1].split("</form>")[0]
    sent = {}
    for tag in re.findall(r"<input[^>]+>", page):
        name = re.search(r' name="([^"]+)"', tag)
        kind = re.search(r' type="([^"]+)"', tag)
        value = re.search(r' value="([^"]*)"', tag)
        if not name or (kind and kind[1] == "checkbox" and " checked" not in tag):
            continue
        sent.setdefault(name[1], []).append(value[1] if value else "")
    for name, body in re.findall(r'<select[^>]+name="([^"]+)".*?>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        sent[name] = [chosen[1] if chosen else ""]
    for name, body in re.findall(r'<textarea[^>]+name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.S):
        sent[name] = [body.replace("&#34;", '"')]
    sent.pop("csrf_token", None)
    answer = post(as_admin, home, sent)
    assert answer.status_code == 303, re.findall(r"Please check.*?</ul>", text(answer), re.S)
    after = api.get(f"/v1/{workspace.id}/{of.path}/{member['id']}", headers=keys.viewer).json
    assert after == member


@each
def test_a_change_is_in_the_history_and_can_be_undone(of, member, api, workspace, keys, as_admin,
                                                      sql):  # fmt: skip
    field = NAME[of.path]
    changed = change(api, of, workspace, keys.admin, member["id"], {field: "Renamed"})
    assert changed.status_code == 200 and changed.json["version"] == 2, changed.data
    home = f"/w/{workspace.slug}/{of.path}/{member['id']}"
    page = text(as_admin.get(f"{home}/history"))
    assert "Renamed" in page and "Restore version 1" in page
    assert post(as_admin, f"{home}/restore", {"number": "1"}).status_code == 303
    back = api.get(f"/v1/{workspace.id}/{of.path}/{member['id']}", headers=keys.viewer).json
    assert back[field] == member[field] and back["version"] == 3
    actions = sql("select action from audit_event where resource_id = %s order by seq",
                  (member["id"],))  # fmt: skip
    assert [a for (a,) in actions] == [f"{of.table}.{v}" for v in ("create", "update", "restore")]


@each
def test_what_is_deleted_comes_back_as_it_was(of, member, api, workspace, keys, as_admin):
    url = f"/v1/{workspace.id}/{of.path}/{member['id']}"
    assert api.delete(url, headers=keys.admin).status_code == 204
    assert api.get(url, headers=keys.admin).status_code == 404
    page = text(as_admin.get(f"/w/{workspace.slug}/{of.path}/deleted"))
    number = re.search(r'name="number" value="(\d+)"', page)[1]
    home = f"/w/{workspace.slug}/{of.path}/{member['id']}"
    assert post(as_admin, f"{home}/restore", {"number": number}).status_code == 303
    back = api.get(url, headers=keys.viewer).json
    same = set(member) - {"version", "created_at", "updated_at", "last_status_change"}
    assert {k: back[k] for k in same} == {k: member[k] for k in same}


@each
def test_two_who_save_at_once_lose_nothing(of, member, api, workspace, keys):
    field = NAME[of.path]
    assert change(api, of, workspace, keys.owner, member["id"], {field: "A"}).status_code == 200
    late = {field: "B", "version": 1}
    assert change(api, of, workspace, keys.admin, member["id"], late).status_code == 409
    kept = api.get(f"/v1/{workspace.id}/{of.path}/{member['id']}", headers=keys.viewer).json
    assert kept[field] == "A"


@each
def test_a_name_may_be_anything_that_can_be_read(of, maker, api, workspace, keys, as_viewer):
    field = NAME[of.path]
    for name in ("😀" * 256, "مركز الرعاية", "<b>bold</b> & 'quoted'", "x" * 256):
        body = {**maker.body(of.path), field: name}
        if of.path == "services":
            body = {**body, "agent_id": maker.agent(name), "context_graph_id": maker.graph(name)}
        made = maker.make(of.path, body)
        assert made[field] == name
        page = as_viewer.get(f"/w/{workspace.slug}/{of.path}/{made['id']}")
        assert page.status_code == 200 and "<b>bold" not in text(page)
        assert api.delete(f"/v1/{workspace.id}/{of.path}/{made['id']}",
                          headers=keys.admin).status_code == 204  # fmt: skip
        for used in ("agents", "context-graphs") if of.path == "services" else ():
            for item in api.get(f"/v1/{workspace.id}/{used}", headers=keys.admin).json["items"]:
                api.delete(f"/v1/{workspace.id}/{used}/{item['id']}", headers=keys.admin)
    long = {**maker.body(of.path), field: "😀" * 257}
    refused = api.post(f"/v1/{workspace.id}/{of.path}", json=long, headers=keys.admin)
    assert refused.status_code == 422 and refused.json["detail"][0]["loc"] == ["body", field]


@each
def test_the_list_sorts_by_name_and_pages(of, maker, api, workspace, keys):
    if of is PHONE_NUMBERS:
        bodies = [{"phone_number": n} for n in sorted(number() for _ in range(3))]
    elif of is KEYS:
        bodies = [{**maker.body(of.path), "key": f"name-{n}"} for n in range(3)]
    else:
        first = maker.body(of.path)
        bodies = [{**first, "name": f"Name {n}", **({"email": f"o{n}@x.example"} if of is OPERATORS
                                                   else {})} for n in range(3)]  # fmt: skip
    made = [maker.make(of.path, body)["id"] for body in bodies]
    url = f"/v1/{workspace.id}/{of.path}"
    for sort, expected in (("", made[::-1]), ("sort_by=%2Bname", made), ("sort_by=-name", made[::-1]),
                           ("sort_by=created_at", made)):  # fmt: skip
        seen, token = [], 0
        while True:
            page = api.get(f"{url}?limit=2&continuation_token={token}&{sort}",
                           headers=keys.viewer).json  # fmt: skip
            seen += [item["id"] for item in page["items"]]
            if not page["has_more"]:
                break
            token = page["continuation_token"]
        mine = [ident for ident in seen if ident in made]
        assert mine == expected, sort
    assert api.get(f"{url}?sort_by=color", headers=keys.viewer).status_code == 422


@each
def test_a_neighbours_member_is_nothing(of, member, api, other, keys, as_stranger):
    for method in ("GET", of.method, "DELETE"):
        answer = api.open(f"/v1/{other.id}/{of.path}/{member['id']}", method=method, json={},
                          headers=keys.stranger)  # fmt: skip
        assert answer.status_code == 404, method
    assert as_stranger.get(f"/w/{other.slug}/{of.path}/{member['id']}").status_code == 404


@each
def test_pages_run_few_statements(of, member, as_admin, workspace):
    home = f"/w/{workspace.slug}/{of.path}"
    for path in (home, f"{home}/{member['id']}", f"{home}/new"):
        as_admin.get(path)
        with recorded() as log:
            assert as_admin.get(path).status_code == 200
        assert len(log) <= 6, (path, len(log), log)


@each
def test_the_empty_list_says_what_to_do_first(of, as_admin, as_viewer, workspace):
    home = f"/w/{workspace.slug}/{of.path}"
    assert "Add the first one" in text(as_admin.get(home))
    assert "Add the first one" not in text(as_viewer.get(home))


@each
def test_an_id_that_is_not_here_is_404(of, api, workspace, keys, as_admin):
    nothing = uuid.uuid4()
    assert change(api, of, workspace, keys.admin, nothing, {}).status_code == 404
    assert as_admin.get(f"/w/{workspace.slug}/{of.path}/{nothing}").status_code == 404
    assert post(as_admin, f"/w/{workspace.slug}/{of.path}/{nothing}/delete").status_code == 404
