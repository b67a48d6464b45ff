"""How fresh sources are, and the picture of the three stages."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.core import tenancy
from app.sync import figures, queries
from tests.support import Place, text

from .server import Fhir, fill

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    ("minutes", "word"),
    [(0, "fresh"), (4.9, "fresh"), (5, "stale"), (60, "stale"), (60.1, "quiet"), (1440, "quiet"),
     (1440.1, "never"), (None, "never")],
)  # fmt: skip
def test_freshness_after_domain_6_3(minutes: float | None, word: str) -> None:
    last = None if minutes is None else NOW - timedelta(minutes=minutes)
    assert figures.freshness(last, NOW) == word


def test_figures_are_kept_as_records_come_in_and_forgotten_after_a_day(
    app: Flask, server: Any, fhir: Fhir, source: Any, read: Any, workspace: Place, sql: Any
) -> None:
    fill(fhir)
    fhir.put("Patient", "ill", "06", birthDate="soon")
    ident = source()
    read(ident)

    def now() -> figures.Figures:
        with app.app_context(), tenancy.inside(workspace.id):
            return next(s for s in figures.picture(workspace.id).sources.values() if s.id == ident)

    ident = uuid.UUID(ident)
    found = now()
    assert (found.hour, found.day, found.refused, found.per_minute) == (6, 6, 1, 0.1)
    assert found.seen >= 7 and (found.freshness, found.healthy) == ("fresh", True)
    back = "update sync_slot set starts_at = starts_at - interval '{}' where data_source_id = %s"
    sql(back.format("2 hours"), (ident,))
    assert (now().hour, now().day) == (0, 6)
    sql(back.format("24 hours"), (ident,))
    assert now().day == 0
    with app.app_context():
        queries.sweep(server.url("maintenance"))
    assert sql("select count(*) from sync_slot where data_source_id = %s", (ident,)) == [(0,)]


def test_the_page_shows_the_stages_and_is_silent_while_nothing_changes(
    fhir: Fhir, source: Any, read: Any, workspace: Place, as_viewer: Any
) -> None:
    fill(fhir)
    ident = source()
    source(more={"name": "Resting", "is_active": False})
    address = f"/w/{workspace.slug}/data-sources"
    fhir.answer = (403, b"", {})
    read(ident)
    shown = text(as_viewer.get(address))
    assert "1 connected" in shown and "1 failing" in shown and "Degraded" in shown
    assert "1 paused" in shown
    assert "An administrator should check the credentials under" in shown
    fhir.answer = None
    read(ident)
    part = as_viewer.get(address, headers=HTMX)
    assert "All healthy" in text(part) and "Fresh" in text(part) and "<html" not in text(part)

    def asks_again() -> str:
        shown = text(as_viewer.get(address, headers=HTMX))
        return str(shown.split('hx-get="')[1].split('"')[0].replace("&amp;", "&"))

    # Twice, as a minute may end between the two.
    answers = [as_viewer.get(again := asks_again(), headers=HTMX).status_code for _ in range(2)]
    assert 204 in answers
    fhir.put("Patient", "p9", "21", name=[{"family": "New"}])
    read(ident)
    assert as_viewer.get(again, headers=HTMX).status_code == 200
