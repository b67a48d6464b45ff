"""Addresses and schedules: what is refused, and with which sentence."""

from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from app.data_sources.addresses import WebAddress, is_private, private_address
from app.data_sources.schedules import Schedule, cadence_seconds, next_run

address, schedule = TypeAdapter(WebAddress), TypeAdapter(Schedule)


@pytest.mark.parametrize(("typed", "sentence"), [
    ("https://ana:secret@ehr.example/fhir", "Leave user name and password out"),
    ("file:///etc/passwd", "must begin with https://"), ("ftp://x.example", "must begin with"),
    ("gopher://x.example/1", "must begin with"), ("https://", "names no server"),
    ("https://x.example/a b", "spaces"), ("https://x.example/#top", "from # on"),
    ("https://x.example:port/", "Check the name and the port"), ("ehr.example", "must begin"),
    ("https://x.example\\@evil.example/", "names no server"),
])  # fmt: skip
def test_an_address_that_cannot_be_is_refused_in_words(typed, sentence):
    with pytest.raises(ValidationError) as refused:
        address.validate_python(typed)
    assert sentence in str(refused.value)
    assert "secret" not in refused.value.errors()[0]["msg"]


@pytest.mark.parametrize("host", [
    "localhost", "127.0.0.1", "127.1", "0x7f.1", "2130706433", "10.1.2.3", "192.168.0.9", "169.254.1.1",
    "100.64.0.1", "::1", "[::1]", "fd00::1", "fe80::1", "::ffff:10.0.0.1", "64:ff9b::a00:1",
    "printer.local", "db.internal", "intranet", "0.0.0.0", "224.0.0.1", "2002:0a00:0001::1",
])  # fmt: skip
def test_what_lies_inside_is_private(host):
    assert is_private(host)


@pytest.mark.parametrize("host", ["ehr.example.com", "8.8.8.8", "2001:4860:4860::8888"])
def test_what_lies_outside_is_not(host):
    assert not is_private(host)


def test_an_address_that_cannot_be_read_counts_as_private():
    assert private_address("nonsense")


@pytest.mark.parametrize(("typed", "kept"), [
    ("15m", "every 15 minutes"), ("every 15 minutes", "every 15 minutes"), ("2 hours", "every 2 hours"),
    ("1d", "every day"), ("hour", "every hour"), ("0  6 * *  1-5", "0 6 * * 1-5"),
])  # fmt: skip
def test_a_schedule_is_read_as_people_write_it(typed, kept):
    assert schedule.validate_python(typed) == kept


@pytest.mark.parametrize(("typed", "sentence"), [
    ("0 0 30 2 *", "never comes due"), ("often", "Enter how often"), ("* * * *", "Enter how often"),
    ("0m", "every minute"), ("31d", "30 days"), ("61 * * * *", "Enter how often"), ("x" * 257, "256"),
    ("* * * * * *", "Enter how often"),
])  # fmt: skip
def test_a_schedule_that_never_fires_is_refused(typed, sentence):
    with pytest.raises(ValidationError) as refused:
        schedule.validate_python(typed)
    assert sentence in str(refused.value)


def test_the_next_run_is_meant_in_the_workspaces_time_zone():
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert next_run("every 15 minutes", noon).minute == 15
    assert next_run("0 6 * * *", noon, "America/New_York") == datetime(2026, 11, 25, 11, tzinfo=UTC)
    assert cadence_seconds("every 2 hours") == 7200 and cadence_seconds("0 6 * * *") == 86_400
