"""A new workspace, set up from empty to ready to answer with the browser alone."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from app.demo.flow import FIRST
from tests.setup import number

Open = Callable[..., Page]


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.locator(f"main [name='{name}']").fill(value)


def save(page: Page) -> None:
    page.locator(".savebar button.primary").click()
    expect(page.locator(".toast.ok").first).to_be_visible()


def begin(page: Page, step: str) -> None:
    """Follow the overview's list."""
    page.get_by_role("link", name="Overview", exact=True).click()
    page.locator("section[aria-labelledby=blocking]").get_by_role("link", name=step).click()


def test_from_empty_to_ready(open_as: Open) -> None:
    page = open_as("owner")
    page.goto("/workspaces/new")
    fill(page, name="Harbor Clinic")
    page.locator("main [name=environment]").select_option("staging")
    page.locator("main button.primary").click()
    page.wait_for_url(re.compile("/w/harbor-clinic"))
    expect(page.get_by_text("7 of 8 are left")).to_be_visible()

    begin(page, "Describe an agent")
    fill(page, name="Ava", description="Front desk")
    save(page)
    fill(
        page,
        name="First",
        **{
            "identity-name": "Ava",
            "identity-role": "Receptionist",
            "identity-developed_by": "Harbor Clinic",
            "identity-default_spoken_language": "en",
        },
    )
    save(page)

    begin(page, "Draw a context graph")
    fill(page, name="Front desk")
    save(page)
    fill(
        page,
        new_user_initial_state="Nowhere",
        returning_user_initial_state="Welcome back",
        terminal_state="Goodbye",
        states=json.dumps(FIRST["states"]),
    )
    page.locator(".savebar button.primary").click()
    expect(page.get_by_text("there is no state “Nowhere”").first).to_be_visible()
    fill(page, new_user_initial_state="Greeting")
    save(page)
    expect(page.locator("svg.graph")).to_be_visible()

    begin(page, "Put a service together")
    fill(page, name="Appointments")
    page.get_by_label("Agent", exact=True).select_option(label="Ava")
    page.get_by_label("Context graph", exact=True).select_option(label="Front desk")
    save(page)

    begin(page, "Register a phone number")
    typed = number()
    fill(page, phone_number=typed, display_name="Main line")
    page.get_by_label("Answered by").select_option(label="Appointments")
    save(page)

    begin(page, "Apply a safety template")
    page.get_by_role("link", name="Healthcare baseline").click()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator(".toast.ok").first).to_contain_text("15 concepts")

    begin(page, "Connect a data source")
    page.get_by_role("link", name="File drop").click()
    fill(page, name="Exports", **{"connection_config-path": "exports"})
    save(page)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("This installation has no drop folder")).to_be_visible()

    begin(page, "Add an operator")
    fill(page, name="Nadia Okafor", email="nadia@harbor.example")
    save(page)

    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.locator("section[aria-labelledby=blocking]")).to_have_count(0)
    page.get_by_role("link", name="Phone numbers", exact=True).click()
    page.get_by_role("link", name="Routes").click()
    expect(page.get_by_text("Every number answers")).to_be_visible()


def test_the_palette_finds_by_keyboard(open_as: Open) -> None:
    page = open_as("viewer")
    page.goto("/w/riverside-family/calls")
    page.keyboard.press("Control+k")
    page.keyboard.type("refill")
    expect(page.locator("#palette-hits a").first).to_contain_text("Refill line")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/(services|phone-numbers)/"))


def test_the_palette_works_without_script(open_as: Open) -> None:
    page = open_as("viewer", java_script_enabled=False)
    page.goto("/w/riverside-family/calls")
    page.locator("#find").fill("refill")
    page.locator("#find").press("Enter")
    expect(page.get_by_role("link", name="Refill line").first).to_be_visible()
