"""Finding duplicates in steps: the same pairs as all at once, and what people say stays."""

import random
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import database, tenancy
from app.core.postgres import plain
from app.resolution import jobs, queries, resolver
from app.resolution.scoring import AUTOMATIC, MOST_HOLDERS, matches
from tests.support import Keys, Place

Look = Callable[..., None]


def patient(ident: str, name: str = "", *, born: str | None = None, phone: str | None = None,
            email: str | None = None, mrn: str | None = None) -> dict[str, Any]:  # fmt: skip
    """A FHIR patient with what is given."""
    telecom = [{"system": s, "value": v} for s, v in (("phone", phone), ("email", email)) if v]
    given, _, family = name.partition(" ")
    return {
        "resourceType": "Patient", "id": ident, "telecom": telecom,
        "name": [{"given": [given], "family": family}] if name else [],
        **({"birthDate": born} if born else {}),
        "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": mrn}] if mrn else [],
    }  # fmt: skip


def put_in(api: FlaskClient, place: Place, key: Any, *patients: dict[str, Any],
           source: str = "ehr") -> dict[str, uuid.UUID]:  # fmt: skip
    """Import patients; their ids in the world by their own."""
    content = {"entry": [{"resource": p} for p in patients]}
    done = api.post(f"/v1/{place.id}/fhir/import", headers=key,
                    json={"bundle": content, "source": source})  # fmt: skip
    assert done.status_code == 200, done.data
    found = {}
    for p in patients:
        asked = {"entity_type": "person", "canonical_id": f"{source}:Patient:{p['id']}"}
        told = api.post(f"/v1/{place.id}/world/entities/resolve", headers=key, json=asked).json
        found[p["id"]] = uuid.UUID(told["matches"][0]["entity"]["id"])
    return found


@pytest.fixture
def look(app: Flask, workspace: Place) -> Look:
    """Let the job look at what changed, some events a step."""

    def run(take: int = resolver.EVENTS) -> None:
        with app.app_context(), tenancy.inside(workspace.id), database.transaction():
            while resolver.step(workspace.id, take).more:
                pass

    return run


def kept(sql: Any, place: Place) -> dict[Any, Any]:
    rows = sql("select first_id, second_id, confidence, matched_on, status from duplicate"
               " where workspace_id = %s", (place.id,))  # fmt: skip
    return {row[:2]: row[2:] for row in rows}


def edges(sql: Any, place: Place) -> set[Any]:
    return set(sql("select source_entity_id, target_entity_id from relationship where"
                   " relationship = 'same_as' and workspace_id = %s", (place.id,)))  # fmt: skip


def put_decision(api: FlaskClient, place: Place, key: Any, a: Any, b: Any, said: Any) -> Any:
    return api.put(f"/v1/{place.id}/world/entities/duplicates/{a}/{b}", headers=key,
                   json={"decision": said})  # fmt: skip


def crowd() -> list[dict[str, Any]]:
    """A number that just too many have, duplicates among them, and people who share nothing."""
    many = [patient(f"m{n}", f"Many N{n}x", phone="415 555 0100") for n in range(MOST_HOLDERS)]
    return [
        *many, patient("again", "Many N3x", phone="4155550100"),
        patient("a", "Ana Silva", born="1987-04-12", mrn="MRN-77", email="a@b.org"),
        patient("b", "Ana M Silva", mrn="MRN-77"), patient("c", "Ana Silva", born="1987-04-12"),
        patient("d", "Ben Silva", born="2015-01-01", email="a@b.org"), patient("e", "Zoe Other"),
    ]  # fmt: skip


def test_steps_find_what_looking_at_all_finds_in_any_order_and_again(
    app: Flask, api: FlaskClient, keys: Keys, workspace: Place, other: Place, sql: Any, look: Look
) -> None:
    everybody = crowd()
    random.Random(7).shuffle(everybody)
    for start in range(0, len(everybody), 5):
        put_in(api, workspace, keys.admin, *everybody[start : start + 5])
        look(take=3)
    found = kept(sql, workspace)
    with app.app_context(), tenancy.inside(workspace.id):
        ids = [row[0] for row in database.rows(
            "select id from entity where workspace_id = %s", (workspace.id,))]  # fmt: skip
        wanted = matches(resolver.people(workspace.id, ids))
    assert found == {both: (m.confidence, list(m.matched_on),
                            "linked" if m.confidence >= AUTOMATIC else "suspected")
                     for both, m in wanted.items()}  # fmt: skip
    linked = {both for both, told in found.items() if told[2] == "linked"}
    assert linked and edges(sql, workspace) == linked
    with app.app_context(), tenancy.inside(workspace.id), database.transaction():
        assert resolver.resolve(workspace.id, ids) == resolver.evaluate(workspace.id, ids) == 0
    assert kept(sql, workspace) == found and kept(sql, other) == {}


