"""The audit page, its filter and its exports."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support import text


@pytest.fixture
def page(workspace: Any) -> str:
    return f"/w/{workspace.slug}/audit"


@pytest.fixture
def seeded(api: Any, workspace: Any, keys: Any) -> str:
    """A key made by the member's key and a refusal of the viewer's; the made key's handle."""
    url = f"/v1/{workspace.id}/api-keys"
    made = api.post(url, json={"duration_days": 3, "name": "Seeded"}, headers=keys.member)
    assert api.get(url, headers=keys.viewer).status_code == 403
    handle: str = made.json["key_id"]
    return handle


def test_anonymous_is_sent_to_sign_in(anonymous: Any, page: str) -> None:
    assert anonymous.get(page).status_code == 302


def test_member_is_refused_and_told_who_can(as_member: Any, page: str) -> None:
    response = as_member.get(page)
    assert response.status_code == 403
    assert "admins and owners" in text(response)
    assert as_member.get(page + "/export.csv").status_code == 403


def test_stranger_gets_404(as_stranger: Any, page: str) -> None:
    assert as_stranger.get(page).status_code == 404
    assert as_stranger.get(page + "/export.csv").status_code == 404


def test_admin_sees_events_with_actor_target_and_outcome(
    as_admin: Any, page: str, seeded: str
) -> None:
    shown = text(as_admin.get(page))
    assert "api_key.create" in shown
    assert "Seeded" in shown
    assert "Refused" in shown
    assert "127.0.0.1" in shown


def test_looking_is_written_down_once(as_admin: Any, page: str, sql: Any, workspace: Any) -> None:
    as_admin.get(page + "?action=call.read")
    as_admin.get(page + "?continuation_token=1")
    found = sql(
        "select metadata from audit_event where workspace_id = %s and action = 'audit.list'",
        (workspace.id,),
    )
    assert found == [({"action": "call.read"},)]


@pytest.mark.parametrize(
    ("query", "there", "absent"),
    [
        ("action=api_key.create", "Seeded", "Refused</"),
        ("outcome=denied", "permission.refused", "Seeded"),
        ("phi_only=true", "Nothing matches", "Seeded"),
        ("date_to=2020-01-01", "Nothing matches", "Seeded"),
        ("service=permission", "permission.refused", "Seeded"),
    ],
)
def test_filters(
    as_admin: Any, page: str, seeded: str, query: str, there: str, absent: str
) -> None:
    shown = text(as_admin.get(f"{page}?{query}")).partition("</form>\n")[2]
    listed = shown[shown.find("chips") :]
    assert there in listed
    assert absent not in re.sub(r"<option.*?</option>", "", listed)


def test_filter_by_person_includes_their_keys_and_by_key_only_it(
    as_admin: Any, page: str, seeded: str, cast: Any, api: Any, workspace: Any, keys: Any
) -> None:
    url = f"/v1/{workspace.id}/audit"
    person = cast.people["member"]
    for value in (person.user_id, person.accounts[workspace.slug]):
        found = api.get(f"{url}?actor={value}", headers=keys.admin).json["events"]
        assert [event["action"] for event in found] == ["api_key.create"]
    by_key = api.get(f"{url}?actor={found[0]['actor_credential_id']}", headers=keys.admin).json
    assert [event["resource_id"] for event in by_key["events"]] == [seeded]
    whole = keys.member["Authorization"].split()[1]
    assert api.get(f"{url}?actor={whole}", headers=keys.admin).json["total"] == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("date_from=yesterday", "date_from"),
        ("date_from=2026-11-20&date_to=2026-11-19", "date_to"),
        ("outcome=maybe", "outcome"),
    ],
)
def test_a_bad_filter_is_422_beside_its_field(
    as_admin: Any, page: str, query: str, field: str
) -> None:
    response = as_admin.get(f"{page}?{query}")
    assert response.status_code == 422
    assert f'id="{field}-error"' in text(response)


def test_extreme_dates_are_no_error(as_admin: Any, page: str) -> None:
    query = "?date_from=0001-01-01&date_to=9999-12-31"
    assert as_admin.get(page + query).status_code == 200


def test_ndjson_export_is_exactly_the_filter(
    as_admin: Any, page: str, seeded: str, workspace: Any
) -> None:
    response = as_admin.get(page + "/export.ndjson?action=api_key.create")
    first, *rest = [json.loads(line) for line in response.get_data().splitlines()]
    assert first["export"]["row_count"] == len(rest) == 1
    assert first["export"]["filter"] == {"action": "api_key.create"}
    assert first["export"]["workspace"] == workspace.slug
    assert rest[0]["resource_id"] == seeded


def test_csv_export_tells_filter_and_count_first(as_admin: Any, page: str, seeded: str) -> None:
    response = as_admin.get(page + "/export.csv?outcome=denied")
    rows = list(csv.reader(io.StringIO(text(response))))
    assert "filter: outcome=denied; 1 events" in rows[0][0]
    assert rows[1][:2] == ["id", "seq"]
    assert len(rows) == 3


