"""`make shots`: a screenshot of every page, for every role, wide and on a phone, light and dark.

They go to `shots/<width>-<theme>/<role>/<page>.png`. `PAGES=calls,overview ROLES=viewer` limits
them to pages whose name begins so, and to some roles.
"""

import os
from collections.abc import Iterator

from playwright.sync_api import Browser, sync_playwright

from tests import live
from tests.browser.conftest import sign_in

FOLDER = live.ROOT / "shots"
WIDTHS = {1280: 800, 390: 844}
THEMES = ("light", "dark")


def _wanted(name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for part in os.environ.get(name, "").split(",") if part) or default


def _looks(browser: Browser, url: str, state: object) -> Iterator[tuple[str, object]]:
    for width, height in WIDTHS.items():
        for theme in THEMES:
            context = browser.new_context(
                base_url=url, viewport={"width": width, "height": height},
                color_scheme=theme, storage_state=state,
            )  # fmt: skip
            yield f"{width}-{theme}", context.new_page()
            context.close()


def main() -> None:
    """Start the product with its demo and picture it."""
    with live.product() as running, sync_playwright() as playwright:
        starts = _wanted("PAGES", ("",))
        pages = {n: p for n, p in live.addresses(running).items() if n.startswith(starts)}
        browser = playwright.chromium.launch(
            executable_path=live.chromium_path(), args=live.ARGUMENTS
        )
        for role in _wanted("ROLES", live.ROLES):
            context = browser.new_context()
            sign_in(context.new_page(), running, f"{role}@riverside.example")
            for look, page in _looks(browser, running.url, context.storage_state()):
                for name, path in pages.items():
                    page.goto(path)  # type: ignore[attr-defined]
                    target = FOLDER / look / role / f"{name}.png"
                    page.screenshot(path=target, full_page=True)  # type: ignore[attr-defined]
        print(f"{len(pages)} pages in {FOLDER.relative_to(live.ROOT)}/")


if __name__ == "__main__":
    main()
