"""The mapping language: what a record becomes, and that nothing breaks it."""

import string
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.data_sources.mapping import Mapping, look, read, safe
from app.data_sources.signatures import moment
from app.data_sources.values import Context, Wrong
from app.world.imports import content_of
from app.world.records import Record

BERLIN = Context(ZoneInfo("Europe/Berlin"), "DE")
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(
    PLAIN, lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text(), x, max_size=4)
)
SOURCES = st.text(string.ascii_letters + ' .[]0123456789+|"é', min_size=1, max_size=40)
TYPES = ("text", "number", "flag", "date", "date_dmy", "date_mdy", "time", "time_dmy", "time_mdy",
         "phone", "email", "person")  # fmt: skip


def apply(lines, record, entity_type="person", context=BERLIN):
    return Mapping(read(lines), context).apply(record, entity_type, "id")


def test_a_record_becomes_an_entity_field_by_field() -> None:
    lines = {
        "given_name": "name.given", "family_name": {"source": "name.family"},
        "birth_date": {"source": "dob", "type": "date_dmy"},
        "phone": {"source": "mobile | phones[1].number", "type": "phone"},
        "address": 'street + "," + city', "practitioner": {"source": "doctor", "type": "practitioner"},
        "appointment.status": "state", "vip": {"source": "vip", "type": "flag"},
        "effective_at": {"source": "changed", "type": "time"},
    }  # fmt: skip
    found = apply(lines, {
        "id": 17, "name": {"given": ["Ana", "María"], "family": "Núñez"}, "dob": "12.4.1987",
        "mobile": "  ", "phones": [{"number": "x"}, {"number": "030 901820"}], "vip": "Y",
        "street": "Hauptstr. 1", "city": "Berlin", "doctor": "Dr/7", "state": "booked",
        "changed": 1764063000, "unmapped": "never kept",
    })  # fmt: skip
    assert found == Record(
        "person", "17", "17",
        {"given_name": "Ana María", "family_name": "Núñez", "birth_date": "1987-04-12",
         "phone": "+4930901820", "address": "Hauptstr. 1 , Berlin", "vip": True,
         "name": "Ana María Núñez"},
        (("practitioner", "practitioner", safe("Dr/7")),), datetime(2025, 11, 25, 9, 30, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize(("kind", "given_", "becomes"), [
    ("date", "2024-02-29", "2024-02-29"), ("date", "0001-01-01", "0001-01-01"),
    ("date", "2024-02-29T10:00:00Z", "2024-02-29"), ("date", "2023-02-29", None), ("date", "1.2.2024", None),
    ("date_dmy", "29/02/2024", "2024-02-29"), ("date_mdy", "02/29/2024", "2024-02-29"),
    ("date_mdy", "29/02/2024", None), ("date_dmy", "1.2.24", None),
    ("time", "2026-07-01 09:30", "2026-07-01T07:30:00+00:00"), ("time", "1764063000000", "2025-11-25T09:30:00+00:00"),
    ("time", "2026-07-01T09:30:00-05:00", "2026-07-01T14:30:00+00:00"), ("time", "0001-01-01T00:00:00", None),
    ("time_mdy", "7/1/2026 9:30 PM", "2026-07-01T19:30:00+00:00"), ("time_dmy", "1.7.2026 25:00", None),
    ("number", "1,5", 1.5), ("number", "12", 12), ("number", "1e5", None), ("number", float("nan"), None),
    ("flag", 0, False), ("flag", "maybe", None), ("email", "Ana@X.example", "ana@x.example"),
    ("email", "ana", None), ("phone", "n/a", None), ("text", "अनिता शर्मा", "अनिता शर्मा"),
    ("text", {"a": 1}, None), ("text", [{"a": 1}], None), ("text", "x" * 4001, None),
])  # fmt: skip
def test_a_value_is_what_its_type_says_or_refused_without_being_repeated(
    kind, given_, becomes
) -> None:
    def go():
        return apply({"it": {"source": "v", "type": kind}}, {"id": "1", "v": given_}).fields["it"]

    if becomes is not None:
        assert go() == becomes
        return
    with pytest.raises(Wrong) as refused:
        go()
    assert "“v”" in str(refused.value) and "“it”" in str(refused.value)
    assert str(given_) not in str(refused.value)


@pytest.mark.parametrize(("lines", "sentence"), [
    ({"Birth date": "x"}, "small letters"), ({"conditions": "x"}, "cannot be filled"),
    ({"a.counts": "x"}, "cannot be filled"), ({"a": ""}, "1"), ({"a": 'b + "'}, "Close the double"),
    ({"a": "b + "}, "missing beside"), ({"a": {"source": "x", "type": "colour"}}, "date"),
    ({"a": "x\ny"}, "line breaks"), ({"a": {"source": "x", "more": 1}}, "xtra"), (["a"], "dict"),
])  # fmt: skip
def test_a_mapping_that_says_nothing_clear_is_refused(lines, sentence) -> None:
    with pytest.raises(ValidationError, match=sentence):
        read(lines)


@pytest.mark.parametrize(("record", "sentence"), [
    ([1], "no record"), ({"v": "x"}, "no id"), ({"id": {}, "v": "x"}, "no id"), ({"id": " ", "v": "x"}, "no id"),
    ({"id": "x" * 600, "v": "x"}, "no id"), ({"id": 1, "other": "x"}, "None of the fields"),
])  # fmt: skip
def test_a_record_without_what_it_needs_is_refused(record, sentence) -> None:
    with pytest.raises(Wrong, match=sentence):
        apply({"a": "v"}, record)


def test_a_key_as_it_stands_wins_over_a_path_and_ids_keep_their_case() -> None:
    assert look({"a.b": 1, "a": {"b": 2}}, "a.b") == 1
    assert look({"a": {"b": [0, {"c": 3}]}}, "a.b[1].c") == 3
    assert look({"a": [1]}, "a[7]") is None and look({"a": 1}, "a..b") is None
    assert apply({"a": "v"}, {"id": "AbC", "v": 1}).key == "AbC"
    assert safe("Ana Núñez").startswith("h.") and safe("a") != safe("A")


@given(record=JSON, source=SOURCES, kind=st.sampled_from(TYPES), ident=PLAIN)
def test_whatever_comes_becomes_a_record_that_can_be_kept_or_is_refused(
    record, source, kind, ident
) -> None:
    try:
        lines = read({"it": {"source": source, "type": kind}, "name": "n"})
    except ValidationError:
        return
    content = {"id": ident, "n": record, source.split(".")[0]: record}
    try:
        found = Mapping(lines, BERLIN).apply(content, "person", "id")
    except Wrong as refused:
        assert str(refused)
        return
    assert 0 < len(found.key) <= 128 and (found.fields or found.links)
    assert all(isinstance(v, str | int | float | bool) for v in found.fields.values())
    try:
        content_of(found.fields)
    except TypeError:
        assert not str(found.fields).isprintable() or any(
            isinstance(v, int) and abs(v) >= 2**63 for v in found.fields.values()
        )


@given(st.text(max_size=45))
def test_any_time_stamp_is_a_time_or_none(text) -> None:
    found = moment(text)
    assert found is None or found.tzinfo is not None
