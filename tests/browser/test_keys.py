"""Working through calls by keyboard, in a real browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.live import HOME, Product

Open = Callable[..., Page]
LIST = f"/w/{HOME}/calls"


def focused(page: Page) -> str | None:
    href: str | None = page.evaluate("document.activeElement.getAttribute('href')")
    return href


def rows(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all(
        "main table.cards tbody tr",
        "rows => rows.map(row => row.querySelector('a').getAttribute('href'))",
    )
    return found


def fresh(page: Page) -> str:
    """A call that nobody has touched yet."""
    page.goto(f"{LIST}?reviewed=false&assigned_to=nobody&direction=inbound")
    return rows(page)[-1]


def test_the_list_is_walked_and_a_call_opened(open_as: Open) -> None:
    page = open_as("member")
    page.goto(LIST)
    calls = rows(page)
    for keys, at in (("j", 0), ("jj", 2), ("k", 1), ("kkk", 0)):
        for key in keys:
            page.keyboard.press(key)
        assert focused(page) == calls[at]
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{calls[0].split('?')[0]}**")


def test_x_ticks_calls_that_are_marked_at_once(open_as: Open) -> None:
    page = open_as("member")
    page.goto(f"{LIST}?reviewed=false")
    bar = page.locator("#ticked")
    expect(bar).to_be_hidden()
    calls = [href.split("?")[0] for href in rows(page)]
    for key in "jxjx":
        page.keyboard.press(key)
    expect(bar).to_be_visible()
    expect(bar).to_contain_text("Ticked calls: 2")
    bar.get_by_role("button", name="Mark as reviewed").click()
    expect(page.locator(".toast")).to_contain_text("2 calls are marked as reviewed.")
    left = [href.split("?")[0] for href in rows(page)]
    assert page.url.endswith("?reviewed=false") and not set(calls[:2]) & set(left)


def test_slash_goes_to_the_search_and_keys_stay_in_fields(open_as: Open) -> None:
    page = open_as("viewer")
    page.goto(LIST)
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.type("jk/?")
    assert page.evaluate("document.activeElement.value") == "jk/?"
    assert page.locator("dialog[open]").count() == 0


def test_calls_follow_each_other_within_the_filter(open_as: Open) -> None:
    page = open_as("member")
    page.goto(f"{LIST}?direction=outbound")
    calls = [href.split("?")[0] for href in rows(page)]
    page.goto(f"{calls[0]}?direction=outbound")
    page.keyboard.press("j")
    page.wait_for_url(f"**{calls[1]}?direction=outbound")
    page.keyboard.press("j")
    page.wait_for_url(f"**{calls[2]}?direction=outbound")
    page.keyboard.press("k")
    page.wait_for_url(f"**{calls[1]}?direction=outbound")


def test_r_marks_and_undoes_and_n_writes(open_as: Open) -> None:
    page = open_as("member")
    page.goto(fresh(page))
    work = page.locator("#work")
    page.keyboard.press("n")
    page.keyboard.type("rj? is what I typed")
    page.keyboard.press("Tab")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("r")
    expect(work.get_by_text("Reviewed", exact=True)).to_be_visible()
    expect(page.locator("#work-text")).to_have_value("rj? is what I typed")
    page.keyboard.press("r")
    expect(work.get_by_role("button", name="Mark as reviewed")).to_be_visible()
    work.get_by_role("button", name="Add note").click()
    expect(work.locator(".notes")).to_contain_text("rj? is what I typed")
    expect(page.locator("#work-text")).to_have_value("")
    expect(page.locator("#work-text")).to_be_focused()


def test_what_is_typed_outlives_the_quickest_second_key(open_as: Open) -> None:
    page = open_as("member")
    page.goto(fresh(page))
    page.keyboard.press("n")
    page.keyboard.type("half a note")
    page.evaluate("document.activeElement.blur()")
    page.evaluate(
        """document.addEventListener('htmx:afterSwap',
        () => setTimeout(() => document.getElementById('work-mark').click()), {once: true})"""
    )
    with page.expect_response("**/review/undo*") as undone:
        page.keyboard.press("r")
    assert undone.value.request.headers.get("hx-request") == "true"
    expect(page.locator("#work").get_by_role("button", name="Mark as reviewed")).to_be_visible()
    expect(page.locator("#work-text")).to_have_value("half a note")


def test_a_viewers_keys_change_nothing(open_as: Open, addresses: dict[str, str]) -> None:
    page = open_as("viewer")
    posts: list[str] = []
    page.on(
        "request", lambda request: posts.append(request.url) if request.method == "POST" else None
    )
    page.goto(addresses["calls-ident"])
    for key in "rn":
        page.keyboard.press(key)
    expect(page.locator("#work")).to_be_visible()
    assert posts == []


@pytest.mark.parametrize("way", ["key", "button"])
def test_the_keys_are_listed(open_as: Open, way: str) -> None:
    page = open_as("viewer")
    page.goto(LIST)
    if way == "key":
        page.keyboard.press("?")
    else:
        page.get_by_role("button", name="Keyboard").click()
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_text("Play or pause the recording")).to_be_visible()
    before = focused(page)
    page.keyboard.press("j")
    assert focused(page) == before
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()


def test_who_turns_the_keys_off_is_left_alone(open_as: Open) -> None:
    page = open_as("viewer")
    page.goto(LIST)
    page.keyboard.press("?")
    page.get_by_role("switch", name="Single keys work").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("j")
    assert focused(page) is None
    page.get_by_role("button", name="Keyboard").click()
    expect(page.get_by_role("switch", name="Single keys work")).not_to_be_checked()
    page.get_by_role("switch", name="Single keys work").check()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert focused(page) == rows(page)[0]


def test_two_people_work_on_one_call_without_script(open_as: Open) -> None:
    page, other = open_as("admin", java_script_enabled=False), open_as("member")
    call = fresh(other)
    for one in (page, other):
        one.goto(call)
    other.get_by_role("button", name="Assign to me").click()
    expect(other.locator("#work")).to_contain_text("Assigned to you")
    page.locator("#work-tag").fill("call back")
    page.locator("#work").get_by_role("button", name="Add tag").click()
    expect(page.locator("#work")).to_contain_text("Assigned to Priya Shah")
    expect(page.locator("#work .chips")).to_contain_text("call back")
    page.locator("#work summary", has_text="Tell colleagues").click()
    page.get_by_role("checkbox", name="Priya Shah").check()
    page.locator("#work-text").fill("Please ring back.")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".notes")).to_contain_text("Told: Priya Shah")
    other.goto(f"/w/{HOME}/calls/mine")
    expect(other.get_by_role("heading", name="New mentions")).to_be_visible()
    other.get_by_text("Please ring back.").locator("xpath=ancestor::tr").get_by_role("link").click()
    expect(other.locator("#work")).to_contain_text("Told: you")


def test_what_htmx_cannot_show_is_told(
    browser: Browser, product: Product, states: Callable[[str], Any], addresses: dict[str, str]
) -> None:
    context = browser.new_context(base_url=product.url, storage_state=states("member"))
    page = context.new_page()
    page.goto(addresses["calls-ident"])
    page.route("**/tags*", lambda route: route.abort())
    page.locator("#work-tag").fill("kept")
    page.locator("#work").get_by_role("button", name="Add tag").click()
    expect(page.locator(".toast.danger")).to_contain_text("Ward cannot be reached")
    expect(page.locator("#work-tag")).to_have_value("kept")
    context.close()
