"""Who may be the same person: the scores, what speaks against, and that order does not matter."""

import random
import uuid

from hypothesis import given
from hypothesis import strategies as st

from app.resolution.scoring import MOST_HOLDERS, Match, Pair, Person, matches, pair

ANA = Person(name="Ana Silva", given_name="Ana", birth_date="1987-04-12", phone="(415) 555-0142",
             email="ana@example.org", mrn="MRN-77")  # fmt: skip
PEOPLE = st.lists(
    st.builds(
        Person, name=st.sampled_from([None, "Ana Silva", "Silva, Ana", "Ben Silva"]),
        birth_date=st.sampled_from([None, "1987-04-12", "2015-01-01"]),
        phone=st.sampled_from([None, "415 555 0142", "+1 415-555-0142", "415 555 0199"]),
        email=st.sampled_from([None, "ana@example.org", "Ana@Example.ORG"]),
        mrn=st.sampled_from([None, "MRN-77", "MRN-78"]),
        identifiers=st.sampled_from([(), (("http://ssn", "999-12-3456"),)]),
    ),
    max_size=2 * MOST_HOLDERS,
)  # fmt: skip


def ids(people: list[Person]) -> dict[uuid.UUID, Person]:
    return {uuid.UUID(int=n): who for n, who in enumerate(people, 1)}


def two(a: Person, b: Person) -> Match | None:
    return matches(ids([a, b])).get((uuid.UUID(int=1), uuid.UUID(int=2)))


def sure(a: Person, b: Person) -> float | None:
    found = two(a, b)
    return found.confidence if found else None


@given(PEOPLE, st.integers(0, 99))
def test_the_pairs_depend_on_what_is_said_not_on_its_order(people: list[Person], seed: int) -> None:
    known = ids(people)
    mixed = list(known.items())
    random.Random(seed).shuffle(mixed)
    assert matches(dict(mixed)) == matches(known)


@given(PEOPLE)
def test_two_records_match_as_well_from_either_side(people: list[Person]) -> None:
    known = ids(people)
    mirrored = {uuid.UUID(int=10_000 - ident.int): who for ident, who in known.items()}

    def back(both: Pair) -> Pair:
        return pair(*(uuid.UUID(int=10_000 - ident.int) for ident in both))

    assert {back(both): m for both, m in matches(mirrored).items()} == matches(known)


@given(PEOPLE)
def test_what_is_said_twice_is_as_sure_as_once(people: list[Person]) -> None:
    for both, found in matches(ids(people)).items():
        assert both[0] < both[1] and 0.6 <= found.confidence <= 1.0 and found.matched_on


def test_the_scores_of_what_two_records_have_in_common() -> None:
    name, phone, born = "Ana Silva", "415 555 0142", "1987-04-12"
    assert sure(ANA, Person(mrn="mrn-77")) == 1.0
    assert sure(ANA, Person(phone="+1 415 555 0142", birth_date=born)) == 0.95
    assert sure(ANA, Person(email="ANA@example.org")) == 0.9
    assert sure(ANA, Person(phone=phone, name="Silva, Ana")) == 0.85
    assert sure(ANA, Person(name=name, birth_date=born)) == 0.8
    assert sure(ANA, Person(phone=phone)) == 0.6
    assert sure(ANA, Person(name=name)) is None and sure(ANA, Person(birth_date=born)) is None
    found = two(ANA, ANA)
    assert found is not None and found.matched_on[:2] == ("mrn", "phone_birth_date")


def test_an_identifier_counts_within_its_system_and_only_when_it_tells_something() -> None:
    def one(system: str, value: str) -> Person:
        return Person(identifiers=((system, value),))

    assert sure(one("a", "X1"), one("a", "x1")) == 1.0
    assert sure(one("a", "X1"), one("b", "X1")) is None
    assert sure(one("a", "0000"), one("a", "0000")) is None
    assert sure(Person(mrn="none"), Person(mrn="none")) is None


def test_a_household_is_no_duplicate_and_twins_are_not_linked_by_themselves() -> None:
    child = Person(name="Ben Silva", birth_date="2015-01-01", phone=ANA.phone, email=ANA.email)
    twin = Person(name="Mia Silva", birth_date="2015-01-01", phone=ANA.phone, email=ANA.email)
    assert sure(ANA, child) is None
    assert sure(child, twin) == 0.7
    unborn = Person(name="Ben Silva", email=ANA.email)
    assert sure(ANA, unborn) == 0.7


def test_another_date_of_birth_is_for_a_person_to_judge_whatever_else_matches() -> None:
    typo = Person(name="Ana Silva", birth_date="1987-12-04", phone=ANA.phone, mrn=ANA.mrn)
    assert sure(ANA, typo) == 0.6


def test_a_number_that_many_have_tells_nobody_apart_but_still_helps() -> None:
    many = [Person(name=f"Person N{n}a", phone="415 555 0100") for n in range(500)]
    twice = Person(name="Person N7a", phone="415 555 0100")
    assert {m.confidence for m in matches(ids([*many, twice])).values()} == {0.85}
