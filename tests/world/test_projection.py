"""The projection is a pure function of the current events."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.world.events import Event, current, known_at
from app.world.projection import Projection, name_words, phone_key, project

START = datetime(2026, 11, 1, 9, tzinfo=UTC)


def fact(seq: int, confidence: float = 1.0, **fields: Any) -> Event:
    """An event that tells fields of the entity itself."""
    return Event(seq, uuid.UUID(int=seq), "entity.enriched", {"fields": fields}, confidence, "test",
                 None, START + timedelta(minutes=seq))  # fmt: skip


def record(seq: int, kind: str, ident: str, supersedes: int | None = None, **more: Any) -> Event:
    """An event of a FHIR resource."""
    resource = {"resourceType": kind, "id": ident, **more}
    return Event(seq, uuid.UUID(int=seq), kind, resource, 1.0, "fhir_import", None,
                 START + timedelta(minutes=seq), kind, ident,
                 uuid.UUID(int=supersedes) if supersedes else None)  # fmt: skip


def shown(made: Projection) -> tuple[Any, ...]:
    return made.state, made.origins, made.display_name, made.confidence, made.keys


FACTS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.3, 0.5, 0.9, 1.0]),
              st.dictionaries(st.sampled_from(["name", "phone", "email"]),
                              st.sampled_from([None, "Ana", "Silva", "415"]), max_size=3)),
    max_size=8,
)  # fmt: skip


@given(FACTS, st.integers(0, 99))
def test_order_and_repetition_of_the_events_change_nothing(
    told: list[tuple[float, dict[str, Any]]], seed: int
) -> None:
    dice = random.Random(seed)
    events = [fact(n, confidence, **fields) for n, (confidence, fields) in enumerate(told, 1)]
    mixed = events + dice.sample(events, len(events) // 2)
    dice.shuffle(mixed)
    assert shown(project("person", mixed)) == shown(project("person", events))


@given(FACTS)
def test_each_field_is_the_most_trusted_then_the_last_one(
    told: list[tuple[float, dict[str, Any]]],
) -> None:
    events = [fact(n, confidence, **fields) for n, (confidence, fields) in enumerate(told, 1)]
    state = project("person", events).state
    for name in ("name", "phone", "email"):
        tellers = [e for e in events if e.confidence > 0 and name in e.data["fields"]]
        best = max(tellers, key=lambda e: (e.confidence, e.seq), default=None)
        assert state.get(name) == (best.data["fields"][name] if best else None)


def test_what_was_captured_on_a_call_never_beats_the_record() -> None:
    events = [fact(1, 1.0, name="Ana Silva"), fact(2, 0.5, name="Anna Silver", phone="4155550100")]
    made = project("person", events)
    assert made.state == {"name": "Ana Silva", "phone": "4155550100"}
    assert made.origins == {"name": str(uuid.UUID(int=1)), "phone": str(uuid.UUID(int=2))}
    assert made.confidence == 0.75


def test_a_superseded_event_no_longer_counts_and_is_known_at_its_time() -> None:
    events = [record(1, "Patient", "p", birthDate="1980-01-01"),
              record(2, "Patient", "p", supersedes=1, birthDate="1981-01-01")]  # fmt: skip
    assert [e.seq for e in current(events)] == [2]
    assert project("person", events).state["birth_date"] == "1981-01-01"
    then = known_at(events, START + timedelta(minutes=1, seconds=30))
    assert project("person", then).state["birth_date"] == "1980-01-01"


def test_records_of_a_person_become_lists_newest_first() -> None:
    def condition(seq: int, ident: str, text: str, since: str) -> Event:
        return record(seq, "Condition", ident, code={"text": text}, onsetDateTime=since,
                      clinicalStatus={"coding": [{"code": "active"}]})  # fmt: skip

    events = [condition(1, "a", "Asthma", "2010-05-01"), condition(2, "b", "Gout", "2020-01-01")]
    state = project("person", events).state
    assert [(c["what"], c["status"]) for c in state["conditions"]] == [("Gout", "active"),
                                                                       ("Asthma", "active")]  # fmt: skip
    assert state["counts"] == {"conditions": 2}


def test_of_each_measurement_the_last_one_is_shown_and_all_are_counted() -> None:
    def height(seq: int, at: str, value: float) -> Event:
        return record(seq, "Observation", f"o{seq}", effectiveDateTime=at,
                      code={"coding": [{"code": "8302-2", "display": "Body Height"}]},
                      valueQuantity={"value": value, "unit": "cm"})  # fmt: skip

    state = project(
        "person", [height(1, "2020-01-01", 150.123), height(2, "2019-01-01", 149)]
    ).state
    assert [(o["what"], o["value"]) for o in state["observations"]] == [("Body Height", "150.1 cm")]
    assert state["counts"] == {"observations": 2}


def test_an_encounter_tells_its_own_entity_and_the_persons_list() -> None:
    visit = record(1, "Encounter", "e", type=[{"text": "Check up"}], status="finished",
                   period={"start": "2019-05-27T09:43:30+00:00"})  # fmt: skip
    assert project("encounter", [visit]).display_name == "Check up, 2019-05-27 09:43 UTC"
    days = record(1, "Encounter", "e", type=[{"text": "Check up"}], period={"start": "2019-05-27"})
    assert project("encounter", [days]).display_name == "Check up, 2019-05-27"
    assert project("person", [visit]).state["encounters"][0]["kind"] == "Check up"


def test_people_are_found_without_accents_by_number_and_by_any_script() -> None:
    assert name_words("José Núñez-O’Neil") == ["jose", "nunez", "o", "neil"]
    assert name_words("अनीता देवी") == name_words("अनीता  देवी") and name_words("अनीता देवी")
    assert phone_key("+1 (555) 126-7864") == phone_key("555-126-7864") == "5551267864"
    assert phone_key("911") is None


def test_odd_resources_are_read_as_far_as_they_go() -> None:
    odd = record(1, "Patient", "p", name="no list", telecom=[{"system": "phone"}, 7],
                 birthDate="0001-13-45", gender=3, address=[{"line": [None]}], identifier={})  # fmt: skip
    assert project("person", [odd]).state == {}
    early = record(2, "Patient", "q", name=[{"family": "Old"}], birthDate="0001-01-01")
    assert project("person", [early]).state["birth_date"] == "0001-01-01"
