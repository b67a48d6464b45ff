"""The workspace's own name and records system: history, restore, two at once."""

from tests.support import post, text


def home(place, more=""):
    return f"/w/{place.slug}/settings/workspace{more}"


def stand(sql, place):
    return sql("select name, connector_type, version from workspace where id = %s", (place.id,))[0]


def test_a_change_is_in_the_history_and_can_be_undone(as_owner, as_viewer, workspace, sql):
    start = stand(sql, workspace)
    form = {"name": "North Clinic", "connector_type": "epic", "version": start[2]}
    assert post(as_owner, home(workspace), form).status_code == 303
    page = text(as_viewer.get(home(workspace, "/history"))).split("<main")[1]
    assert workspace.name in page and "North Clinic" in page
    assert "Not said" in page and "Epic" in page and "<button" not in page
    page = text(as_owner.get(home(workspace, "/history")))
    assert f'name="number" value="{start[2]}"' in page and "Restore the beginning" in page
    number = {"number": start[2], "version": start[2] + 1}
    assert post(as_owner, home(workspace, "/restore"), number).status_code == 303
    assert stand(sql, workspace) == (*start[:2], start[2] + 2)
    back = {"number": start[2] + 1, "version": start[2] + 2}
    assert post(as_owner, home(workspace, "/restore"), back).status_code == 303
    assert stand(sql, workspace)[:2] == ("North Clinic", "epic")
    actions = sql("select action from audit_event where workspace_id = %s and resource_type ="
                  " 'workspace' order by seq", (workspace.id,))  # fmt: skip
    assert [row[0] for row in actions] == ["workspace.update"] + ["workspace.restore"] * 2


def test_saving_what_stands_changes_nothing(as_owner, workspace, sql):
    start = stand(sql, workspace)
    form = {"name": start[0], "connector_type": "", "version": start[2]}
    assert post(as_owner, home(workspace), form).status_code == 303
    assert stand(sql, workspace) == start


def test_a_late_restore_and_an_unknown_version_change_nothing(as_owner, api, keys, workspace, sql):
    start = stand(sql, workspace)
    for name in ("One", "Two"):
        answer = api.patch(f"/v1/workspaces/{workspace.id}", json={"name": name},
                           headers=keys.owner)  # fmt: skip
        assert answer.status_code == 200
    late = {"number": start[2], "version": start[2] + 1}
    assert post(as_owner, home(workspace, "/restore"), late).status_code == 409
    for number in (99, 2**31 - 1):
        unknown = {"number": number, "version": start[2] + 2}
        assert post(as_owner, home(workspace, "/restore"), unknown).status_code == 404
    assert post(as_owner, home(workspace, "/restore"), {"number": "x"}).status_code == 422
    assert stand(sql, workspace)[0] == "Two"


def test_only_owners_restore(as_admin, as_viewer, workspace):
    for client in (as_admin, as_viewer):
        assert post(client, home(workspace, "/restore"), {"number": 1}).status_code == 403
        assert client.get(home(workspace, "/history")).status_code == 200