def test_a_number_begins_and_ceases_to_tell_people_apart(
    api: FlaskClient, keys: Keys, workspace: Place, sql: Any, look: Look
) -> None:
    many = [patient(f"m{n}", f"Many{n} N{n}x", phone="415 555 0100") for n in range(MOST_HOLDERS)]
    put_in(api, workspace, keys.admin, *many)
    look()
    assert len(kept(sql, workspace)) == MOST_HOLDERS * (MOST_HOLDERS - 1) // 2
    put_in(api, workspace, keys.admin, patient("more", "One More", phone="415 555 0100"))
    look()
    assert kept(sql, workspace) == {}
    put_in(api, workspace, keys.admin, patient("more", "One More", phone="415 555 0177"))
    look()
    assert len(kept(sql, workspace)) == MOST_HOLDERS * (MOST_HOLDERS - 1) // 2


def test_the_job_takes_bounded_steps_and_leaves_the_rest_to_the_next(
    app: Flask, api: FlaskClient, keys: Keys, workspace: Place, sql: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    put_in(api, workspace, keys.admin, patient("a", "Ana Silva", email="a@b.org"),
           patient("b", "Ana Silva", email="a@b.org"), patient("c", "Ana Costa", email="a@b.org"))  # fmt: skip
    monkeypatch.setattr(resolver.step, "__defaults__", (2,))
    waiting = ("select count(*) from procrastinate_jobs where task_name = 'resolution.run'"
               " and args ->> 'workspace_id' = %s")  # fmt: skip
    with app.app_context():
        jobs.due()
        database.commit()
        assert sql(waiting, (str(workspace.id),)) == [(1,)]
        jobs.due()
        database.commit()
        assert sql(waiting, (str(workspace.id),)) == [(1,)], "claimed once"
        with tenancy.inside(workspace.id):
            jobs.resolve(workspace.id, steps=1)
            told = queries.metrics(workspace.id)
            assert (told.merges_last_tick, told.loop_status) == (1, "running")
            database.commit()
            assert sql(waiting, (str(workspace.id),)) == [(2,)]
            jobs.resolve(workspace.id)
            told = queries.metrics(workspace.id)
            database.commit()
    assert told.loop_status == "idle" and told.merges_last_tick == 2 and told.last_tick_at
    assert told.total_same_as_edges == told.recent_merges_24h == 3


def test_what_a_person_said_is_never_decided_anew_and_can_be_taken_back(
    api: FlaskClient, keys: Keys, workspace: Place, sql: Any, look: Look
) -> None:
    ids = put_in(api, workspace, keys.admin, patient("a", "Ana Silva", email="a@b.org"),
                 patient("b", "Ana Silva", email="a@b.org"), patient("c", "Zoe X", phone="4155550001"),
                 patient("d", "Zoe Y", phone="4155550001"))  # fmt: skip
    look()
    assert edges(sql, workspace) == {(ids["a"], ids["b"])}
    told = put_decision(api, workspace, keys.member, ids["b"], ids["a"], "different")
    assert told.json["status"] == "apart" and told.json["decided_by"]
    assert put_decision(api, workspace, keys.member, ids["c"], ids["d"], "same").status_code == 200
    put_in(api, workspace, keys.admin, patient("a", "Ana Silva", email="a@b.org", mrn="M1"),
           patient("b", "Ana Silva", email="a@b.org", mrn="M1"), patient("d", "Zoe Y"))  # fmt: skip
    look()
    assert edges(sql, workspace) == {(ids["c"], ids["d"])}
    assert (
        put_decision(api, workspace, keys.member, ids["a"], ids["b"], None).json["status"]
        == "linked"
    )
    assert put_decision(api, workspace, keys.member, ids["c"], ids["d"], None).json is None
    assert edges(sql, workspace) == {(ids["a"], ids["b"])}
    acts = sql("select action from audit_event where workspace_id = %s and phi_accessed and action"
               " like 'entity.%%link' or action = 'entity.undecide' and workspace_id = %s order by seq",
               (workspace.id, workspace.id))  # fmt: skip
    assert [a for (a,) in acts] == ["entity.unlink", "entity.link", *["entity.undecide"] * 2]


def test_the_index_of_people_is_none_for_looking_up_a_key(app: Flask, server: Any) -> None:
    # It was chosen before the table had been analyzed, and all of a workspace read for each key.
    values = {"workspace_id": uuid.uuid4(), "rows": '[{"key": "a", "most": 3}]'}
    with psycopg.connect(plain(server.superuser_url)) as root:
        root.execute("set enable_seqscan = off")
        root.execute("alter table match_key drop constraint pk_match_key")
        plan = root.execute(f"explain {resolver._HOLDERS}".encode(), values).fetchall()
        root.rollback()
    assert not any("ix_match_key" in line for (line,) in plan), plan
