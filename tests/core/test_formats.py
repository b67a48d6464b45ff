"""How moments are written on a page."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from app.core.formats import due, when, when_text


def test_what_is_to_come_is_never_said_to_be_past() -> None:
    now = datetime.now(UTC)
    assert "in 5 days" in str(due(now + timedelta(days=5, hours=1)))
    assert "as soon as there is room" in str(due(now - timedelta(minutes=3)))
    assert "within a minute" in str(due(now + timedelta(seconds=50)))


def test_a_time_of_no_zone_that_the_page_names_says_utc() -> None:
    at = datetime(2026, 11, 26, 11, 4, tzinfo=UTC)
    assert ">26 Nov 2026, 11:04 UTC<" in when(at)
    assert ">26 Nov 2026, 03:04<" in when(at, ZoneInfo("America/Los_Angeles"))


def test_the_first_and_the_last_day_there_is_can_be_told_in_any_zone() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert when_text(first, ZoneInfo("America/Los_Angeles")) == "1 Jan 1, 00:00"
    assert when_text(last, ZoneInfo("Asia/Tokyo")) == "31 Dec 9999, 23:59"
