"""What is said of entities beyond their records: checked by its key, kept as events, with source."""

import random
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import tenancy
from app.core.database import recorded
from app.enrichment import values
from app.world import projecting, tally
from app.world.events import Event
from app.world.projection import flat, project, unflat
from tests.support import Keys, Place, post, text
from tests.world.data import WHOLE
from tests.world.test_import import put_in

START = datetime(2026, 11, 1, 9, tzinfo=UTC)
CHOICES = {"allowed_values": ["Phone call", "E-mail"]}


@pytest.fixture
def person(api: Any, workspace: Place, keys: Keys, sql: Any) -> str:
    put_in(api, workspace, keys.admin, WHOLE)
    return str(sql("select id from entity where workspace_id = %s and entity_type = 'person'",
                   (workspace.id,))[0][0])  # fmt: skip


@pytest.fixture
def key(maker: Any) -> Any:
    def make(name: str, kind: str = "string", **more: Any) -> str:
        return str(maker.make("world/enrichment-keys", {
            "entity_type": "person", "key": name, "value_type": kind, **more})["id"])  # fmt: skip

    return make


@pytest.fixture
def ask(api: Any, workspace: Place, keys: Keys, person: str) -> Any:
    def go(path: str = "", method: str = "GET", status: int = 200, who: str = "member",
           of: str = "", **body: Any) -> Any:  # fmt: skip
        url = f"/v1/{workspace.id}/world/entities/{of or person}/enrichment{path}"
        sent = {"json": body} if method == "PUT" else {"query_string": body}
        answer = api.open(url, method=method, headers=keys[who], **sent)
        assert answer.status_code == status, answer.data
        return answer.json

    return go


FITTING: dict[str, list[Any]] = {
    "string": ["Harbor", "अ" * 4000], "number": [0, -2.5, 2**53], "boolean": [True, False],
    "date": ["2026-02-28"], "enum": ["E-mail"], "json": [{"a": [1, None]}, [], "x", 0],
}  # fmt: skip
UNFIT: dict[str, list[Any]] = {
    "string": ["", " ", 5, "x" * 4001, ["a"]], "number": ["5", True, 1e300, [1]],
    "boolean": ["true", 1, 0], "date": ["2026-02-30", "28.2.2026", "20260228", 20260228],
    "enum": ["e-mail", ["E-mail"], 1], "json": ["x" * 20_000],
}  # fmt: skip


@pytest.mark.parametrize("kind", FITTING)
def test_a_value_is_what_its_key_says_or_refused_beside_its_place(
    ask: Any, key: Any, kind: str
) -> None:
    key("fact", kind, **(CHOICES if kind == "enum" else {}))
    for value in UNFIT[kind]:
        refused = ask("/fact", "PUT", 422, value=value)
        assert refused["detail"][0]["loc"][-1] == "value", value
    assert ask()["values"] == []
    for value in FITTING[kind]:
        said = ask("/fact", "PUT", value=value)
        assert (said["value"], said["value_type"], said["source"]) == (value, kind, "manual")
        assert ask("/fact") == said and ask()["values"] == [said]


@given(st.sampled_from(list(FITTING)), st.data())
def test_what_is_shown_in_a_form_is_read_back_as_it_was(kind: str, data: Any) -> None:
    value = data.draw(st.sampled_from([v for v in FITTING[kind] if not isinstance(v, str) or
                                       kind != "json"]))  # fmt: skip
    assert values.typed(kind, values.shown(value)) == value
    assert values.problem(kind, value, CHOICES["allowed_values"]) is None


