"""One running product for all browser tests, and a page for each role."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, expect

from tests import live
from tests.live import Product

# A page that is left takes its unfinished requests along: htmx says so, and nothing is wrong.
EXPECTED = ("status of 4", "status of 3", "htmx:sendAbort", "htmx:afterRequest")
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    own = tmp_path_factory.getbasetemp()
    # pytest-xdist gives each process a folder of its own inside one of the run.
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with live.product(shared) as running:
        yield running


@pytest.fixture(scope="session")
def addresses(product: Product) -> dict[str, str]:
    return live.addresses(product)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": live.chromium_path(), "args": live.ARGUMENTS}


def sign_in(page: Page, product: Product, email: str) -> None:
    page.goto(f"{product.url}/sign-in")
    page.fill("[name=email]", email)
    page.fill("[name=password]", live.PASSWORD)
    page.click("main button.primary")
    page.wait_for_url(lambda url: "/sign-in" not in url)


@pytest.fixture(scope="session")
def states(browser: Browser, product: Product) -> Callable[[str], Any]:
    """The cookies of a role, made once by really signing in."""
    kept: dict[str, Any] = {}

    def state(role: str) -> Any:
        if role not in kept:
            context = browser.new_context()
            sign_in(context.new_page(), product, f"{role}@riverside.example")
            kept[role] = context.storage_state()
            context.close()
        return kept[role]

    return state


@pytest.fixture
def open_as(
    browser: Browser, product: Product, states: Callable[[str], Any]
) -> Iterator[Callable[..., Page]]:
    """A page signed in as a role; a policy violation or script error fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(e in message.text for e in EXPECTED):
            wrong.append(message.text)

    def failed(error: Error) -> None:
        # The browser itself says so when a page comes before the fade to it has begun.
        if "Transition was aborted" not in str(error):
            wrong.append(str(error))

    def make(role: str | None, width: int = 1280, **options: Any) -> Page:
        options.setdefault("viewport", {"width": width, "height": 844})
        state = states(role) if role else None
        context = browser.new_context(base_url=product.url, storage_state=state, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", failed)
        return page

    yield make
    for context in contexts:
        context.close()
    assert not wrong, wrong
