"""Calls in the browser."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import database
from tests.support import Keys, Place, text

from .test_api import a_call, ndjson, url


def fill(api: FlaskClient, keys: Keys, place: Place, count: int = 3) -> None:
    lines = [a_call(f"CA{n}", started_at=f"2026-11-{n % 20 + 1:02}T09:00:00Z")
             for n in range(count)]  # fmt: skip
    for line in lines:
        line.pop("ended_at")
    done = api.post(url(place, "/import"), headers=keys.member, data=ndjson(*lines))
    assert done.json["stored"] == count, done.data


def test_viewer_reads_the_list_and_a_call(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    fill(api, keys, workspace)
    page = text(as_viewer.get(f"/w/{workspace.slug}/calls"))
    assert "+1 (415) ••• 0142" in page and "0142</a>" in page
    assert "+14155550142" not in page
    call = api.get(url(workspace, "/CA1"), headers=keys.viewer).json
    shown = text(as_viewer.get(f"/w/{workspace.slug}/calls/{call['id']}"))
    assert "I need an appointment." in shown and "Median 640 ms" in shown


def test_the_list_pages_both_ways(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    import re

    fill(api, keys, workspace, 120)
    first = text(as_viewer.get(f"/w/{workspace.slug}/calls"))
    older = re.search(r'href="([^"]+before[^"]+)"', first)
    assert older and 'rel="prev"' not in first
    second = text(as_viewer.get(older[1].replace("&amp;", "&")))
    newer = re.search(r'href="([^"]+after[^"]+)"', second)
    assert newer
    rows = re.findall(r'data-l="Started"><time datetime="([^"]+)"', first)
    back = text(as_viewer.get(newer[1].replace("&amp;", "&")))
    assert re.findall(r'data-l="Started"><time datetime="([^"]+)"', back) == rows


def test_a_filter_that_is_no_date_is_told_beside_the_field(
    as_viewer: FlaskClient, workspace: Place
) -> None:
    page = as_viewer.get(f"/w/{workspace.slug}/calls?date_from=yesterday&status=completed")
    assert page.status_code == 422
    assert 'id="e-date_from"' in text(page) and 'value="yesterday"' in text(page)


def test_nothing_yet_and_nothing_fits_are_two_screens(
    as_viewer: FlaskClient, workspace: Place
) -> None:
    base = f"/w/{workspace.slug}/calls"
    assert "No calls yet" in text(as_viewer.get(base))
    assert "No call fits" in text(as_viewer.get(f"{base}?status=failed"))


def test_other_days_open_the_fields_for_them(as_viewer: FlaskClient, workspace: Place) -> None:
    base = f"/w/{workspace.slug}/calls"
    assert f'<a href="{base}?period=custom">Other days' in text(as_viewer.get(base))
    for asked in ("period=custom", "date_from=2026-11-01"):
        page = text(as_viewer.get(f"{base}?{asked}"))
        assert "<details open><summary>More filters" in page
        assert 'aria-current="true">Other days' in page
        assert 'aria-current="true">Any time' not in page
    assert "<details><summary>More filters" in text(as_viewer.get(base))


def test_what_can_be_typed_is_shown_in_the_field(as_viewer: FlaskClient, workspace: Place) -> None:
    page = text(as_viewer.get(f"/w/{workspace.slug}/calls"))
    assert 'inputmode="tel" placeholder="Any 3 digits"' in page
    assert "=&#34;" not in page


def test_a_list_by_quality_says_that_calls_without_it_are_left_out(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    fill(api, keys, workspace)
    base = f"/w/{workspace.slug}/calls"
    assert "Calls without a quality score are left out." in text(
        as_viewer.get(f"{base}?sort=quality")
    )
    assert "are left out" not in text(as_viewer.get(base))


def test_a_page_whose_calls_are_gone_leads_to_others(
    api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    fill(api, keys, workspace)
    page = text(as_viewer.get(f"/w/{workspace.slug}/calls?before=1~1"))
    assert "Nothing on this page any more" in page and 'rel="prev"' in page


def test_what_cannot_be_noted_is_not_shown(
    app: Flask, api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place,
    full_disk: Callable[..., None], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    fill(api, keys, workspace)
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    full_disk("audit_event")
    page = as_viewer.get(f"/w/{workspace.slug}/calls")
    assert page.status_code == 507 and "no room left on the disk" in text(page)
    assert "0142" not in text(page)


def test_pages_run_few_statements(
    app: Flask, api: FlaskClient, as_viewer: FlaskClient, keys: Keys, workspace: Place
) -> None:
    fill(api, keys, workspace, 60)
    call = api.get(url(workspace, "/CA1"), headers=keys.viewer).json["id"]
    base = f"/w/{workspace.slug}/calls"
    for address, most in ((base, 9), (f"{base}?q=appointment", 11), (f"{base}/{call}", 14)):
        with database.recorded() as seen:
            assert as_viewer.get(address).status_code == 200
        reads = [sql for sql, _ in seen if not sql.lstrip().startswith(("begin", "set local"))]
        assert len(reads) <= most, reads