def test_the_same_source_supersedes_itself_and_of_several_the_surest_counts_then_the_last(
    ask: Any, key: Any, sql: Any, workspace: Place, person: str
) -> None:
    key("pharmacy", min_confidence=0.3)
    assert (
        "0.3 and more"
        in ask("/pharmacy", "PUT", 422, value="A", confidence=0.2)["detail"][0]["msg"]
    )
    first = ask("/pharmacy", "PUT", value="A", source="form", confidence=0.5)
    sure = ask("/pharmacy", "PUT", value="B", source="hub", source_system="hub-1")
    ask("/pharmacy", "PUT", value="C", source="form", confidence=0.9)
    assert ask("/pharmacy") == sure
    again = ask("/pharmacy", "PUT", value="B", source="hub", source_system="hub-1")
    assert again == sure, "nothing new is kept"
    ask("/pharmacy", "PUT", value="D", source="other")
    assert ask("/pharmacy")["value"] == "D", "as sure, and later"
    ask("/pharmacy", "PUT", value=None, source="other")
    ask("/pharmacy", status=404)
    ask("/pharmacy", "PUT", value=None, source="other", confidence=0.3)
    assert ask("/pharmacy") == sure
    history = ask("/pharmacy/history")["history"]
    assert [(h["value"], h["is_current"]) for h in history] == [
        (None, True), (None, False), ("D", False), ("C", True), ("B", True), ("A", False)]  # fmt: skip
    assert history[3]["supersedes"] == first["event_id"] and history[0]["author"].startswith(
        "member key"
    )
    assert len(ask("/pharmacy/history", limit=2)["history"]) == 2
    kept = sql("select event_type, domain, data from event where workspace_id = %s and id = %s",
               (workspace.id, sure["event_id"]))  # fmt: skip
    assert kept == [("entity.enriched", "operational",
                     {"key": "pharmacy", "value": "B", "value_type": "string"})]  # fmt: skip


def test_a_value_stands_in_the_state_apart_from_the_records_and_is_computed_from_events_alone(
    app: Any, ask: Any, key: Any, api: Any, keys: Keys, workspace: Place, person: str, sql: Any
) -> None:
    for name in ("name", "counts", "enrichment"):
        key(name)
    url = f"/v1/{workspace.id}/world/entities/{person}"
    before = api.get(url, headers=keys.viewer).json
    moment = sql("select now()")[0][0].isoformat()
    for name in ("name", "counts", "enrichment"):
        ask(f"/{name}", "PUT", value="x")
    after = api.get(url, headers=keys.viewer).json
    extra = {"name": "x", "counts": "x", "enrichment": "x"}
    assert after["state"] == before["state"] | {"enrichment": extra}
    for same in ("display_name", "name", "confidence", "source"):
        assert after[same] == before[same]
    told = api.get(f"{url}/provenance", headers=keys.viewer).json["fields"]
    assert {f["field"]: f["value"] for f in told}["enrichment.name"] == "x"
    then = api.get(url, headers=keys.viewer, query_string={"at": moment}).json
    assert then["state"] == before["state"]
    with app.app_context(), tenancy.inside(workspace.id):
        assert list(projecting.differences(workspace.id, [uuid.UUID(person)])) == []
        assert list(tally.differences(workspace.id)) == []


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from([None, 1, "x"]),
                          st.sampled_from([0.0, 0.5, 1.0]))), st.randoms())  # fmt: skip
def test_order_changes_nothing_and_each_value_is_the_most_trusted_then_the_last(
    told: list[tuple[str, Any, float]], dice: random.Random
) -> None:
    events = [
        Event(n, uuid.UUID(int=n), "entity.enriched", {"key": name, "value": value}, sure, "test",
              None, START + timedelta(minutes=n)) for n, (name, value, sure) in enumerate(told, 1)
    ]  # fmt: skip
    state = project("person", events).state
    wanted: dict[str, tuple[float, int, Any]] = {}
    for n, (name, value, sure) in enumerate(told):
        if sure and (sure, n) >= wanted.get(name, (0.0, -1))[:2]:
            wanted[name] = (sure, n, value)
    assert state.get("enrichment", {}) == {k: v[2] for k, v in wanted.items() if v[2] is not None}
    dice.shuffle(events)
    assert project("person", events).state == state == unflat(flat(state))


def test_who_may_say_and_of_whom(ask: Any, key: Any, api: Any, keys: Keys, other: Place,
                                 person: str, sql: Any, workspace: Place) -> None:  # fmt: skip
    key("pharmacy")
    ask("/pharmacy", "PUT", 403, "viewer", value="A")
    ask("/pharmacy", "PUT", 404, "stranger", value="A")
    ask("/unknown", "PUT", 404, value="A")
    for path in ("", "/pharmacy", "/pharmacy/history"):
        theirs = f"/v1/{other.id}/world/entities/{person}/enrichment{path}"
        assert api.get(theirs, headers=keys.stranger).status_code == 404
    doctor = sql("select id from entity where workspace_id = %s and entity_type <> 'person'",
                 (workspace.id,))[0][0]  # fmt: skip
    ask("/pharmacy", "PUT", 404, of=str(doctor), value="A")
    ask("/pharmacy", "PUT", value="A very private thing")
    noted = sql("select metadata, phi_accessed from audit_event where workspace_id = %s and"
                " action = 'world.enrich'", (workspace.id,))  # fmt: skip
    assert noted[0][0]["key"] == "pharmacy" and noted[0][1] and "private" not in str(noted)
    before = sql("select count(*) from audit_event where action = 'entity.read'")[0][0]
    ask(who="viewer")
    assert sql("select count(*) from audit_event where action = 'entity.read'")[0][0] == before + 1


