"""Downloading an export, with the script that shows how far it is and without."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.live import HOME

Open = Callable[..., Page]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_member_downloads_the_calls_of_the_list(open_as: Open, script: bool) -> None:
    page = open_as("member", java_script_enabled=script)
    page.goto(f"/w/{HOME}/calls?outcome=unanswered")
    page.get_by_role("link", name="Export these calls").click()
    expect(page.get_by_label("Call records only")).to_be_checked()
    page.get_by_label("With transcripts, what identifies people masked").check()
    count = int(page.locator("#h-which").inner_text().split()[0].replace(",", ""))
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download").click()
    assert waiting.value.suggested_filename.startswith(f"calls-{HOME}-redacted-")
    content = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    [told], _names, *rows = list(csv.reader(io.StringIO(content, newline="")))
    assert "outcome=unanswered" in told and f"{count} calls" in told
    assert len(rows) == count > 0
    if script:
        expect(page.locator(".export-progress")).to_contain_text(f"{count} calls downloaded.")
        value = page.locator("progress").evaluate("bar => [bar.value, bar.max]")
        assert value == [count, count]


def test_what_is_missing_is_told_and_nothing_is_downloaded(open_as: Open) -> None:
    page = open_as("admin")
    page.goto(f"/w/{HOME}/calls/export?direction=outbound")
    page.get_by_label("NDJSON").check()
    page.get_by_label("With whole transcripts").check()
    page.get_by_label("Reason, for whole transcripts").fill("because")
    page.get_by_role("button", name="Download").click()
    expect(page.get_by_text("Say in a few words why")).to_be_visible()
    expect(page.get_by_label("Reason, for whole transcripts")).to_have_value("because")
    page.get_by_label("Reason, for whole transcripts").fill("The quality board asked for it")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download").click()
    head, *lines = Path(waiting.value.path()).read_text().splitlines()
    assert json.loads(head)["export"]["row_count"] == len(lines) > 0
