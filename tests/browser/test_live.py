"""Live calls and figures, in a real browser."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.live import HOME, Product

from .test_call import _key

Open = Callable[..., Page]
LIVE = f"/w/{HOME}/calls/live"


def test_a_call_comes_goes_on_and_leaves_by_itself(open_as: Open, product: Product) -> None:
    page = open_as("member")
    key = _key(page)
    place = product.sql(f"select id from workspace where slug = '{HOME}'")
    calls = f"{product.url}/v1/{place}/calls"

    def say(text: str, at: int) -> dict[str, Any]:
        return {"speaker_role": "caller", "text": text, "started_s": at}

    page.goto(LIVE)
    page.evaluate("document.activeElement.blur()")
    body = {"call_sid": "LIVE-2", "status": "in-progress", "caller_id": "+14155550133",
            "started_at": datetime.now(UTC).isoformat(), "turns": [say("Are you open?", 1)]}  # fmt: skip
    assert page.request.post(calls, headers=key, data=body).status == 201
    mine = page.locator(".live-call", has_text="0133")
    expect(mine).to_contain_text("Are you open?", timeout=10_000)
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    mine.get_by_role("link").focus()
    page.request.post(f"{calls}/LIVE-2/turns", headers=key, data={"turns": [say("Hello?", 9)]})
    expect(mine).to_contain_text("Hello?", timeout=10_000)
    expect(mine.get_by_role("link")).to_be_focused()
    page.request.patch(f"{calls}/LIVE-2", headers=key, data={"status": "completed"})
    expect(mine).to_have_count(0, timeout=10_000)


def test_a_page_that_lost_the_server_says_so_until_it_is_back(
    browser: Browser, product: Product, states: Callable[[str], Any]
) -> None:
    context = browser.new_context(base_url=product.url, storage_state=states("viewer"))
    page = context.new_page()
    page.goto(LIVE)
    lost = page.get_by_text("The connection is lost")
    expect(lost).to_be_hidden()
    page.route("**/calls/live?*", lambda route: route.fulfill(status=503))
    expect(lost).to_be_visible(timeout=10_000)
    page.unroute("**/calls/live?*")
    expect(lost).to_be_hidden(timeout=10_000)
    context.close()


def test_a_bar_leads_to_its_calls(open_as: Open) -> None:
    page = open_as("viewer")
    page.goto(f"/w/{HOME}/calls/figures?period=30")
    bar = page.locator("rect.bar.transferred").first
    said = bar.locator("xpath=..").locator("title").text_content() or ""
    bar.click()
    assert "/calls?" in page.url and "outcome=transferred" in page.url
    assert page.locator("tbody tr").count() == int(said.split(": ")[1].split()[0])
