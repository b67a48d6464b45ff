"""How moments are written on a page."""

from datetime import UTC, datetime, timedelta

from app.core.formats import due


def test_what_is_to_come_is_never_said_to_be_past() -> None:
    now = datetime.now(UTC)
    assert "in 5 days" in str(due(now + timedelta(days=5, hours=1)))
    assert "as soon as there is room" in str(due(now - timedelta(minutes=3)))
    assert "within a minute" in str(due(now + timedelta(seconds=50)))
