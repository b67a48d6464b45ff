"""Finding calls, in a real browser: as the front desk does it between two patients."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.live import HOME

Open = Callable[..., Page]
LIST = f"/w/{HOME}/calls"


def test_unanswered_calls_of_some_days_are_two_clicks_away(open_as: Open) -> None:
    page = open_as("viewer")
    page.goto(LIST)
    page.get_by_role("link", name="30 days").click()
    page.get_by_label("Outcome").select_option("Unanswered")
    expect(page.locator(".chip")).to_have_text(["Last 30 days", "Unanswered"])
    expect(page).to_have_url(re.compile(r"/calls\?period=30&outcome=unanswered$"))
    expect(page.locator("tbody tr").first).to_be_visible()
    page.reload()
    expect(page.get_by_label("Outcome")).to_have_value("unanswered")
    page.get_by_label("Remove Unanswered").click()
    expect(page.locator(".chip")).to_have_text(["Last 30 days"])


def test_other_days_are_chosen_where_the_presets_stand(open_as: Open) -> None:
    page = open_as("viewer")
    page.goto(LIST)
    page.get_by_role("link", name="Other days").click()
    page.get_by_label("From").fill("2026-01-01")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".chip")).to_have_text(["From 1 Jan 2026"])
    expect(page.locator(".segments [aria-current]")).to_have_text("Other days")
    page.get_by_role("link", name="7 days").click()
    expect(page.locator(".chip")).to_have_text(["Last 7 days"])


def test_a_search_leads_to_the_turn_and_back(open_as: Open) -> None:
    page = open_as("viewer")
    page.goto(LIST)
    page.keyboard.press("/")
    page.keyboard.type("refill")
    page.keyboard.press("Enter")
    quote = page.locator("a.quote").first
    expect(quote.locator("mark").first).to_have_text(re.compile("refill", re.I))
    assert page.evaluate("document.activeElement.id") == "f-q"
    words = quote.locator("q").inner_text()
    quote.click()
    turn = page.locator(":target")
    expect(turn).to_be_in_viewport()
    assert words.strip("… ")[:40] in turn.inner_text()
    page.go_back()
    expect(page.get_by_label("Words said on calls")).to_have_value("refill")


def test_more_filters_stay_open_while_somebody_chooses(open_as: Open) -> None:
    page = open_as("member")
    page.goto(LIST)
    page.get_by_text("More filters").click()
    page.get_by_label("Direction").select_option("Outgoing")
    expect(page.locator(".chip")).to_have_text(["Outgoing"])
    expect(page.get_by_label("Hour of the day")).to_be_visible()
    page.get_by_label("Caller’s number").fill("12")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Enter 3 to 15 digits")).to_be_visible()
    page.get_by_label("Caller’s number").fill("")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Enter 3 to 15 digits")).to_have_count(0)
    expect(page.locator(".chip")).to_have_text(["Outgoing"])


def test_without_a_script_a_filter_is_set_and_saved_as_a_view(open_as: Open) -> None:
    page = open_as("member", java_script_enabled=False)
    page.goto(f"{LIST}?period=90")
    page.locator("#f-outcome").select_option("transferred")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile(r"/calls\?period=90&outcome=transferred$"))
    page.get_by_role("link", name="Save as a view").click()
    page.get_by_label("Name").fill("Handed on")
    page.get_by_role("button", name="Save view").click()
    view = page.get_by_role("link", name="Mine: Handed on")
    expect(view).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="All views").click()
    page.get_by_role("link", name="Rename or delete Handed on").click()
    page.get_by_role("button", name="Delete view").click()
    expect(page.get_by_role("link", name="Handed on")).to_have_count(0)


def test_a_person_of_the_world_takes_few_lines_on_a_phone(open_as: Open) -> None:
    page = open_as("viewer", 390)
    page.goto(f"/w/{HOME}/world?q=lukas")
    row = page.locator("#found tbody tr").first
    expect(row).to_be_visible()
    box = row.bounding_box()
    assert box is not None and box["height"] < 130
    said = "getComputedStyle(document.querySelector('#found [data-u]'), '::after').content"
    assert page.evaluate(said) in ('"event"', '"events"')
