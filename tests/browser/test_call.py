"""The page of a call, in a real browser."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.live import HOME, Product

Open = Callable[..., Page]


def test_the_number_shows_on_the_page_itself(open_as: Open, addresses: dict[str, str]) -> None:
    page = open_as("member")
    page.goto(addresses["calls-ident"])
    expect(page.get_by_role("heading", level=1)).to_contain_text("•••")
    page.get_by_role("button", name="Show number").click()
    shown = page.locator(".reveal")
    expect(shown).to_contain_text("(415) 555-")
    assert page.url.endswith(addresses["calls-ident"])
    shown.get_by_role("link", name="All calls of this number").click()
    assert page.locator("tbody tr").count() > 0


def test_a_turn_of_the_timeline_and_the_slowest_answer_lead_to_their_turns(
    open_as: Open, addresses: dict[str, str]
) -> None:
    page = open_as("viewer")
    page.goto(addresses["calls-ident"])
    page.locator(".slowest a").click()
    expect(page.locator(".turn:target")).to_be_visible()
    page.get_by_text("Show as table").first.click()
    page.get_by_role("link", name="Turn 2", exact=True).click()
    assert page.url.endswith("#turn-2")
    expect(page.locator(".turn:target")).to_be_in_viewport()


def _key(page: Page) -> dict[str, str]:
    page.goto(f"/w/{HOME}/api-keys/new")
    page.get_by_label("Name").fill("Runtime of a test")
    page.locator("main button.primary").click()
    return {"Authorization": f"Bearer {page.locator('.copy-box code').inner_text()}"}


def test_a_call_that_goes_on_grows_and_ends_by_itself(open_as: Open, product: Product) -> None:
    page = open_as("member")
    key = _key(page)
    place = product.sql(f"select id from workspace where slug = '{HOME}'")
    calls = f"{product.url}/v1/{place}/calls"

    def say(text: str, at: int) -> dict[str, Any]:
        return {"speaker_role": "caller", "text": text, "started_s": at}

    body = {"call_sid": "LIVE-1", "status": "in-progress", "started_at": "2026-11-20T09:00:00Z",
            "turns": [say("Hello?", 1)]}  # fmt: skip
    stored = page.request.post(calls, headers=key, data=body)
    assert stored.status == 201, stored.text()
    page.goto(f"/w/{HOME}/calls/{stored.json()['id']}")
    expect(page.get_by_text("Hello?")).to_be_visible()
    page.request.post(
        f"{calls}/LIVE-1/turns", headers=key, data={"turns": [say("Still there?", 9)]}
    )
    expect(page.get_by_text("Still there?")).to_be_visible(timeout=10_000)
    page.request.patch(f"{calls}/LIVE-1", headers=key, data={"status": "completed"})
    expect(page.get_by_text("still going on")).to_have_count(0, timeout=10_000)
    expect(page.locator(".turn")).to_have_count(2)