def test_csv_cells_are_no_formulas(
    as_admin: Any, page: str, api: Any, workspace: Any, keys: Any
) -> None:
    url = f"/v1/{workspace.id}/api-keys"
    api.post(url, json={"duration_days": 3, "name": "=1+1"}, headers=keys.member)
    rows = list(csv.DictReader(io.StringIO(
        text(as_admin.get(page + "/export.csv?action=api_key.create")).partition("\n")[2]
    )))  # fmt: skip
    assert rows[0]["resource_name"] == "'=1+1"


def test_an_export_of_many_batches_holds_every_event_once(
    as_admin: Any, page: str, sql: Any, workspace: Any, monkeypatch: Any, seeded: str
) -> None:
    from app.audit import queries

    monkeypatch.setattr(queries, "BATCH", 2)
    for _ in range(5):
        as_admin.get(page)
    lines = as_admin.get(page + "/export.ndjson").get_data().splitlines()
    numbers = [json.loads(line)["seq"] for line in lines[1:]]
    assert numbers == sorted(set(numbers), reverse=True)
    assert json.loads(lines[0])["export"]["row_count"] == len(numbers) == numbers[0]
    exported = sql(
        "select metadata ->> 'rows' from audit_event where workspace_id = %s"
        " and action = 'audit.export'",
        (workspace.id,),
    )
    assert exported == [(str(len(numbers)),)]


def test_an_unknown_export_format_is_404(as_admin: Any, page: str) -> None:
    assert as_admin.get(page + "/export.xlsx").status_code == 404


def test_pages_of_the_page_follow_each_other(
    as_admin: Any, page: str, monkeypatch: Any, seeded: str
) -> None:
    from app.audit import routes

    monkeypatch.setattr(routes, "PAGE_SIZE", 2)
    shown = text(as_admin.get(page))
    older = re.search(r'href="([^"]+)" rel="next"', shown)
    assert older
    following = text(as_admin.get(older[1].replace("&amp;", "&")))
    ids = [set(re.findall(r"of event (\d+)<", html)) for html in (shown, following)]
    assert ids[0]
    assert ids[1]
    assert not ids[0] & ids[1]


class TestJson:
    """The JSON twin."""

    def test_shape(self, api: Any, workspace: Any, keys: Any, seeded: str) -> None:
        found = api.get(f"/v1/{workspace.id}/audit", headers=keys.admin).json
        assert set(found) == {
            "events", "total", "has_more", "limit", "offset", "next_offset", "continuation_token",
        }  # fmt: skip
        assert (found["limit"], found["offset"]) == (50, 0)
        assert {
            "id", "workspace_id", "timestamp", "service", "action", "resource_type",
            "resource_id", "resource_name", "actor_entity_id", "actor_credential_id",
            "ip_address", "user_agent", "phi_accessed", "metadata",
        } <= set(found["events"][0])  # fmt: skip

    @pytest.mark.parametrize(
        ("way", "query"),
        [("next_offset", ""), ("continuation_token", ""), ("arithmetic", ""),
         ("next_offset", "&service=audit"), ("continuation_token", "&service=audit")],
    )  # fmt: skip
    def test_paging_visits_every_event_once(
        self, api: Any, workspace: Any, keys: Any, as_admin: Any, page: str, way: str, query: str
    ) -> None:
        for _ in range(7):
            as_admin.get(page)
        url = f"/v1/{workspace.id}/audit?limit=3{query}"
        seen: list[int] = []
        found = api.get(url, headers=keys.admin).json
        total = found["total"]
        while True:
            seen += [event["seq"] for event in found["events"]]
            if not found["has_more"]:
                break
            name, value = {
                "next_offset": ("offset", found["next_offset"]),
                "continuation_token": ("continuation_token", found["continuation_token"]),
                "arithmetic": ("offset", len(seen)),
            }[way]
            found = api.get(f"{url}&{name}={value}", headers=keys.admin).json
        assert seen == list(range(total, 0, -1))

    @pytest.mark.parametrize(
        "query", ["limit=0", "limit=101", "offset=-1", "phi_only=x", "date_from=x", "outcome=x"]
    )
    def test_bad_queries_are_422(self, api: Any, workspace: Any, keys: Any, query: str) -> None:
        response = api.get(f"/v1/{workspace.id}/audit?{query}", headers=keys.admin)
        assert response.status_code == 422

    def test_members_are_refused(self, api: Any, workspace: Any, keys: Any) -> None:
        for path in ("audit", "audit/summary"):
            url = f"/v1/{workspace.id}/{path}"
            assert api.get(url, headers=keys.member).status_code == 403

    def test_summary(self, api: Any, workspace: Any, keys: Any, seeded: str) -> None:
        url = f"/v1/{workspace.id}/audit/summary"
        assert api.get(url, headers=keys.owner).json == {
            "total_events": 2, "unique_actors": 2, "services_with_events": 2,
            "phi_access_events": 0,
        }  # fmt: skip
        day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
        later = api.get(f"{url}?date_from={day}", headers=keys.owner).json
        assert later["total_events"] == 0

    def test_the_page_and_the_json_agree(
        self, api: Any, workspace: Any, keys: Any, as_admin: Any, page: str, seeded: str
    ) -> None:
        shown = text(as_admin.get(page + "?action=api_key.create"))
        found = api.get(f"/v1/{workspace.id}/audit?action=api_key.create", headers=keys.admin)
        numbers = {str(event["seq"]) for event in found.json["events"]}
        assert set(re.findall(r"of event (\d+)<", shown)) == numbers
