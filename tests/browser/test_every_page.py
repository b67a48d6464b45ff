"""Every page of the route table, for every role: no axe finding, no sideways scrolling."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

AXE = (Path(__file__).parent.parent / "vendor/axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = f"axe.run(document, {{runOnly: {TAGS}, resultTypes: ['violations']}}).then(r => r.violations.map(v => [v.id, v.nodes[0].html]))"
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def findings(page: Page) -> list[Any]:
    page.evaluate(AXE)
    # The save bar floats over whatever happens to stand below it at this height.
    page.evaluate("document.querySelectorAll('.savebar').forEach(e => e.style.position = 'static')")
    found: list[Any] = page.evaluate(RUN)
    wider = page.evaluate(WIDER)
    return found + ([["scrolls sideways", wider]] if wider > 0 else [])


LOOKS = [(None, "light", 390), ("owner", "light", 1280), ("admin", "dark", 390),
         ("member", "dark", 1280), ("viewer", "light", 390)]  # fmt: skip
"""Every role, and every width in both themes; the others differ in nothing that axe sees."""


@pytest.mark.parametrize(("role", "theme", "width"), LOOKS)
def test_axe_finds_nothing(
    open_as: Callable[..., Page],
    addresses: dict[str, str],
    role: str | None,
    theme: str,
    width: int,
) -> None:
    page = open_as(role, width, color_scheme=theme)
    wrong = {}
    for name, address in addresses.items():
        if role is None and address.startswith(("/w/", "/workspaces", "/account")):
            continue
        page.goto(address)
        found = findings(page)
        if found:
            wrong[name] = found
    assert not wrong, wrong
