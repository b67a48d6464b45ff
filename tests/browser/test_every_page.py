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


LOOKS = [(None, "light", 390), ("owner", "light", 1280), ("viewer", "dark", 390),
         ("admin", "dark", 1280), ("member", "light", 390)]  # fmt: skip
"""Each width in both themes. Admins and members, whose pages are those of the owner less some
buttons, share the pages between them."""
SHARES = {"admin": 0, "member": 1}
PARTS = 4


def seen(addresses: dict[str, str], role: str | None, part: int) -> dict[str, str]:
    """The pages that a role looks at in one part of the work."""
    found = list(addresses.items())
    if role is None:
        closed = ("/w/", "/workspaces", "/account")
        found = [(name, page) for name, page in found if not page.startswith(closed)]
    if role in SHARES:
        found = found[SHARES[role] :: 2]
    return dict(found[part::PARTS])


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(("role", "theme", "width"), LOOKS)
def test_axe_finds_nothing(
    open_as: Callable[..., Page],
    addresses: dict[str, str],
    role: str | None,
    theme: str,
    width: int,
    part: int,
) -> None:
    page = open_as(role, width, color_scheme=theme)
    wrong = {}
    for name, address in seen(addresses, role, part).items():
        page.goto(address)
        if found := findings(page):
            wrong[name] = found
    assert not wrong, wrong
