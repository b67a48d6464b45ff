"""Which configuration a call was answered with."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.setup import AGENT_VERSION, Maker
from tests.support import Keys, Place, text

from .test_api import a_call, url

Sql = Callable[..., list[tuple[Any, ...]]]
REVISED = """
update revision set created_at = %s where workspace_id = %s and resource_type = %s and number = %s
"""
STORED = "update agent_version set created_at = %s where workspace_id = %s and number = %s"


class Set:
    """A service with two revisions: on the 10th, and renamed and unpinned on the 18th."""

    def __init__(self, maker: Maker, keys: Keys, place: Place, sql: Sql) -> None:
        self.maker, self.keys, self.place = maker, keys, place
        self.service = maker.service("Front desk", version_sets={"release": {
            "agent_version_number": 1}})  # fmt: skip
        self.id = str(self.service["id"])
        self.agent = str(self.service["agent_id"])
        for _ in range(2):
            maker.make(f"agents/{self.agent}/versions", AGENT_VERSION)
        change = {"name": "Reception", "version_sets": {}}
        done = maker.api.put(f"{maker.base}/services/{self.id}", json=change, headers=keys.admin)
        assert done.status_code == 200, done.data
        self.voice("calm")
        self.voice("cheerful")
        for kind in ("service", "voice_settings"):
            for number, day in ((1, 10), (2, 18)):
                sql(REVISED, (f"2026-11-{day}", place.id, kind, number))
        for number, day in ((1, 1), (2, 12), (3, 19)):
            sql(STORED, (f"2026-11-{day:02}", place.id, number))
        sql("update context_graph_version set created_at = '2026-11-01' where workspace_id = %s",
            (place.id,))  # fmt: skip

    def voice(self, tone: str) -> None:
        done = self.maker.api.put(
            f"{self.maker.base}/settings/voice", json={"tone": tone}, headers=self.keys.admin
        )
        assert done.status_code == 200

    def call(self, day: int, **more: Any) -> dict[str, Any]:
        body = a_call(f"U{day}-{len(more)}", started_at=f"2026-11-{day:02}T09:00:00Z",
                      service_id=self.id, **more)  # fmt: skip
        body.pop("ended_at")
        stored = self.maker.api.post(url(self.place), headers=self.keys.member, json=body)
        assert stored.status_code == 201, stored.data
        return dict(stored.json)

    def used(self, day: int, **more: Any) -> dict[str, Any]:
        ident = self.call(day, **more)["id"]
        answer = self.maker.api.get(url(self.place, f"/{ident}"), headers=self.keys.viewer)
        return {name: (part["version"], part["source"])
                for name, part in answer.json["configuration_used"].items()}  # fmt: skip


@pytest.fixture
def ready(maker: Maker, keys: Keys, workspace: Place, sql: Sql) -> Set:
    return Set(maker, keys, workspace, sql)


def test_the_newest_revision_before_the_call_is_the_one(ready: Set) -> None:
    then = "revision"
    assert ready.used(15) == {"service": (1, then), "agent": (1, then), "context_graph": (1, then),
                              "voice_settings": (1, then)}  # fmt: skip
    assert ready.used(20) == {"service": (2, then), "agent": (3, then), "context_graph": (1, then),
                              "voice_settings": (2, then)}  # fmt: skip


def test_without_a_pin_it_is_the_newest_version_of_that_time(ready: Set, sql: Sql) -> None:
    sql(REVISED, ("2026-11-11", ready.place.id, "service", 2))
    assert ready.used(15)["agent"] == (2, "revision")


def test_what_the_call_tells_wins(ready: Set) -> None:
    told = {"agent_version": 2, "service_version": 2, "voice_settings_version": "1"}
    assert ready.used(15, configuration=told) == {
        "service": (2, "call"), "agent": (2, "call"), "context_graph": (1, "revision"),
        "voice_settings": (1, "call"),
    }  # fmt: skip


def test_a_pin_of_the_service_is_not_put_on_another_agent(ready: Set) -> None:
    other = ready.maker.agent("Leo")
    assert ready.used(15, configuration={"agent_id": other})["agent"] == (None, "call")
    assert ready.used(26, configuration={"agent_id": other})["agent"][1] == "call"


def test_before_anything_was_saved_nothing_is_known(ready: Set) -> None:
    assert ready.used(2) == {"service": (None, None), "agent": (None, None),
                             "context_graph": (None, None), "voice_settings": (None, "revision")}  # fmt: skip


def test_what_the_call_tells_but_nobody_stored_is_told_and_leads_nowhere(
    ready: Set, as_viewer: FlaskClient
) -> None:
    told = {"agent_name": "Zoe", "agent_version": "2026-rc1", "context_graph_version": 99,
            "service_version": {"odd": 1}, "voice_settings_version": 10**15, "llm_model": "small"}  # fmt: skip
    ident = ready.call(15, configuration=told)["id"]
    page = text(as_viewer.get(f"/w/{ready.place.slug}/calls/{ident}"))
    card = page[page.index('id="h-used"') : page.index('id="h-same"')]
    assert "<bdi>Zoe</bdi>, version 2026-rc1" in card and "Version 99" in card
    assert "LLM model" in card and "agents/" not in card and "context-graphs/" not in card


def test_each_part_leads_to_its_revision_or_version(ready: Set, as_viewer: FlaskClient) -> None:
    ident = ready.call(15)["id"]
    page = text(as_viewer.get(f"/w/{ready.place.slug}/calls/{ident}"))
    card = page[page.index('id="h-used"') : page.index('id="h-same"')]
    links = re.findall(r'href="([^"]+)"', card)
    assert [link.replace(f"/w/{ready.place.slug}", "") for link in links] == [
        f"/services/{ready.id}/history?before=2#v1", f"/agents/{ready.agent}/versions/1",
        f"/context-graphs/{ready.service['context_graph_id']}/versions/1",
        "/settings/voice/history?before=2#v1",
    ]  # fmt: skip
    for link in links:
        shown = as_viewer.get(link.replace("&amp;", "&"))
        assert shown.status_code == 200
        assert 'id="v1"' in text(shown) or "Version 1 of" in text(shown)


def test_a_deleted_service_is_named_and_leads_nowhere(ready: Set, as_viewer: FlaskClient) -> None:
    ident = ready.call(15, service_name="Front desk")["id"]
    gone = ready.maker.api.delete(
        f"{ready.maker.base}/services/{ready.id}", headers=ready.keys.admin
    )
    assert gone.status_code == 204, gone.data
    page = text(as_viewer.get(f"/w/{ready.place.slug}/calls/{ident}"))
    card = page[page.index('id="h-used"') : page.index('id="h-same"')]
    assert "<bdi>Front desk</bdi>, version 1" in card and "services/" not in card


def test_nothing_of_another_workspace_is_used(
    ready: Set, api: FlaskClient, keys: Keys, other: Place
) -> None:
    body = a_call(
        "X", service_id=ready.id, configuration={"agent_id": ready.agent, "agent_version": 1}
    )
    stored = api.post(url(other), headers=keys.stranger, json=body)
    found = api.get(url(other, f"/{stored.json['id']}"), headers=keys.stranger).json
    used = found["configuration_used"]
    assert used["service"]["version"] is None and used["context_graph"]["id"] is None
    assert used["agent"] == {"id": ready.agent, "name": None, "version": "1", "source": "call"}