def test_a_key_keeps_its_name_and_type_and_a_deleted_one_keeps_its_values(
    ask: Any, key: Any, api: Any, keys: Keys, workspace: Place, maker: Any
) -> None:
    ident = key("contact_by", "enum", **CHOICES)
    url = f"/v1/{workspace.id}/world/enrichment-keys"
    for change in ({"key": "other"}, {"value_type": "json"}, {"entity_type": "place"}):
        refused = api.patch(f"{url}/{ident}", json=change, headers=keys.admin)
        assert refused.status_code == 422 and "new key instead" in refused.text
    refused = api.patch(f"{url}/{ident}", json={"allowed_values": []}, headers=keys.admin)
    assert refused.json["detail"][0]["loc"] == ["body", "allowed_values"]
    same = {"entity_type": "person", "key": "contact_by", "value_type": "string"}
    assert api.post(url, json=same, headers=keys.admin).status_code == 409
    assert (
        api.post(url, json=same | {"entity_type": "place"}, headers=keys.admin).status_code == 201
    )
    for name in ("Contact", "_a", "a b", "", "a" * 129):
        assert api.post(url, json=same | {"key": name}, headers=keys.admin).status_code == 422
    listed = api.get(f"{url}?entity_type=place", headers=keys.viewer).json
    assert [item["key"] for item in listed["items"]] == ["contact_by"]
    ask("/contact_by", "PUT", value="E-mail")
    assert api.delete(f"{url}/{ident}", headers=keys.admin).status_code == 204
    assert ask("/contact_by")["value"] == "E-mail"
    ask("/contact_by", "PUT", 404, value="Phone call")


def test_staff_say_it_on_a_page_and_see_where_it_comes_from(
    ask: Any, key: Any, as_member: Any, as_viewer: Any, workspace: Place, person: str
) -> None:
    key("height_cm", "number", description="Without shoes.")
    key("contact_by", "enum", **CHOICES)
    key("trusted", min_confidence=0.95)
    home = f"/w/{workspace.slug}/world/{person}"
    page = text(as_member.get(f"{home}/enrichment"))
    assert "Without shoes." in page and page.count("Nothing yet") == 3
    one = f"{home}/enrichment/height_cm"
    wrong = post(as_member, one, {"value": "tall"})
    assert wrong.status_code == 422 and "Enter a number such as 12.5." in text(wrong)
    assert 'value="tall"' in text(wrong)
    assert post(as_member, one, {"value": "171.5"}).status_code == 303
    assert (ask("/height_cm")["value"], ask("/height_cm")["confidence"]) == (171.5, 0.9)
    assert post(as_member, one, {"value": "172"}).status_code == 303
    assert (ask("/height_cm")["value"], ask("/height_cm")["confidence"]) == (172, 1.0)
    with recorded() as log:
        shown = text(as_viewer.get(one))
    assert "171.5" in shown and "superseded" in shown and "<input" not in shown.split("<main")[1]
    assert len(log) <= 9
    assert "Height cm" in text(as_viewer.get(home)) and "172" in text(as_viewer.get(home))
    assert "trusted sources only" in text(as_member.get(f"{home}/enrichment/trusted"))
    assert post(as_member, f"{home}/enrichment/trusted", {"value": "x"}).status_code == 422
    assert post(as_viewer, one, {"value": "1"}).status_code == 403
    assert post(as_member, one, {"value": ""}).status_code == 303
    ask("/height_cm", status=404)
    assert "Taken away" in text(as_member.get(one))
    assert as_member.get(f"{home}/enrichment/nothing").status_code == 404


def test_its_pages_speak_of_people_and_records_not_of_entities(
    key: Any, as_admin: Any, workspace: Place, person: str
) -> None:
    home = f"/w/{workspace.slug}"
    pages = [f"{home}/world/enrichment-keys", f"{home}/world/{person}/enrichment",
             f"{home}/world/enrichment-keys/new"]  # fmt: skip
    shown = [text(as_admin.get(page)) for page in pages]
    key("height_cm", "number")
    shown += [text(as_admin.get(page)) for page in pages]
    for page in shown:
        words = re.sub(r"<[^>]*>", " ", page.split("<main")[1])
        assert "entit" not in words.lower()
